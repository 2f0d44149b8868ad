import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { loadMapping } from '../../src/config/load.ts'
import { createLog } from '../../src/log.ts'
import { DEFAULT_LIMITS } from '../../src/config/limits-schema.ts'
import type { RunningServer } from '../../src/server.ts'
import { startServer } from '../../src/server.ts'
import { smallUser } from '../conformance/subject.ts'
import { OPENLDAP_MAPPING, TOKEN } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import type { FaultSubject } from './subject.ts'

const OPERATION_MS = 1_000
/** The time-out of an operation, what reading an outcome may take, and a busy machine. */
const PATIENCE_MS = OPERATION_MS + 5_000 + 3_000

/** What holds while a server does not go on, on every directory. */
export function staysWhileFrozen({ mapping, startRestartable }: FaultSubject): void {
  describe('a server that is frozen', () => {
    let frozen: Awaited<ReturnType<typeof startRestartable>>
    let other: RunningOpenLdap
    let gateway: RunningServer

    beforeAll(async () => {
      ;[frozen, other] = await Promise.all([startRestartable(), startOpenLdap()])
    })
    afterAll(async () => {
      await Promise.all([frozen.stop(), other.stop()])
    })
    beforeEach(async () => {
      const sha256 = createHash('sha256').update(TOKEN).digest('hex')
      const host = '127.0.0.1'
      gateway = await startServer(
        {
          listen: {
            host,
            port: 0,
            bodyLimit: 100_000,
            bulkLimit: 10,
            trustedProxies: [],
            dangerouslyAllowPlainHttp: false,
          },
          admin: { host, port: 0 },
          log: { level: 'silent', tokenExpiryDays: 30 },
          audit: { ldif: false },
          cursors: { lifetimeSeconds: 60 },
          limits: DEFAULT_LIMITS,
          endpoints: [frozen, other].map((server, index) => ({
            options: { path: `/${index}`, clients: [{ name: 'tests', tokens: [{ sha256 }] }] },
            lookThrough: 100,
            breaker: new Map(),
            subtrees: new Map(),
            rules: loadMapping(index === 0 ? mapping : OPENLDAP_MAPPING, server.suffix),
            directory: {
              urls: [server.url],
              tls: { ca: server.ca },
              bind: { kind: 'simple', dn: server.serviceDn, password: server.servicePassword },
              operationTimeoutMs: OPERATION_MS,
              connectTimeoutMs: 1_000,
              heartbeatMs: 1_000,
            },
          })),
        },
        createLog('silent', { write: () => {} }),
      )
      await gateway.ready(AbortSignal.timeout(10_000))
    })
    afterEach(async () => {
      frozen.signal('SIGCONT')
      await gateway.close(0)
    })

    test('requests to a frozen server end with 503 in time, those to another are not touched', async () => {
      expect((await post(0)).status).toBe(201)
      frozen.signal('SIGSTOP')
      const started = performance.now()
      const hit = [post(0), post(0), list(0)]
      expect((await post(1)).status).toBe(201)
      expect((await list(1)).status).toBe(200)
      expect((await fetch(`${gateway.adminUrl}/healthz`)).status).toBe(200)
      expect(performance.now() - started).toBeLessThan(OPERATION_MS)
      for (const answer of await Promise.all(hit)) {
        expect(answer.status).toBe(503)
        expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
      }
      expect(performance.now() - started).toBeLessThan(PATIENCE_MS)
    })

    test('a frozen server is noticed without a request, and taken back when it goes on', async () => {
      frozen.signal('SIGSTOP')
      await vi.waitFor(async () => expect(await readiness()).toEqual({ '/0': false, '/1': true }), {
        timeout: 10_000,
        interval: 50,
      })
      frozen.signal('SIGCONT')
      await vi.waitFor(async () => expect(await readiness()).toEqual({ '/0': true, '/1': true }), {
        timeout: 15_000,
        interval: 50,
      })
      expect((await post(0)).status).toBe(201)
    })

    async function readiness(): Promise<unknown> {
      const answer = await fetch(`${gateway.adminUrl}/readyz`)
      return ((await answer.json()) as { endpoints: unknown }).endpoints
    }

    function post(endpoint: number): Promise<Response> {
      return fetch(`${gateway.url}/${endpoint}/Users`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/scim+json' },
        body: JSON.stringify(smallUser()),
      })
    }

    function list(endpoint: number): Promise<Response> {
      return fetch(`${gateway.url}/${endpoint}/Users?count=1`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      })
    }
  })
}
