import type { RequestHandler } from 'express'
import { DEFAULT_PROFILE, ProfileTolerance } from '../scim/client-quirks.ts'
import type { Allowances } from '../scim/client-quirks.ts'
import { ScimError } from '../scim/error.ts'
import { bearerTokens } from './auth/bearer.ts'
import { stateOf } from './logging.ts'
import type { Caller, RequestLog } from './logging.ts'
import type { ClientOptions } from './options.ts'

/** Lets in whom it knows; everybody else gets a 401 with the challenge (RFC 7644 §2, RFC 6750 §3). */
export function authenticate(clients: readonly ClientOptions[]): RequestHandler {
  const clientOf = bearerTokens(clients, Date.now)
  const callers = new Map(clients.map((client) => [client.name, callersOf(client)]))
  return (request, _response, next) => {
    const { authorization } = request.headers
    const name = clientOf(authorization)
    const call = name === undefined ? undefined : callers.get(name)
    if (call === undefined) {
      const challenge = `Bearer realm="scim"${authorization === undefined ? '' : ', error="invalid_token"'}`
      throw new ScimError(401, 'a valid bearer token is required', {
        headers: { 'WWW-Authenticate': challenge },
      })
    }
    const state = stateOf(request)
    state.caller = call(state.log)
    next()
  }
}

/** The client as the caller of one request. */
function callersOf({
  name,
  profile = DEFAULT_PROFILE,
  unknownReferences,
  user,
  actAs,
}: ClientOptions) {
  const allowances: Allowances =
    unknownReferences === undefined ? {} : { unknownReference: unknownReferences === 'skip' }
  return (log: RequestLog): Caller => ({
    name,
    ...(user !== undefined && { user }),
    ...(actAs !== undefined && { actAs }),
    tolerance: new ProfileTolerance(profile, allowances, (quirk, detail) =>
      log.warn({ client: name, quirk, detail }, 'what a client sent is not kept'),
    ),
  })
}
