import type { Request, RequestHandler } from 'express'
import { DEFAULT_PROFILE, ProfileTolerance } from '../scim/client-quirks.ts'
import type { Allowances } from '../scim/client-quirks.ts'
import { ScimError } from '../scim/error.ts'
import type { Attempts } from './attempts.ts'
import type { Clients } from './auth/clients.ts'
import { kindOf } from './auth/method.ts'
import type { Shown } from './auth/method.ts'
import { stateOf } from './logging.ts'
import type { Caller, RequestLog } from './logging.ts'
import type { Metrics } from './metrics.ts'
import type { ClientOptions } from './options.ts'
import type { Proxies } from './proxies.ts'

/** What authentication needs besides the clients, and what outlives them. */
export interface Gate {
  readonly proxies: Proxies
  readonly attempts: Attempts
  readonly metrics: Metrics
}

/** Lets in whom it knows; everybody else gets a 401 with the challenges (RFC 7644 §2, RFC 6750 §3). */
export function authenticate(
  clients: Clients,
  { proxies, attempts, metrics }: Gate,
): RequestHandler {
  const callers = new Map(clients.all.map((client) => [client.name, callersOf(client)]))
  const unauthorized = (error?: string) =>
    new ScimError(401, 'valid credentials of a client are required', {
      headers: { 'WWW-Authenticate': challenge(clients.challenges, error) },
    })
  return async (request, _response, next) => {
    const state = stateOf(request)
    const shown = shownBy(request, proxies)
    const kind = kindOf(shown)
    if (kind === undefined) throw unauthorized()
    const { address } = state
    await attempts.admit(address, kind, shown)
    const verdict = await clients.identify(shown)
    const call = 'client' in verdict ? callers.get(verdict.client) : undefined
    if (call === undefined) {
      await attempts.failed(address, kind, shown)
      metrics.authenticationFailed(state.endpoint ?? '', kind)
      const reason = 'refused' in verdict ? verdict.refused : undefined
      state.log.warn({ address, kind, reason }, 'authentication failed')
      throw unauthorized('invalid_token')
    }
    attempts.succeeded(address, shown)
    state.caller = call(state.log)
    next()
  }
}

function shownBy(request: Request, proxies: Proxies): Shown {
  const [, scheme, credentials] =
    /^(\S+)\s*(.*?)\s*$/.exec(request.headers.authorization ?? '') ?? []
  const certificate = proxies.certificateOf(request)
  return {
    ...(scheme !== undefined && {
      authorization: { scheme: scheme.toLowerCase(), credentials: credentials ?? '' },
    }),
    ...(certificate !== undefined && { certificate }),
  }
}

/** One header with all challenges; the error belongs to bearer tokens (RFC 6750 §3). */
function challenge(challenges: readonly string[], error: string | undefined): string {
  return challenges
    .map((one) =>
      error !== undefined && one.startsWith('Bearer') ? `${one}, error="${error}"` : one,
    )
    .join(', ')
}

/** The client as the caller of one request. */
function callersOf(client: ClientOptions) {
  const { name, profile = DEFAULT_PROFILE, unknownReferences, user, actAs } = client
  const { rate, concurrency } = client
  const allowances: Allowances =
    unknownReferences === undefined ? {} : { unknownReference: unknownReferences === 'skip' }
  return (log: RequestLog): Caller => ({
    name,
    ...(user !== undefined && { user }),
    ...(actAs !== undefined && { actAs }),
    ...(rate !== undefined && { rate }),
    ...(concurrency !== undefined && { concurrency }),
    tolerance: new ProfileTolerance(profile, allowances, (quirk, detail) =>
      log.warn({ client: name, quirk, detail }, 'what a client sent is not kept'),
    ),
  })
}
