import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import { smallUser } from '../conformance/subject.ts'
import type { Answer, TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'
import type { Proxy } from '../support/proxy.ts'
import { startProxy } from '../support/proxy.ts'

const QUEUE = 50
const WAVES = 8
const REQUESTS = 300
const OPERATION_MS = 15_000

let server: RunningOpenLdap
let proxy: Proxy
let gateway: TestGateway

beforeAll(async () => {
  server = await startOpenLdap()
  proxy = await startProxy(server.plainUrl)
  gateway = await startGateway(server, {
    directory: {
      urls: [`ldap://127.0.0.1:${proxy.port}`],
      poolSize: 1,
      maxPendingPerConnection: 1,
      maxQueue: QUEUE,
      operationTimeoutMs: OPERATION_MS,
      connectTimeoutMs: OPERATION_MS,
    },
  })
  expect((await gateway.get('/Users?count=1')).status).toBe(200)
})
afterAll(async () => {
  await gateway.stop()
  await proxy.stop()
  await server.stop()
})

test('more than the queue takes is refused at once, however much comes; the rest is served', async () => {
  proxy.freeze()
  const refused: Answer[] = []
  let waiting = 0
  const served: Promise<Answer>[] = []
  const heaps: number[] = []
  const started = performance.now()
  for (let wave = 0; wave < WAVES; wave++) {
    const before = refused.length
    const requests = Array.from({ length: REQUESTS }, () => gateway.post('/Users', smallUser()))
    served.push(
      ...requests.map(async (request) => {
        waiting++
        const answer = await request
        waiting--
        if (answer.status === 503) refused.push(answer)
        return answer
      }),
    )
    while (waiting > QUEUE + 1) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(refused.length).toBeGreaterThan(before)
    heaps.push(process.memoryUsage().heapUsed)
  }
  expect(performance.now() - started).toBeLessThan(OPERATION_MS)
  expect(waiting).toBe(QUEUE + 1)
  expect(refused).toHaveLength(WAVES * REQUESTS - QUEUE - 1)
  for (const { headers } of refused) expect(headers.get('retry-after')).toMatch(/^\d+$/)
  // What the waves leave behind in this process: the tests' own answers, and garbage.
  expect((heaps.at(-1) ?? 0) - (heaps[0] ?? 0)).toBeLessThan(150 * 1024 * 1024)

  proxy.flow()
  const statuses = (await Promise.all(served)).map(({ status }) => status)
  expect(statuses.filter((status) => status === 201)).toHaveLength(QUEUE + 1)
  expect((await gateway.get('/Users?count=1')).status).toBe(200)
})

test('while the server is gone every request is 503, however many come, and memory stays bounded', async () => {
  const gone = await startProxy(server.plainUrl)
  await gone.stop()
  const without = await startGateway(server, {
    directory: { urls: [`ldap://127.0.0.1:${gone.port}`], maxQueue: QUEUE, connectTimeoutMs: 300 },
    untilReady: false,
  })
  try {
    const heaps: number[] = []
    for (let wave = 0; wave < WAVES; wave++) {
      const body = smallUser()
      const requests = Array.from({ length: REQUESTS }, (_, index) =>
        index % 2 === 0 ? without.post('/Users', body) : without.get('/Users?count=1'),
      )
      for (const { status, headers } of await Promise.all(requests)) {
        expect(status).toBe(503)
        expect(headers.get('retry-after')).toMatch(/^\d+$/)
      }
      heaps.push(process.memoryUsage().heapUsed)
    }
    expect((heaps.at(-1) ?? 0) - (heaps[0] ?? 0)).toBeLessThan(150 * 1024 * 1024)
  } finally {
    await without.stop()
  }
})
