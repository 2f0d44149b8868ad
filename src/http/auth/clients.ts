import { ScimError } from '../../scim/error.ts'
import type { ClientOptions } from '../options.ts'
import { basicClients } from './basic.ts'
import { bearerTokens } from './bearer.ts'
import { certificateClient, isMeant, staleness } from './certificate.ts'
import { KeysUnavailableError } from './jwks.ts'
import type { KeysLog } from './jwks.ts'
import { jwtClients } from './jwt.ts'
import type { Shown, Verdict } from './method.ts'

/** How soon a client should come back where an issuer's keys cannot be had, in seconds. */
const RETRY_AFTER_S = 10

/**
 * The clients of an endpoint, compiled: who they are and how they show it. It holds nothing that
 * must outlive it, so another may take its place at any time.
 */
export interface Clients {
  readonly all: readonly ClientOptions[]
  /** Values for `WWW-Authenticate`: how a client could show who it is. */
  readonly challenges: readonly string[]
  /** @throws {ScimError} 503 where nobody can tell now. */
  identify(shown: Shown): Promise<Verdict>
}

export function compileClients(
  all: readonly ClientOptions[],
  log: KeysLog,
  now: () => number = Date.now,
): Clients {
  const byToken = bearerTokens(all, now)
  const byJwt = jwtClients(all, log)
  const byPassword = basicClients(all)
  const byCertificate = certificateClient(all)
  const named = new Map(all.map((client) => [client.name, client]))

  async function byHeader(scheme: string, credentials: string): Promise<Verdict> {
    switch (scheme) {
      case 'bearer':
        return (
          byToken(credentials) ??
          (await byJwt(credentials)) ?? { refused: 'a bearer token that no client has' }
        )
      case 'basic':
        return byPassword(credentials)
      default:
        return { refused: 'a scheme of authentication that is not known here' }
    }
  }

  /** A certificate alone. */
  function bySight({ certificate }: Shown): Verdict {
    const client = certificate && byCertificate(certificate)
    if (client === undefined) return { refused: 'a certificate that no client has' }
    if (client.certificate?.together === true) {
      return { refused: `the certificate of ${client.name} without the other credential` }
    }
    return { client: client.name }
  }

  /** Whether the certificate that a client must show besides is there. */
  function missesCertificate(client: string, { certificate }: Shown): boolean {
    const options = named.get(client)?.certificate
    return (
      options?.together === true && (certificate === undefined || !isMeant(certificate, options))
    )
  }

  return {
    all,
    challenges: challengesOf(all),
    identify: async (shown) => {
      const { authorization, certificate } = shown
      const stale = certificate && staleness(certificate, now())
      if (stale !== undefined) return { refused: stale }
      if (authorization === undefined) return bySight(shown)
      try {
        const verdict = await byHeader(authorization.scheme, authorization.credentials)
        if ('client' in verdict && missesCertificate(verdict.client, shown)) {
          return { refused: `a credential of ${verdict.client} without its certificate` }
        }
        return verdict
      } catch (error) {
        if (!(error instanceof KeysUnavailableError)) throw error
        throw new ScimError(503, 'the keys of the issuer of the token cannot be had now', {
          cause: error,
          headers: { 'Retry-After': String(RETRY_AFTER_S) },
        })
      }
    },
  }
}

function challengesOf(clients: readonly ClientOptions[]): readonly string[] {
  const some = (has: (client: ClientOptions) => unknown) => clients.some((one) => has(one))
  const bearer = some(({ tokens, jwt }) => tokens ?? jwt)
  return [
    // A 401 must have a challenge (RFC 9110 §15.5.2), also where certificates are the only way.
    ...(bearer || !some(({ basic }) => basic) ? ['Bearer realm="scim"'] : []),
    ...(some(({ basic }) => basic) ? ['Basic realm="scim", charset="UTF-8"'] : []),
  ]
}
