import type { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { TLSSocket } from 'node:tls'
import { certificateIn } from './auth/certificate.ts'
import type { HttpOptions } from './options.ts'

/** Who is at the other end, and which proxies are believed about it. */
export interface Proxies {
  /** Whether this is the address of a declared proxy. */
  trusts(address: string): boolean
  /** The client's address: the one that connects, or the one that trusted proxies tell of. */
  addressOf(request: IncomingMessage): string
  /** The client's certificate, verified by TLS here or by a trusted proxy. */
  certificateOf(request: IncomingMessage): X509Certificate | undefined
}

export function proxiesOf({
  trustedProxies,
  clientCertificateHeader,
}: Pick<HttpOptions, 'trustedProxies' | 'clientCertificateHeader'>): Proxies {
  const networks = networksOf(trustedProxies)
  const trusts = (address: string) =>
    isIP(address) !== 0 && networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return {
    trusts,
    addressOf: (request) => {
      let address = peerOf(request)
      // From the end, for the front may be made up; as long as those who tell are believed.
      const told = [request.headers['x-forwarded-for'] ?? ''].flat().join(',').split(',').reverse()
      for (const one of told) {
        const next = plainAddress(one.trim())
        if (!trusts(address) || isIP(next) === 0) break
        address = next
      }
      return address
    },
    certificateOf: (request) => {
      const { socket, headers } = request
      if (clientCertificateHeader !== undefined && trusts(peerOf(request))) {
        const header = headers[clientCertificateHeader.toLowerCase()]
        return typeof header === 'string' ? certificateIn(header) : undefined
      }
      return socket instanceof TLSSocket && socket.authorized
        ? socket.getPeerX509Certificate()
        : undefined
    },
  }
}

function networksOf(texts: readonly string[]): BlockList {
  const list = new BlockList()
  for (const text of texts) {
    const [address = '', bits] = text.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}

function peerOf({ socket }: IncomingMessage): string {
  return plainAddress(socket.remoteAddress ?? '')
}

/** An IPv4 address as such where it is written as IPv6 (RFC 4291 §2.5.5.2), without port and brackets. */
export function plainAddress(text: string): string {
  const bare = /^\[(.*)\](?::\d+)?$/.exec(text)?.[1] ?? text.replace(/^([\d.]+):\d+$/, '$1')
  return bare.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
}
