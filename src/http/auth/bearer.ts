import { hash, timingSafeEqual } from 'node:crypto'
import type { ClientOptions } from '../options.ts'

interface Secret {
  readonly client: string
  readonly digest: Buffer
  /** Milliseconds since 1970. */
  readonly expires: number
}

/**
 * Who a static bearer token (RFC 6750) belongs to. Only hashes are kept, and each is compared in
 * constant time, so that neither memory nor timing tells of a token.
 *
 * @returns A function from the Authorization header to the client's name, `undefined` for nobody.
 */
export function bearerTokens(
  clients: readonly ClientOptions[],
  now: () => number,
): (authorization: string | undefined) => string | undefined {
  const secrets: readonly Secret[] = clients.flatMap(({ name, tokens }) =>
    tokens.map(({ sha256, expires }) => ({
      client: name,
      digest: Buffer.from(sha256, 'hex'),
      expires: expires === undefined ? Infinity : Date.parse(expires),
    })),
  )
  return (authorization) => {
    if (authorization === undefined || !/^Bearer /i.test(authorization)) return undefined
    const token = authorization.slice('Bearer '.length).trim()
    const digest = hash('sha256', token, 'buffer')
    let found: Secret | undefined
    for (const secret of secrets) if (timingSafeEqual(secret.digest, digest)) found = secret
    return found !== undefined && now() < found.expires ? found.client : undefined
  }
}
