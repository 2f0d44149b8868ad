import { X509Certificate } from 'node:crypto'
import type { Configuration } from './config/load.ts'

/** A certificate by which the gateway shows who it is. */
export interface OwnCertificate {
  /** `listen`: to clients; `directory`: to a directory. */
  readonly use: 'listen' | 'directory'
  /** Base path, of one for a directory. */
  readonly endpoint: string
  /** When it ends, in milliseconds since 1970. */
  readonly expires: number
}

/** The certificates of a configuration, which holds them as PEM. */
export function certificatesOf({ listen, endpoints }: Configuration): readonly OwnCertificate[] {
  const own = (use: OwnCertificate['use'], endpoint: string, pem: string | Buffer | undefined) =>
    pem === undefined ? [] : [{ use, endpoint, expires: endOf(pem) }]
  return [
    ...own('listen', '', listen.tls?.certificate),
    ...endpoints.flatMap(({ options, directory }) =>
      own('directory', options.path, directory.tls?.certificate),
    ),
  ]
}

function endOf(pem: string | Buffer): number {
  return Date.parse(new X509Certificate(pem).validTo)
}
