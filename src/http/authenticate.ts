import type { RequestHandler } from 'express'
import { DEFAULT_PROFILE, ProfileTolerance, unknownReferencesOf } from '../scim/client-quirks.ts'
import { ScimError } from '../scim/error.ts'
import { bearerTokens } from './auth/bearer.ts'
import { stateOf } from './logging.ts'
import type { Caller } from './logging.ts'
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
    stateOf(request).caller = call()
    next()
  }
}

/** The client as the caller of one request. */
function callersOf({ name, profile = DEFAULT_PROFILE, unknownReferences }: ClientOptions) {
  const references = unknownReferences ?? unknownReferencesOf(profile)
  return (): Caller => ({
    name,
    tolerance: new ProfileTolerance(profile),
    unknownReferences: references,
  })
}
