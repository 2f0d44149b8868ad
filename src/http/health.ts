import express from 'express'
import type { Express, Response } from 'express'
import type { BreakerState } from '../gateway/breaker.ts'
import type { Metrics } from './metrics.ts'

/** What the admin port asks. */
export interface Health {
  /** Endpoints by path: whether each can reach its directory. */
  ready(): ReadonlyMap<string, boolean>
  /** On the way out: no new requests should come. */
  draining(): boolean
}

/** The mass-change breakers, for the operator to see and to reset. */
export interface BreakerDesk {
  states(): Promise<readonly BreakerState[]>
  /** @returns Whether there is such a breaker. */
  reset(endpoint: string, client: string, kind: string): Promise<boolean>
}

/**
 * The admin port: `/healthz` as long as the process lives, `/readyz` while every directory can be
 * asked, `/metrics` for Prometheus, `/breakers` and their reset. An open breaker leaves the gateway
 * ready: one client's mass change must not take the service from the others.
 */
export function createAdminApp(health: Health, metrics: Metrics, breakers: BreakerDesk): Express {
  const app = express()
  app.disable('x-powered-by')
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' })
  })
  app.get('/readyz', async (request, response: Response) => {
    const endpoints = Object.fromEntries(health.ready())
    const ready = !health.draining() && Object.values(endpoints).every(Boolean)
    const detail = request.query.verbose === undefined ? {} : { breakers: await breakers.states() }
    const status = ready ? 'ready' : 'not ready'
    response.status(ready ? 200 : 503).json({ status, endpoints, ...detail })
  })
  app.get('/breakers', async (_request, response) => {
    response.json({ breakers: await breakers.states() })
  })
  app.post('/breakers/:endpoint/:client/:kind/reset', async (request, response) => {
    // A page that somebody looks at on this machine must not reset anything.
    if (request.headers.origin !== undefined) {
      response.status(403).json({ error: 'browsers may not reset breakers' })
      return
    }
    const { endpoint, client, kind } = request.params
    if (await breakers.reset(endpoint, client, kind)) response.status(204).end()
    else response.status(404).json({ error: 'there is no such breaker; GET /breakers lists all' })
  })
  app.get('/metrics', async (_request, response) => {
    response.setHeader('Content-Type', metrics.contentType)
    response.end(await metrics.text())
  })
  return app
}
