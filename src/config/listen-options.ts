import { isIP } from 'node:net'
import type { Folder } from './folder.ts'
import { isLoopback } from './loopback.ts'
import { readPair, readPem } from './pem.ts'
import type { Report } from './pem.ts'
import type { ListenSettings } from './settings.ts'

/** `listen` with its PEM files read. */
export interface ListenOptions extends Omit<ListenSettings, 'tls'> {
  readonly tls?: ListenTls
}

export interface ListenTls {
  readonly certificate: string
  readonly key: string
  /** The CAs of client certificates; clients are asked for one then. */
  readonly clientCa?: string
}

/** What is wrong with `listen` is reported. */
export function listenOptions(
  settings: ListenSettings,
  folder: Folder,
  report: Report,
): ListenOptions {
  const { tls: files, ...listen } = settings
  refusePlainHttp(settings, report)
  listen.trustedProxies.forEach((network, index) => {
    if (isNetwork(network)) return
    report(
      ['listen', 'trustedProxies', index],
      'must be an address or a network such as 10.0.0.0/8',
    )
  })
  if (listen.clientCertificateHeader !== undefined && listen.trustedProxies.length === 0) {
    report(
      ['listen', 'clientCertificateHeader'],
      'needs listen.trustedProxies: from others the header is not believed',
    )
  }
  if (files === undefined) return listen
  const at = ['listen', 'tls']
  const { clientCa, ...pair } = files
  return {
    ...listen,
    tls: {
      ...readPair(folder, pair, at, report),
      ...(clientCa !== undefined && {
        clientCa: readPem(folder, clientCa, [...at, 'clientCa'], report),
      }),
    },
  }
}

function refusePlainHttp(
  { host, tls, trustedProxies, dangerouslyAllowPlainHttp }: ListenSettings,
  report: Report,
): void {
  if (tls !== undefined || isLoopback(host) || dangerouslyAllowPlainHttp) return
  // Others than these are not even let connect.
  if (trustedProxies.length > 0) return
  report(
    ['listen', 'host'],
    'would serve tokens and data in the clear: set listen.tls, listen on loopback behind a proxy, name the proxy in listen.trustedProxies, or dangerouslyAllowPlainHttp',
  )
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const family = isIP(address)
  const sound =
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32))
  return family !== 0 && sound && more.length === 0
}
