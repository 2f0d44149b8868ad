import type { Secret } from './auth/bearer.ts'
import { nameOf, secretsOf } from './auth/bearer.ts'
import type { RequestLog } from './logging.ts'
import type { EndpointOptions } from './options.ts'

const DAY_MS = 86_400_000

/** A token that expires, as people are told of it. */
export interface ExpiringToken {
  readonly endpoint: string
  readonly client: string
  /** The first digits of its hash. */
  readonly token: string
  /** Milliseconds since 1970. */
  readonly expires: number
}

export function expiringTokens(endpoints: readonly EndpointOptions[]): readonly ExpiringToken[] {
  return endpoints.flatMap(({ path, clients }) =>
    secretsOf(clients)
      .filter(({ expires }) => Number.isFinite(expires))
      .map((secret: Secret) => ({
        endpoint: path,
        client: secret.client,
        token: nameOf(secret),
        expires: secret.expires,
      })),
  )
}

/** Tells the log of every token that expires within some days, or has expired. */
export function warnOfExpiry(
  tokens: readonly ExpiringToken[],
  warnDays: number,
  log: RequestLog,
  now: number,
): void {
  for (const { expires, ...token } of tokens) {
    if (expires - now > warnDays * DAY_MS) continue
    const fields = { ...token, expires: new Date(expires).toISOString() }
    if (expires <= now) log.warn(fields, 'a token has expired')
    else log.warn(fields, 'a token expires soon: give the client another one besides it')
  }
}

/**
 * Warns now and then once a day.
 *
 * @param current The tokens as the settings are then.
 * @returns What ends it.
 */
export function watchExpiry(
  current: () => readonly ExpiringToken[],
  warnDays: () => number,
  log: RequestLog,
): () => void {
  const look = () => warnOfExpiry(current(), warnDays(), log, Date.now())
  look()
  const timer = setInterval(look, DAY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
