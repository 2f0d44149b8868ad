import express from 'express'
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express'
import type { Gateway } from '../gateway/gateway.ts'
import { ScimError } from '../scim/error.ts'
import { authenticate } from './authenticate.ts'
import { requireAcceptance } from './body.ts'
import { answerError } from './errors.ts'
import type { RequestLog } from './logging.ts'
import { logging, stateOf } from './logging.ts'
import type { EndpointOptions, HttpOptions } from './options.ts'
import type { Metrics } from './metrics.ts'
import { routes } from './routes.ts'

/** The Express application: log, then per endpoint who asks, what it brings, what it wants. */
export function createApp(
  endpoints: readonly { readonly options: EndpointOptions; readonly gateway: Gateway }[],
  options: HttpOptions,
  log: RequestLog,
  metrics: Metrics,
): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', false)
  app.use(logging(log, metrics))
  for (const { options: endpoint, gateway } of endpoints) {
    app.use(
      endpoint.path,
      named(endpoint.path),
      securityHeaders,
      authenticate(endpoint.clients),
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
