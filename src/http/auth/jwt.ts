import { decodeJwt, errors, jwtVerify } from 'jose'
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose'
import type { ClaimValue, ClientOptions, JwtOptions } from '../options.ts'
import type { KeysLog } from './jwks.ts'
import { keysOf } from './jwks.ts'
import type { Verdict } from './method.ts'

/** Three parts; the last may be empty, which is refused later on in better words. */
const FORM = /^[\w-]+\.[\w-]+\.[\w-]*$/

/**
 * Who a JWT (RFC 7519, RFC 9068) belongs to: the first client in the order of the settings whose
 * issuer, audience and claims it has. Signature first, with algorithms that the client lists.
 *
 * @returns A function from a token to its verdict; nothing for what is no JWT. It rejects with
 *   `KeysUnavailableError`.
 */
export function jwtClients(
  clients: readonly ClientOptions[],
  log: KeysLog,
): (token: string) => Promise<Verdict | undefined> {
  const sources = new Map<string, JWTVerifyGetKey>()
  const entries = clients.flatMap(({ name, jwt }) => {
    if (jwt === undefined) return []
    const place = JSON.stringify([jwt.issuer, jwt.jwksUri])
    const keys = sources.get(place) ?? keysOf(jwt, log)
    sources.set(place, keys)
    return [{ client: name, jwt, keys }]
  })
  return async (token) => {
    if (!FORM.test(token)) return undefined
    const issuer = issuerOf(token)
    const candidates = entries.filter(({ jwt }) => jwt.issuer === issuer)
    if (candidates.length === 0) return { refused: 'a JWT of an issuer that no client has' }
    const reasons = new Set<string>()
    for (const { client, jwt, keys } of candidates) {
      const reason = await refusalOf(token, jwt, keys)
      if (reason === undefined) return { client }
      reasons.add(reason)
    }
    return { refused: [...reasons].join('; ') }
  }
}

/** Of a token that nobody has verified yet. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}

/** Why a token is not for a client, in words that quote nothing of it. */
async function refusalOf(
  token: string,
  { issuer, audience, algorithms, claims = {}, clockSkewSeconds }: JwtOptions,
  keys: JWTVerifyGetKey,
): Promise<string | undefined> {
  const options = {
    issuer,
    audience: typeof audience === 'string' ? audience : [...audience],
    algorithms: [...algorithms],
    clockTolerance: clockSkewSeconds,
    requiredClaims: ['exp'],
  }
  let payload: JWTPayload
  try {
    payload = await verified(token, keys, options)
  } catch (error) {
    if (error instanceof errors.JOSEError) return inWords(error)
    throw error
  }
  const wrong = Object.keys(claims).find((name) => !hasClaim(payload, name, claims[name] ?? []))
  return wrong === undefined ? undefined : `the JWT's claim "${wrong}" is not the client's`
}

async function verified(
  token: string,
  keys: JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    // A token without the name of its key: as many tries as the issuer has keys of its kind.
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload
      } catch (other) {
        if (!(other instanceof errors.JWSSignatureVerificationFailed)) throw other
      }
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

/** A list has the value among its own; `scope` and `scp` are lists in one text (RFC 8693 §4.2). */
function hasClaim(
  payload: JWTPayload,
  name: string,
  wanted: ClaimValue | readonly ClaimValue[],
): boolean {
  if (!Object.hasOwn(payload, name)) return false
  const claim = payload[name]
  const isList = (name === 'scope' || name === 'scp') && typeof claim === 'string'
  const held: readonly unknown[] = isList ? claim.split(' ') : [claim].flat()
  return [wanted].flat().some((value) => held.includes(value))
}

/** By jose's codes. */
const WORDS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'the JWT is expired',
  ERR_JOSE_ALG_NOT_ALLOWED: 'the JWT has an algorithm that the client does not list',
  ERR_JOSE_NOT_SUPPORTED: 'the JWT has an algorithm or a header that is not supported',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: "the JWT's signature is wrong",
  ERR_JWKS_NO_MATCHING_KEY: 'the JWT names a key that its issuer does not have',
}

function inWords(error: errors.JOSEError): string {
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `the JWT's claim "${error.claim}" is ${error.reason === 'missing' ? 'missing' : 'wrong'}`
  }
  return WORDS[error.code] ?? 'the JWT is malformed'
}
