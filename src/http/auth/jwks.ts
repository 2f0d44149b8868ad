import { createRemoteJWKSet, customFetch, errors } from 'jose'
import type { JWTVerifyGetKey, RemoteJWKSet } from 'jose'
import type { JwtOptions } from '../options.ts'

/** How long keys are kept without being asked for again, in ms. */
const KEEP_MS = 600_000
/** How long after a fetch a key that is not among them is no reason for another, in ms. */
const COOL_DOWN_MS = 30_000
/** The same after a fetch that failed. */
const PAUSE_MS = 5_000
const ANSWER_MS = 5_000

/** Nobody can tell whether a token is good: the issuer's keys cannot be had. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError'
}

export interface KeysLog {
  warn(object: object, message: string): void
}

/**
 * The keys of an issuer, fetched when the first token comes and kept. Requests are few, whatever
 * tokens come: one at a time, with a pause after each.
 *
 * @returns A function that rejects with `KeysUnavailableError`, or with an error of jose where no
 *   key fits.
 */
export function keysOf(
  { issuer, jwksUri }: Pick<JwtOptions, 'issuer' | 'jwksUri'>,
  log: KeysLog,
): JWTVerifyGetKey {
  let failedAt = -Infinity
  const ask = async (url: string, init: RequestInit): Promise<Response> => {
    if (performance.now() - failedAt < PAUSE_MS) throw new Error('it did not answer a moment ago')
    try {
      const response = await fetch(url, { ...init, redirect: 'error' })
      if (response.status !== 200) throw new Error(`status ${response.status}`)
      return response
    } catch (error) {
      failedAt = performance.now()
      log.warn({ issuer, reason: reasonOf(error) }, 'the keys of an issuer cannot be fetched')
      throw error
    }
  }
  const open = (uri: string) =>
    createRemoteJWKSet(new URL(uri), {
      cacheMaxAge: KEEP_MS,
      cooldownDuration: COOL_DOWN_MS,
      timeoutDuration: ANSWER_MS,
      [customFetch]: ask,
    })

  let keys: RemoteJWKSet | undefined = jwksUri === undefined ? undefined : open(jwksUri)
  let finding: Promise<RemoteJWKSet> | undefined
  /** By OpenID Connect Discovery 1.0 §4, once. */
  const find = async (): Promise<RemoteJWKSet> => {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const response = await ask(url, { signal: AbortSignal.timeout(ANSWER_MS) })
    const uri = keysIn(await response.json(), issuer)
    if (uri === undefined) {
      failedAt = performance.now()
      log.warn({ issuer }, 'the discovery document of an issuer is not its own, or names no keys')
      throw new Error('the discovery document is of no use')
    }
    return open(uri)
  }

  return async (header, token) => {
    try {
      if (keys === undefined) {
        finding ??= find().finally(() => (finding = undefined))
        keys = await finding
      }
      return await keys(header, token)
    } catch (error) {
      const fitsNone =
        error instanceof errors.JWKSNoMatchingKey ||
        error instanceof errors.JWKSMultipleMatchingKeys
      const unusable = error instanceof errors.JOSENotSupported
      if (fitsNone || unusable) throw error
      throw new KeysUnavailableError(`the keys of ${issuer} cannot be had`, { cause: error })
    }
  }
}

/** The place of the keys in a discovery document, where that is the issuer's and the place is safe. */
function keysIn(document: unknown, issuer: string): string | undefined {
  if (typeof document !== 'object' || document === null) return undefined
  const { issuer: named, jwks_uri: uri } = document as { issuer?: unknown; jwks_uri?: unknown }
  return named === issuer && typeof uri === 'string' && isSafeUrl(uri) ? uri : undefined
}

/** Whether nobody on the way can change what comes from there: TLS, or this machine. */
function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  const local = hostname === 'localhost' || hostname === '[::1]' || /^127\.[\d.]+$/.test(hostname)
  return protocol === 'https:' || (protocol === 'http:' && local)
}

/** Of `fetch`, whose own message is only "fetch failed". */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string } }
  return cause?.code ?? message ?? 'unknown error'
}
