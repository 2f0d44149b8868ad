import type { DirectoryOptions } from '../directory/options.ts'
import type { DocumentPath } from '../mapping/problem.ts'
import type { Folder } from './folder.ts'
import { isLoopback } from './loopback.ts'
import { readPair, readPem } from './pem.ts'
import type { Report } from './pem.ts'
import type { DirectorySettings } from './settings.ts'

/** The options of one directory, its PEM files read; what is wrong with them is reported. */
export function directoryOptions(
  settings: DirectorySettings,
  at: DocumentPath,
  folder: Folder,
  report: Report,
): DirectoryOptions {
  const { url, bind, tls, startTls, dangerouslyAllowPlainLdap, ...rest } = settings
  const { ca, certificate, key, servername, dangerouslyAllowUnverified } = tls
  if ((certificate === undefined) !== (key === undefined)) {
    report([...at, 'tls'], 'needs "certificate" and "key", or neither')
  }
  const given = Object.keys(bind).sort().join()
  if (given !== 'dn,password' && given !== 'method') {
    report([...at, 'bind'], 'needs "dn" and "password", or "method: external" alone')
  }
  const urls = [url].flat()
  urls.forEach((one, index) => {
    checkUrl(one, settings, [...at, 'url', ...(typeof url === 'string' ? [] : [index])], report)
  })
  return {
    urls,
    startTls,
    allowPlaintext: dangerouslyAllowPlainLdap,
    bind: 'dn' in bind ? { kind: 'simple', ...bind } : { kind: 'external' },
    tls: {
      ...(ca !== undefined && { ca: readPem(folder, ca, [...at, 'tls', 'ca'], report) }),
      ...(certificate !== undefined &&
        key !== undefined &&
        readPair(folder, { certificate, key }, [...at, 'tls'], report)),
      ...(servername !== undefined && { servername }),
      allowUnverified: dangerouslyAllowUnverified,
    },
    ...rest,
  }
}

/** Of a directory's URL: whether TLS begins with the first byte, and whether DNS names the servers. */
const PROTOCOLS = new Map([
  ['ldaps:', { secure: true, discovered: false }],
  ['ldap:', { secure: false, discovered: false }],
  ['ldaps+srv:', { secure: true, discovered: true }],
  ['ldap+srv:', { secure: false, discovered: true }],
])

function checkUrl(
  url: string,
  settings: DirectorySettings,
  at: DocumentPath,
  report: Report,
): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const protocol = PROTOCOLS.get(parsed?.protocol ?? '')
  if (parsed === undefined || protocol === undefined || parsed.hostname === '') {
    report(at, 'must be ldaps://host[:port] or ldap://host[:port], or ldaps+srv://domain')
    return
  }
  const { secure, discovered } = protocol
  if (discovered && (parsed.port !== '' || !['', '/'].includes(parsed.pathname))) {
    report(at, 'must be ldaps+srv://domain alone: DNS tells the ports of its servers')
  }
  if (parsed.username !== '' || parsed.password !== '') {
    report(at, 'must not hold credentials; they belong in "bind"')
  }
  const local = !discovered && isLoopback(parsed.hostname)
  const plain = !secure && !settings.startTls && !local
  if (plain && !settings.dangerouslyAllowPlainLdap) {
    report(
      at,
      'would send the password in the clear: use ldaps://, or startTls, or dangerouslyAllowPlainLdap',
    )
  }
}
