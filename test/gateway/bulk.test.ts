import { describe, expect, test } from 'vitest'
import { runBulk } from '../../src/gateway/bulk.ts'
import type { Claims } from '../../src/gateway/bulk.ts'
import type { BulkCaller, BulkVerbs } from '../../src/gateway/bulk-operation.ts'
import { readBulk } from '../../src/scim/bulk.ts'
import { ProfileTolerance, TOLERANT } from '../../src/scim/client-quirks.ts'
import { ScimError } from '../../src/scim/error.ts'
import type { Json, JsonObject } from '../../src/scim/json.ts'

const BASE = 'https://scim.example/v2'

/** What the verbs were asked, in the order in which they ended. */
interface Call {
  readonly verb: string
  readonly path: string
  readonly body?: unknown
  readonly ifMatch?: string
}

/** A service that gives ids `id-1`, `id-2` … and fails where it is told to. */
class Service implements BulkVerbs<BulkCaller> {
  readonly calls: Call[] = []
  readonly callers = new Set<BulkCaller>()
  /** How many were under way together, at most. */
  most = 0
  #now = 0
  #ids = 0
  readonly fails: (call: Call) => Error | undefined

  constructor(fails: (call: Call) => Error | undefined = () => undefined) {
    this.fails = fails
  }

  get(caller: BulkCaller, endpoint: string, id: string) {
    return this.#answer(caller, { verb: 'get', path: `${endpoint}/${id}` }, id)
  }

  async create(caller: BulkCaller, endpoint: string, body: unknown) {
    const id = `id-${++this.#ids}`
    const resource = await this.#answer(caller, { verb: 'create', path: endpoint, body }, id)
    return { resource, location: `${BASE}${endpoint}/${id}` }
  }

  replace(
    caller: BulkCaller,
    endpoint: string,
    id: string,
    body: unknown,
    { ifMatch }: { readonly ifMatch?: string },
  ) {
    const call = { verb: 'replace', path: `${endpoint}/${id}`, body, ...(ifMatch && { ifMatch }) }
    return this.#answer(caller, call, id)
  }

  async patch(
    caller: BulkCaller,
    endpoint: string,
    id: string,
    body: unknown,
    { ifMatch }: { readonly ifMatch?: string },
  ) {
    const call = { verb: 'patch', path: `${endpoint}/${id}`, body, ...(ifMatch && { ifMatch }) }
    const resource = await this.#answer(caller, call, id)
    return JSON.stringify(body).includes('members') ? undefined : resource
  }

  async remove(
    caller: BulkCaller,
    endpoint: string,
    id: string,
    { ifMatch }: { readonly ifMatch?: string },
  ) {
    const call = { verb: 'remove', path: `${endpoint}/${id}`, ...(ifMatch && { ifMatch }) }
    await this.#answer(caller, call, id)
  }

  async #answer(caller: BulkCaller, call: Call, id: string): Promise<JsonObject> {
    this.callers.add(caller)
    this.most = Math.max(this.most, ++this.#now)
    for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve))
    this.#now--
    this.calls.push(call)
    const error = this.fails(call)
    if (error !== undefined) throw error
    return { id, meta: { version: `W/"${this.calls.length}"` } }
  }
}

function callerWith(more: Partial<BulkCaller> = {}): BulkCaller & { readonly errors: unknown[] } {
  const errors: unknown[] = []
  const log = {
    debug() {},
    info() {},
    warn() {},
    error: (object: object) => errors.push(object),
  } as unknown as BulkCaller['log']
  const signal = new AbortController().signal
  return { baseUrl: BASE, tolerance: TOLERANT, signal, log, ...more, errors }
}

/** New resources have their `name` to themselves. */
const byName: Claims = (_, { name }) => (typeof name === 'string' ? new Set([name]) : undefined)

function run(
  service: Service,
  Operations: readonly Json[],
  more: {
    readonly failOnErrors?: number
    readonly caller?: BulkCaller
    readonly claims?: Claims
  } = {},
) {
  const { failOnErrors, caller = callerWith(), claims = byName } = more
  const limits = { maxOperations: 10_000, endpoints: ['/Users', '/Groups'] }
  const bulk = readBulk({ ...(failOnErrors && { failOnErrors }), Operations }, limits, TOLERANT)
  return runBulk(service, caller, bulk, claims)
}

const user = (bulkId: string, data: JsonObject = {}): Json => ({
  method: 'POST',
  path: '/Users',
  bulkId,
  data: { name: bulkId, ...data },
})
const group = (bulkId: string, ...members: readonly string[]): Json => ({
  method: 'POST',
  path: '/Groups',
  bulkId,
  data: { name: bulkId, members: members.map((one) => ({ value: `bulkId:${one}` })) },
})
const nameIn = (body: unknown) => (body as { readonly name?: string } | undefined)?.name
const failing =
  (...names: readonly string[]) =>
  ({ verb, body }: Call) =>
    verb === 'create' && names.includes(nameIn(body) ?? '')
      ? new ScimError('uniqueness', 'taken')
      : undefined

describe('results', () => {
  test('say what the RFC wants of each method, in the order of the request', async () => {
    const service = new Service()
    const results = await run(service, [
      group('g', 'u'),
      { method: 'put', path: '/Users/a b', version: 'W/"1"', bulkId: 'x', data: {} },
      user('u'),
      { method: 'PATCH', path: '/Users/2', version: 'W/"2"', data: {} },
      { method: 'PATCH', path: '/Groups/bulkId:g', data: { members: [] } },
      { method: 'DELETE', path: '/Users/3', version: '*' },
    ])
    expect(results).toEqual([
      {
        method: 'POST',
        bulkId: 'g',
        location: `${BASE}/Groups/id-2`,
        version: 'W/"3"',
        status: 201,
      },
      {
        method: 'PUT',
        bulkId: 'x',
        location: `${BASE}/Users/a%20b`,
        version: 'W/"1"',
        status: 200,
      },
      {
        method: 'POST',
        bulkId: 'u',
        location: `${BASE}/Users/id-1`,
        version: 'W/"2"',
        status: 201,
      },
      { method: 'PATCH', location: `${BASE}/Users/2`, version: 'W/"4"', status: 200 },
      { method: 'PATCH', location: `${BASE}/Groups/id-2`, status: 204 },
      { method: 'DELETE', location: `${BASE}/Users/3`, status: 204 },
    ])
    expect(service.calls).toEqual([
      { verb: 'replace', path: '/Users/a b', body: {}, ifMatch: 'W/"1"' },
      { verb: 'create', path: '/Users', body: { name: 'u' } },
      { verb: 'create', path: '/Groups', body: { name: 'g', members: [{ value: 'id-1' }] } },
      { verb: 'patch', path: '/Users/2', body: {}, ifMatch: 'W/"2"' },
      { verb: 'patch', path: '/Groups/id-2', body: { members: [] } },
      { verb: 'remove', path: '/Users/3', ifMatch: '*' },
    ])
  })

  test('of failures have the error and, but for a POST, the location', async () => {
    const service = new Service(() => new ScimError(412, 'changed'))
    const error = expect.objectContaining({ message: 'changed' }) as Error
    expect(
      await run(service, [
        user('u'),
        { method: 'DELETE', path: '/Users/1' },
        { method: 'PUT', path: '/Me', data: {} },
      ]),
    ).toEqual([
      { method: 'POST', bulkId: 'u', status: 412, error },
      { method: 'DELETE', location: `${BASE}/Users/1`, status: 412, error },
      { method: 'PUT', status: 404, error: expect.anything() as Error },
    ])
  })

  test('of faults of the gateway are 500 without detail, and the others go on', async () => {
    const fault = new TypeError('secret')
    const service = new Service(({ body }) => (nameIn(body) === 'b' ? fault : undefined))
    const caller = callerWith()
    const results = await run(service, [user('a'), user('b'), user('c')], { caller })
    expect(results.map(({ status }) => status)).toEqual([201, 500, 201])
    expect(results[1]?.error?.message).not.toContain('secret')
    expect(caller.errors).toEqual([{ err: fault }])
  })
})

describe('an operation that refers to one that failed', () => {
  test('is 409 naming it, through any number of them, and the others go on', async () => {
    const service = new Service(failing('u'))
    const results = await run(service, [
      group('h', 'g'),
      group('g', 'u'),
      user('u'),
      { method: 'PATCH', path: '/Groups/1', data: { members: 'bulkId:u' } },
      { method: 'DELETE', path: '/Users/bulkId:u' },
      user('other'),
    ])
    expect(results.map(({ status }) => status)).toEqual([409, 409, 409, 409, 409, 201])
    expect(results.map(({ error }) => error?.message)).toEqual([
      'the resource of bulkId:g, which this one refers to, was not created',
      'the resource of bulkId:u, which this one refers to, was not created',
      'taken',
      'the resource of bulkId:u, which this one refers to, was not created',
      'the resource of bulkId:u, which this one refers to, was not created',
      undefined,
    ])
    expect(results[4]?.location).toBe(`${BASE}/Users/bulkId%3Au`)
    expect(service.calls.map(({ verb }) => verb)).toEqual(['create', 'create'])
  })

  test('may have been refused before', async () => {
    const bad: Json = { method: 'POST', path: '/Users', bulkId: 'u' }
    const results = await run(new Service(), [bad, group('g', 'u')])
    expect(results.map(({ status }) => status)).toEqual([400, 409])
  })
})

describe('failOnErrors', () => {
  const operations = [user('a'), user('b'), user('c'), user('d'), user('e')]

  test.each([
    [1, ['a', 'b']],
    [2, ['a', 'b', 'c', 'd']],
    [3, ['a', 'b', 'c', 'd', 'e']],
  ])('%i stops after as many', async (failOnErrors, expected) => {
    const service = new Service(failing('b', 'd'))
    const results = await run(service, operations, { failOnErrors })
    expect(results.map(({ bulkId }) => bulkId)).toEqual(expected)
    expect(service.calls).toHaveLength(expected.length)
    expect(service.most).toBe(1)
  })

  test('without it all are tried', async () => {
    const results = await run(new Service(failing('a', 'b', 'c', 'd', 'e')), operations)
    expect(results.map(({ status }) => status)).toEqual([409, 409, 409, 409, 409])
  })
})

describe('a circle', () => {
  test('is created without what is not there, which is added when it is', async () => {
    const service = new Service()
    const results = await run(service, [group('a', 'b'), group('b', 'a'), group('c', 'a')])
    expect(service.calls).toEqual([
      { verb: 'create', path: '/Groups', body: { name: 'b', members: [] } },
      { verb: 'create', path: '/Groups', body: { name: 'a', members: [{ value: 'id-1' }] } },
      {
        verb: 'patch',
        path: '/Groups/id-1',
        body: {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
          Operations: [{ op: 'add', value: { members: [{ value: 'id-2' }] } }],
        },
      },
      { verb: 'get', path: '/Groups/id-1' },
      { verb: 'create', path: '/Groups', body: { name: 'c', members: [{ value: 'id-2' }] } },
    ])
    expect(results).toMatchObject([
      { bulkId: 'a', location: `${BASE}/Groups/id-2`, version: 'W/"2"', status: 201 },
      { bulkId: 'b', location: `${BASE}/Groups/id-1`, version: 'W/"4"', status: 201 },
      { bulkId: 'c', location: `${BASE}/Groups/id-3`, version: 'W/"5"', status: 201 },
    ])
  })

  test('may be one resource that refers to itself', async () => {
    const service = new Service()
    const [result] = await run(service, [user('a', { manager: { value: 'bulkId:a' } })])
    expect(result).toMatchObject({ method: 'POST', bulkId: 'a', version: 'W/"2"', status: 201 })
    expect(service.calls.map(({ verb }) => verb)).toEqual(['create', 'patch'])
    expect(service.calls[0]?.body).toEqual({ name: 'a' })
    expect(service.calls[1]?.body).toMatchObject({
      Operations: [{ op: 'add', value: { manager: { value: 'id-1' } } }],
    })
  })

  test.each<readonly [string, (call: Call) => Error | undefined, string]>([
    ['cannot be created', failing('a'), 'a'],
    [
      'cannot be completed',
      ({ verb }) => (verb === 'patch' ? new ScimError('invalidValue', 'no') : undefined),
      'b',
    ],
  ])('of which one %s leaves nothing', async (_, fails, culprit) => {
    const service = new Service(fails)
    const results = await run(service, [group('a', 'b'), group('b', 'a'), group('c', 'b')])
    for (const { bulkId, status, error, ...rest } of results) {
      if (bulkId === culprit) expect(error?.message).toMatch(/^(taken|no)$/)
      else expect({ status, detail: error?.message }).toMatchObject({ status: 409 })
      expect(rest).toEqual({ method: 'POST' })
    }
    const paths = (verb: string) => service.calls.filter((call) => call.verb === verb).length
    expect(paths('remove')).toBe(culprit === 'a' ? 1 : 2)
    expect(service.calls.some(({ body }) => nameIn(body) === 'c')).toBe(false)
  })

  test('of which one cannot be removed again says so', async () => {
    const service = new Service((call) =>
      call.verb === 'remove' ? new ScimError(503, 'away') : failing('a')(call),
    )
    const caller = callerWith()
    const results = await run(service, [group('a', 'b'), group('b', 'a')], { caller })
    expect(results.map(({ status }) => status)).toEqual([409, 500])
    expect(results[1]?.error?.message).toContain(`${BASE}/Groups/id-1`)
    expect(caller.errors).toHaveLength(1)
  })

  test('that refers to what failed is not begun', async () => {
    const service = new Service(failing('u'))
    const results = await run(service, [group('a', 'b', 'u'), group('b', 'a'), user('u')])
    expect(results.map(({ status }) => status)).toEqual([409, 409, 409])
    expect(service.calls.map(({ verb }) => verb)).toEqual(['create', 'create', 'remove'])
  })

  test('whose values are refused without what is missing is a conflict', async () => {
    const needy = ({ verb, body }: Call) =>
      verb === 'create' && !('manager' in (body as object))
        ? new ScimError('invalidValue', 'manager is required')
        : undefined
    const operations = [user('a', { manager: 'bulkId:b' }), user('b', { manager: 'bulkId:a' })]
    const results = await run(new Service(needy), operations)
    expect(results.map(({ status }) => status)).toEqual([409, 409])
    expect(results[1]?.error?.message).toBe(
      'manager is required; in a circle of references it was tried without manager',
    )
  })

  test('ignores what is read-only when it is completed too, and nothing else', async () => {
    const service = new Service()
    const tolerance = new ProfileTolerance('strict')
    await run(service, [group('a', 'a')], { caller: callerWith({ tolerance }) })
    for (const caller of service.callers) {
      expect(() => caller.tolerance.tolerate('readOnlyInPatch', '')).not.toThrow()
      expect(() => caller.tolerance.tolerate('unknownAttribute', '')).toThrow(ScimError)
    }
  })
})

describe('side by side', () => {
  const users = Array.from({ length: 40 }, (_, index) => user(`${index}`))

  test('run new resources that have nothing in common, but not too many', async () => {
    const service = new Service()
    const results = await run(service, users)
    expect(service.most).toBe(4)
    expect(results.map(({ bulkId }) => bulkId)).toEqual(users.map((_, index) => `${index}`))
  })

  test.each<readonly [string, readonly Json[], Claims]>([
    ['claim the same', users, () => new Set(['same'])],
    ['cannot be judged', users, () => undefined],
    ['need each other', [user('0'), group('1', '0'), group('2', '1')], byName],
    [
      'are followed by what is not new',
      Array.from({ length: 9 }, (_, index) =>
        index % 2 === 0 ? user(`${index}`) : { method: 'DELETE', path: `/Users/${index}` },
      ),
      byName,
    ],
    ['are in circles', [group('0', '0'), group('1', '2'), group('2', '1'), user('3')], byName],
  ])('runs nothing where they %s', async (_, operations, claims) => {
    const service = new Service()
    await run(service, operations, { claims })
    expect(service.most).toBe(1)
  })

  test('keep the first of two that claim the same', async () => {
    const seen = new Set<string>()
    const service = new Service(({ body }) => {
      const title = (body as { readonly title: string }).title
      if (seen.has(title)) return new ScimError('uniqueness', 'taken')
      seen.add(title)
      return undefined
    })
    const operations = users.map((_, index) => user(`${index}`, { title: `${index % 20}` }))
    const results = await run(service, operations, {
      claims: (_, { title }) => new Set([title as string]),
    })
    expect(results.map(({ status }) => status)).toEqual(
      users.map((_, index) => (index < 20 ? 201 : 409)),
    )
    expect(service.most).toBeGreaterThan(1)
  })
})

describe('a client that hangs up', () => {
  test('stops it before the next operation', async () => {
    const abort = new AbortController()
    const reason = new Error('the client hung up')
    const service = new Service(({ path }) => {
      if (path === '/Users/2') abort.abort(reason)
      return undefined
    })
    const operations = [1, 2, 3].map((id): Json => ({ method: 'DELETE', path: `/Users/${id}` }))
    const caller = callerWith({ signal: abort.signal })
    await expect(run(service, operations, { caller })).rejects.toBe(reason)
    expect(service.calls.map(({ path }) => path)).toEqual(['/Users/1', '/Users/2'])
    expect(caller.errors).toEqual([])
  })

  test('leaves no half of a circle', async () => {
    const abort = new AbortController()
    const service = new Service(({ verb }) => {
      if (verb === 'create') abort.abort()
      return undefined
    })
    const caller = callerWith({ signal: abort.signal })
    const operations = [group('a', 'b'), group('b', 'a'), user('c')]
    await expect(run(service, operations, { caller })).rejects.toThrow()
    expect(service.calls.map(({ verb }) => verb)).toEqual(['create', 'create', 'patch', 'get'])
    for (const { signal } of service.callers) expect(signal.aborted).toBe(false)
  })
})

describe('many operations', () => {
  test.each<readonly [string, readonly Json[]]>([
    [
      'a chain of 1,000',
      Array.from({ length: 1000 }, (_, i) => group(`${i}`, ...(i < 999 ? [`${i + 1}`] : []))),
    ],
    [
      'a circle of 1,000',
      Array.from({ length: 1000 }, (_, i) => group(`${i}`, `${(i + 1) % 1000}`)),
    ],
    ['10,000 alone', Array.from({ length: 10_000 }, (_, i) => user(`${i}`))],
  ])('%s are carried out in good time', async (_, operations) => {
    const started = performance.now()
    const results = await run(new Service(), operations)
    expect(results.every(({ status }) => status === 201)).toBe(true)
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test('a circle of 1,000 of which the last fails is gone as fast', async () => {
    const operations = Array.from({ length: 1000 }, (_, i) => group(`${i}`, `${(i + 1) % 1000}`))
    const started = performance.now()
    const service = new Service(failing('0'))
    const results = await run(service, operations)
    expect(results.every(({ status }) => status === 409)).toBe(true)
    expect(service.calls.filter(({ verb }) => verb === 'remove')).toHaveLength(999)
    expect(performance.now() - started).toBeLessThan(5000)
  })
})
