import express from 'express'
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express'
import type { Counters } from '../counters/counters.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { ScimError } from '../scim/error.ts'
import type { Attempts } from './attempts.ts'
import { compileClients } from './auth/clients.ts'
import { authenticate } from './authenticate.ts'
import { requireAcceptance } from './body.ts'
import type { Concurrency } from './concurrency.ts'
import { answerError } from './errors.ts'
import { limit } from './limits.ts'
import type { RequestLog } from './logging.ts'
import { logging, stateOf } from './logging.ts'
import type { EndpointOptions, HttpOptions, LimitOptions } from './options.ts'
import type { Metrics } from './metrics.ts'
import { proxiesOf } from './proxies.ts'
import { routes } from './routes.ts'

/** What the application is made of besides its endpoints. */
export interface AppParts {
  readonly options: HttpOptions
  readonly limits: LimitOptions
  readonly counters: Counters
  /** Requests at work; they outlive settings. */
  readonly concurrency: Concurrency
  readonly attempts: Attempts
  readonly log: RequestLog
  readonly metrics: Metrics
}

/** The Express application: log, then per endpoint who asks, how often, what it brings, what it wants. */
export function createApp(
  endpoints: readonly { readonly options: EndpointOptions; readonly gateway: Gateway }[],
  { options, limits, counters, concurrency, attempts, log, metrics }: AppParts,
): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', false)
  const proxies = proxiesOf(options)
  const limiter = { counters, concurrency }
  app.use(logging(log, metrics, proxies))
  for (const { options: endpoint, gateway } of endpoints) {
    const clients = compileClients(endpoint.clients, log)
    app.use(
      endpoint.path,
      named(endpoint.path),
      securityHeaders,
      authenticate(clients, { proxies, attempts, metrics }),
      limit(endpoint.path, limits, limiter),
      requireAcceptance,
      routes(gateway, endpoint.path, options),
    )
  }
  app.use((request: Request) => {
    throw new ScimError(404, `there is no SCIM endpoint at ${request.path}`)
  })
  app.use(answerError)
  return app
}

/** Tells log and metrics where the request goes. */
function named(endpoint: string): RequestHandler {
  return (request, _response, next) => {
    stateOf(request).endpoint = endpoint
    next()
  }
}

/** What helmet would set, as far as it matters where no browser renders anything. */
function securityHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
  next()
}
