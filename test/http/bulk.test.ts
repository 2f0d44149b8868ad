import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import type { Json, TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'

const BULK_REQUEST = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest'
const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error'
const LIMIT = 10_000

let directory: RunningOpenLdap
let gateway: TestGateway
beforeAll(async () => {
  directory = await startOpenLdap({ suffix: 'dc=example,dc=test' })
  gateway = await startGateway(directory, { bulkLimit: LIMIT })
})
afterAll(async () => {
  await gateway.stop()
  await directory.stop()
})

const bulk = (Operations: unknown) => gateway.post('/Bulk', { schemas: [BULK_REQUEST], Operations })
const many = (size: number, operation: (index: number) => Json) =>
  Array.from({ length: size }, (_, index) => operation(index))

describe('/ServiceProviderConfig tells the limits (RFC 7643 §5), and they hold', () => {
  test('of operations', async () => {
    const { body: config } = await gateway.get('/ServiceProviderConfig')
    expect(config.bulk).toEqual({ supported: true, maxOperations: LIMIT, maxPayloadSize: 5242880 })
    const { status, body } = await bulk(many(LIMIT + 1, () => ({})))
    expect(status).toBe(413)
    expect(body).toEqual({
      schemas: [ERROR],
      status: '413',
      detail: `the number of operations, ${LIMIT + 1}, exceeds maxOperations (${LIMIT})`,
    })
  })

  test('of bytes', async () => {
    const { status, body } = await bulk(['x'.repeat(5242880)])
    expect(status).toBe(413)
    expect(body).toEqual({
      schemas: [ERROR],
      status: '413',
      detail: 'the size of the body exceeds maxPayloadSize (5242880 bytes)',
    })
  })
})

test.each(['GET', 'PUT', 'PATCH', 'DELETE'])('%s is 405', async (method) => {
  const body = method === 'GET' || method === 'DELETE' ? undefined : {}
  const answer = await gateway.request(method, '/Bulk', body)
  expect(answer.status).toBe(405)
  expect(answer.headers.get('allow')).toMatch(/^POST\b/)
})

test('the log tells how many operations there are, and no value', async () => {
  const data = { userName: 'secret-name' }
  const operations = many(3, (index) => ({
    method: 'POST',
    path: '/Users',
    bulkId: `secret-${index}`,
    data,
  }))
  const { headers } = await bulk(operations)
  const requestId = headers.get('x-request-id')
  await vi.waitFor(() => {
    const line = gateway.log.find(
      (entry) => entry.msg === 'request' && entry.requestId === requestId,
    )
    expect(line).toMatchObject({ route: '/Bulk', status: 200, bulkOperations: 3 })
  })
  const lines = gateway.log.filter(({ stream }) => stream !== 'audit')
  expect(JSON.stringify(lines)).not.toContain('secret')
})

describe('a hostile request is answered in good time, and the next one too', () => {
  const path = '/Users'
  test.each<readonly [string, readonly unknown[], number, string]>([
    ['operations that are none', many(LIMIT, () => ({})), 200, '400'],
    ['one bulkId', many(LIMIT, () => ({ method: 'POST', path, bulkId: 'a', data: {} })), 400, ''],
    [
      'a circle of what cannot be created',
      many(LIMIT, (index) => ({
        method: 'POST',
        path,
        bulkId: `${index}`,
        data: { manager: `bulkId:${(index + 1) % LIMIT}` },
      })),
      200,
      '409',
    ],
    [
      'a chain from what cannot be created',
      many(LIMIT, (index) => ({
        method: 'POST',
        path,
        bulkId: `${index}`,
        data: index === 0 ? {} : { manager: `bulkId:${index - 1}` },
      })),
      200,
      '409',
    ],
    [
      'paths that lead elsewhere',
      many(LIMIT, (index) => ({
        method: 'DELETE',
        path: ['/Users/../Groups/x', '/Users/a?b=c', '/Users/%', '/Users//'][index % 4],
      })),
      200,
      '400',
    ],
    [
      'paths of nothing but slashes',
      [{ method: 'DELETE', path: '/'.repeat(5_000_000) }],
      200,
      '404',
    ],
    [
      'quotes without end',
      [
        {
          method: 'PATCH',
          path: '/Users/x',
          data: { Operations: [{ op: 'remove', path: '\\"'.repeat(1_000_000) }] },
        },
      ],
      200,
      '400',
    ],
    [
      'references to 100,000 resources that are not there',
      [
        {
          method: 'PUT',
          path: '/Users/x',
          data: { a: many(100_000, (index) => `bulkId:${index}`) },
        },
      ],
      200,
      '400',
    ],
  ])('with %s', async (_, operations, status, last) => {
    const started = performance.now()
    const answer = await bulk(operations)
    expect(answer.status).toBe(status)
    const results = (answer.body.Operations ?? []) as readonly Json[]
    expect(results.at(-1)?.status ?? '').toBe(last)
    expect((await gateway.get('/ServiceProviderConfig')).status).toBe(200)
    expect(performance.now() - started).toBeLessThan(15_000)
  })

  test('with __proto__ for every text', async () => {
    const { status, body } = await bulk([
      {
        method: 'POST',
        path: '/__proto__',
        bulkId: '__proto__',
        data: { manager: 'bulkId:__proto__' },
      },
      { method: 'DELETE', path: '/Users/__proto__' },
    ])
    expect(status).toBe(200)
    expect(body.Operations).toMatchObject([
      { status: '404', bulkId: '__proto__' },
      { status: '404', location: `${gateway.url}/Users/__proto__` },
    ])
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  test('with too many brackets', async () => {
    const data = JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) as unknown
    const { status, body } = await bulk([{ method: 'PUT', path: '/Users/x', data: { data } }])
    expect([status, body.scimType]).toEqual([400, 'invalidSyntax'])
  })
})

test('others are served while a bulk request is', async () => {
  const refused = many(LIMIT / 4, (index) => ({
    method: 'POST',
    path: '/Users',
    bulkId: `${index}`,
    data: {},
  }))
  const state = { done: false }
  const answer = bulk(refused).finally(() => (state.done = true))
  let served = 0
  while (!state.done) {
    const started = performance.now()
    expect((await gateway.get('/ServiceProviderConfig')).status).toBe(200)
    expect(performance.now() - started).toBeLessThan(3000)
    served++
  }
  expect(served).toBeGreaterThan(1)
  expect((await answer).status).toBe(200)
})
