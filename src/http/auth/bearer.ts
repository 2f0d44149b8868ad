import { hash, timingSafeEqual } from 'node:crypto'
import type { ClientOptions } from '../options.ts'
import type { Verdict } from './method.ts'

/** A token as the settings keep it. */
export interface Secret {
  readonly client: string
  readonly digest: Buffer
  /** Milliseconds since 1970; infinite where it does not expire. */
  readonly expires: number
}

/** The tokens of some clients, for what must know their expiry. */
export function secretsOf(clients: readonly ClientOptions[]): readonly Secret[] {
  return clients.flatMap(({ name, tokens = [] }) =>
    tokens.map(({ sha256, expires }) => ({
      client: name,
      digest: Buffer.from(sha256, 'hex'),
      expires: expires === undefined ? Infinity : Date.parse(expires),
    })),
  )
}

/** How a token is called where people read of it: the first digits of its hash, as in the settings. */
export function nameOf({ digest }: Secret): string {
  return digest.toString('hex').slice(0, 8)
}

/**
 * Who a static bearer token (RFC 6750) belongs to. Only hashes are kept, and each is compared in
 * constant time, so that neither memory nor timing tells of a token.
 *
 * @returns A function from a token to its verdict; nothing for a token that nobody has.
 */
export function bearerTokens(
  clients: readonly ClientOptions[],
  now: () => number,
): (token: string) => Verdict | undefined {
  const secrets = secretsOf(clients)
  return (token) => {
    const digest = hash('sha256', token, 'buffer')
    let found: Secret | undefined
    for (const secret of secrets) if (timingSafeEqual(secret.digest, digest)) found = secret
    if (found === undefined) return undefined
    if (now() < found.expires) return { client: found.client }
    return {
      refused: `the token ${nameOf(found)} of ${found.client} is expired since ${new Date(found.expires).toISOString()}`,
    }
  }
}
