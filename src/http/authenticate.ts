import type { RequestHandler } from 'express'
import { ScimError } from '../scim/error.ts'
import { bearerTokens } from './auth/bearer.ts'
import { stateOf } from './logging.ts'
import type { ClientOptions } from './options.ts'

/** Lets in whom it knows; everybody else gets a 401 with the challenge (RFC 7644 §2, RFC 6750 §3). */
export function authenticate(clients: readonly ClientOptions[]): RequestHandler {
  const clientOf = bearerTokens(clients, Date.now)
  return (request, _response, next) => {
    const { authorization } = request.headers
    const client = clientOf(authorization)
    if (client === undefined) {
      const challenge = `Bearer realm="scim"${authorization === undefined ? '' : ', error="invalid_token"'}`
      throw new ScimError(401, 'a valid bearer token is required', {
        headers: { 'WWW-Authenticate': challenge },
      })
    }
    stateOf(request).client = client
    next()
  }
}
