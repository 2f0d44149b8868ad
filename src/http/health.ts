import express from 'express'
import type { Express, Response } from 'express'
import type { Metrics } from './metrics.ts'

/** What the admin port asks. */
export interface Health {
  /** Endpoints by path: whether each can reach its directory. */
  ready(): ReadonlyMap<string, boolean>
  /** On the way out: no new requests should come. */
  draining(): boolean
}

/**
 * The admin port: `/healthz` as long as the process lives, `/readyz` while every directory can be
 * asked, `/metrics` for Prometheus.
 */
export function createAdminApp(health: Health, metrics: Metrics): Express {
  const app = express()
  app.disable('x-powered-by')
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' })
  })
  app.get('/readyz', (_request, response: Response) => {
    const endpoints = Object.fromEntries(health.ready())
    const ready = !health.draining() && Object.values(endpoints).every(Boolean)
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', endpoints })
  })
  app.get('/metrics', async (_request, response) => {
    response.setHeader('Content-Type', metrics.contentType)
    response.end(await metrics.text())
  })
  return app
}
