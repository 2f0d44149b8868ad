import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { orderOf, readBulk } from '../../src/scim/bulk.ts'
import { STRICT, TOLERANT } from '../../src/scim/client-quirks.ts'
import type { Json } from '../../src/scim/json.ts'
import { BULK_REQUEST, ENTERPRISE_USER_SCHEMA } from '../../src/scim/urn.ts'
import { refusalOf } from './refusal.ts'

const LIMITS = { maxOperations: 10_000, endpoints: ['/Users', '/Groups'] }
const ID = 'b7c14771-226c-4d05-8860-134711653041'

const message = (Operations: readonly Json[], more: object = {}) => ({
  schemas: [BULK_REQUEST],
  ...more,
  Operations,
})
const read = (Operations: readonly Json[], more?: object) =>
  readBulk(message(Operations, more), LIMITS, STRICT)
/** The one operation of a request. */
const readOne = (operation: Json) => read([operation]).operations[0]
const refusalOfOne = (operation: Json) =>
  refusalOf(() => {
    const read = readOne(operation)
    if (read !== undefined && 'error' in read) throw read.error
  })
const create = (bulkId: string, ...needed: readonly string[]): Json => ({
  method: 'POST',
  path: '/Groups',
  bulkId,
  data: { displayName: bulkId, members: needed.map((one) => ({ value: `bulkId:${one}` })) },
})

describe('the examples of RFC 7644', () => {
  test('§3.7.3, its PATCH as a PatchOp message', () => {
    const operations = [
      { op: 'remove', path: 'nickName' },
      { op: 'add', path: 'userName', value: 'Dave' },
    ]
    const patch = {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: operations,
    }
    const put = {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      id: ID,
      userName: 'Bob',
    }
    const post = { schemas: ['urn:ietf:params:scim:api:messages:2.0:User'], userName: 'Alice' }
    const bulk = read(
      [
        { method: 'POST', path: '/Users', bulkId: 'qwerty', data: post },
        { method: 'PUT', path: `/Users/${ID}`, version: 'W/"3694e05e9dff591"', data: put },
        {
          method: 'PATCH',
          path: '/Users/5d8d29d3-342c-4b5f-8683-a3cb6763ffcc',
          version: 'W/"edac3253e2c0ef2"',
          data: patch,
        },
        {
          method: 'DELETE',
          path: '/Users/e9025315-6bea-44e1-899c-1e07454e468b',
          version: 'W/"0ee8add0a938e1a"',
        },
      ],
      { failOnErrors: 1 },
    )
    const references = new Set()
    expect(bulk).toEqual({
      failOnErrors: 1,
      operations: [
        { method: 'POST', bulkId: 'qwerty', endpoint: '/Users', data: post, references },
        {
          method: 'PUT',
          endpoint: '/Users',
          id: ID,
          version: 'W/"3694e05e9dff591"',
          data: put,
          references,
        },
        {
          method: 'PATCH',
          endpoint: '/Users',
          id: '5d8d29d3-342c-4b5f-8683-a3cb6763ffcc',
          version: 'W/"edac3253e2c0ef2"',
          data: patch,
          references,
        },
        {
          method: 'DELETE',
          endpoint: '/Users',
          id: 'e9025315-6bea-44e1-899c-1e07454e468b',
          version: 'W/"0ee8add0a938e1a"',
          references,
        },
      ],
    })
    expect(orderOf(bulk)).toEqual([[0], [1], [2], [3]])
  })

  test('§3.7.2, a member and a manager that are new', () => {
    const bulk = read([
      create('ytrewq', 'qwerty'),
      {
        method: 'POST',
        path: '/Users',
        bulkId: 'bob',
        data: {
          userName: 'Bob',
          [ENTERPRISE_USER_SCHEMA]: {
            employeeNumber: '11250',
            manager: { value: 'bulkId:qwerty' },
          },
        },
      },
      { method: 'POST', path: '/Users', bulkId: 'qwerty', data: { userName: 'Alice' } },
    ])
    expect(bulk.operations.map(({ references }) => [...references])).toEqual([
      ['qwerty'],
      ['qwerty'],
      [],
    ])
    expect(orderOf(bulk)).toEqual([[2], [0], [1]])
  })

  test('§3.7.1, two groups in each other', () => {
    const bulk = read([create('qwerty', 'ytrewq'), create('ytrewq', 'qwerty')])
    expect(orderOf(bulk)).toEqual([[1, 0]])
  })
})

test('the example of docs/bulk.md is read as it says', () => {
  const text = readFileSync(new URL('../../docs/bulk.md', import.meta.url), 'utf8')
  const [, example = ''] = /^```json\n(.*?)^```$/ms.exec(text) ?? []
  const bulk = readBulk(JSON.parse(example), LIMITS, STRICT)
  expect(bulk.operations.map(({ method }) => method)).toEqual(['POST', 'POST', 'DELETE'])
  expect(bulk.operations.some((operation) => 'error' in operation)).toBe(false)
  expect(orderOf(bulk)).toEqual([[1], [0], [2]])
})

describe('a request is refused as a whole', () => {
  test.each<readonly [string, unknown, object]>([
    ['that is no object', [], { scimType: 'invalidSyntax' }],
    ['without operations', { schemas: [BULK_REQUEST] }, { scimType: 'invalidSyntax' }],
    [
      'with one operation for many',
      message({} as never),
      { detail: /Operations must be an array/ },
    ],
    [
      'with an operation that is none',
      message([create('a'), 'DELETE']),
      { scimType: 'invalidSyntax', detail: /Operations\[1\] must be an object, not a string/ },
    ],
    ['without schemas', { Operations: [] }, { scimType: 'invalidSyntax', detail: /schemas/ }],
    [
      'with the schemas of another message',
      { schemas: [ENTERPRISE_USER_SCHEMA], Operations: [] },
      { scimType: 'invalidSyntax', detail: /BulkRequest/ },
    ],
    ['that accepts no error', message([], { failOnErrors: 0 }), { scimType: 'invalidValue' }],
    ['that accepts half an error', message([], { failOnErrors: 1.5 }), { detail: /failOnErrors/ }],
    ['that accepts "1" error', message([], { failOnErrors: '1' }), { detail: /failOnErrors/ }],
    [
      'with a bulkId twice',
      message([create('a'), create('b'), create('a')]),
      { status: 400, scimType: 'invalidValue', detail: /Operations\[0\] and Operations\[2\]/ },
    ],
    [
      'with __proto__ as a bulkId twice',
      message([create('__proto__'), create('__proto__')]),
      { scimType: 'invalidValue', detail: /unique/ },
    ],
  ])('%s', (_, body, { detail, ...expected }: { detail?: RegExp }) => {
    const refusal = refusalOf(() => readBulk(body, LIMITS, STRICT))
    expect(refusal).toMatchObject({ status: 400, ...expected })
    expect(refusal.detail).toMatch(detail ?? /./)
  })

  test('with more operations than may be, whatever they are', () => {
    const body = message(Array.from({ length: 3 }, () => 'x'))
    expect(refusalOf(() => readBulk(body, { ...LIMITS, maxOperations: 2 }, STRICT))).toEqual({
      status: 413,
      scimType: undefined,
      detail: 'the number of operations, 3, exceeds maxOperations (2)',
    })
  })
})

test('schemas are as the client is used to; names have any letter case, and null is nothing', () => {
  const body = { OPERATIONS: [{ Method: 'delete', PATH: `/users/${ID}` }], failonerrors: null }
  expect(readBulk(body, LIMITS, TOLERANT)).toEqual({
    operations: [{ method: 'DELETE', endpoint: '/Users', id: ID, references: new Set() }],
  })
})

describe('an operation is refused alone', () => {
  const data = {}
  test.each<readonly [string, Json, object]>([
    ['without a method', { path: '/Users' }, { detail: /method/ }],
    ['with GET', { method: 'GET', path: `/Users/${ID}` }, { detail: /method/ }],
    ['with a method of __proto__', { method: '__proto__', path: '/Users' }, { detail: /method/ }],
    ['without a path', { method: 'DELETE' }, { detail: /path is missing/ }],
    ['with a path that is no text', { method: 'DELETE', path: [] }, { detail: /an array/ }],
    ['with a POST without bulkId', { method: 'POST', path: '/Users', data }, { detail: /bulkId/ }],
    [
      'with a bulkId that is no text',
      { method: 'POST', path: '/Users', bulkId: 1, data },
      { detail: /bulkId must be a string, not a number/ },
    ],
    [
      'with a version that is no text',
      { method: 'DELETE', path: '/Users/1', version: 1 },
      { detail: /version/ },
    ],
    ['with a POST of nothing', { method: 'POST', path: '/Users', bulkId: 'a' }, { detail: /data/ }],
    ['with a PUT of nothing', { method: 'PUT', path: '/Users/1' }, { detail: /data/ }],
    [
      'with a list for a PATCH',
      { method: 'PATCH', path: '/Users/1', data: [] },
      { detail: /data/ },
    ],
  ])('%s', (_, operation, { detail }: { detail?: RegExp }) => {
    const refusal = refusalOfOne(operation)
    expect(refusal).toMatchObject({ status: 400, scimType: 'invalidSyntax' })
    expect(refusal.detail).toMatch(detail ?? /./)
  })

  test.each(['/Me', '/Bulk', '/Schemas', '/ResourceTypes/User', '/.search', '/', '', '//Users/1'])(
    'on %s, which is no resource type',
    (path) => {
      expect(refusalOfOne({ method: 'PATCH', path, data })).toMatchObject({
        status: 404,
        detail: `${JSON.stringify(path)} is on no resource type; bulk operations are on /Users, /Groups`,
      })
    },
  )

  test.each([
    'https://example.com/scim/v2/Users/1',
    '/scim/v2/Users/1',
    '/../Users/1',
    '/__proto__/1',
    '/Users%2F1',
  ])('on %s, which is another place', (path) => {
    expect(refusalOfOne({ method: 'DELETE', path })).toMatchObject({ status: 404 })
  })

  test.each([
    '/Users/../Groups/1',
    '/Users/1/2',
    '/Users//1',
    '/Users//',
    '/Users/1?attributes=id',
    '/Users?filter=title pr',
    '/Users/1#x',
    '/Users/%',
    '/Users/%ff',
  ])('on %s, which is more or less than a path', (path) => {
    expect(refusalOfOne({ method: 'DELETE', path })).toMatchObject({
      status: 400,
      scimType: 'invalidPath',
    })
  })

  test.each([
    ['POST', '/Users/1', 'POST needs the path of a resource type, such as /Users'],
    ['POST', '/Users/.search', 'POST needs the path of a resource type, such as /Users'],
    ['PUT', '/Users', 'PUT needs the path of a resource, such as /Users/{id}'],
    ['PATCH', '/Users/', 'PATCH needs the path of a resource, such as /Users/{id}'],
    ['DELETE', '/Groups', 'DELETE needs the path of a resource, such as /Groups/{id}'],
  ])('that would %s %s', (method, path, detail) => {
    const refusal = refusalOfOne({ method, path, bulkId: 'a', data })
    expect(refusal).toEqual({ status: 405, scimType: undefined, detail })
  })

  test('that refers to what no POST of the request is called', () => {
    const { operations } = read([
      create('a', 'b', 'c', 'd'),
      create('b'),
      { method: 'PUT', path: '/Users/1', bulkId: 'c', data: {} },
      { method: 'DELETE', path: '/Users/bulkId:d' },
    ])
    expect(operations[0]).toMatchObject({
      method: 'POST',
      bulkId: 'a',
      error: {
        status: 400,
        scimType: 'invalidValue',
        message: 'no POST of the request has the bulkId of bulkId:c, bulkId:d',
      },
    })
    expect(operations[3]).toMatchObject({ id: 'bulkId:d', error: { scimType: 'invalidValue' } })
    expect(operations.slice(1, 3).some((one) => 'error' in one)).toBe(false)
  })

  test('and says what could be read', () => {
    expect(readOne({ method: 'PUT', bulkId: 'x', path: 'groups/1' })).toMatchObject({
      method: 'PUT',
      bulkId: 'x',
      endpoint: '/Groups',
      id: '1',
    })
    expect(readOne({ method: 'PURGE', bulkId: 'x' })).not.toHaveProperty('method')
  })
})

test.each([
  ['/Users/a%20b', 'a b'],
  ['/users/..%2FGroups%2F1', '../Groups/1'],
  ['Users/..', '..'],
  ['/USERS/1/', '1'],
  ['/Users/__proto__', '__proto__'],
  ['/%55sers/%C3%BC', 'ü'],
])('%s has the id %s', (path, id) => {
  expect(readOne({ method: 'DELETE', path })).toMatchObject({ endpoint: '/Users', id })
})

describe('the order', () => {
  const on = (path: string, method = 'DELETE'): Json => ({ method, path, data: {} })

  test('of operations on one resource is that of the request', () => {
    const patch = { ...(on('/Groups/g', 'PATCH') as object), data: { x: 'bulkId:a' } }
    const bulk = read([patch, on('/groups/G', 'PUT'), on('/Users/g'), create('a'), on('/Groups/g')])
    expect(orderOf(bulk)).toEqual([[2], [3], [0], [1], [4]])
  })

  test('puts operations on a new resource after it', () => {
    const bulk = read([on('/Groups/bulkId%3Aa', 'PUT'), on('/Groups/bulkId:a'), create('a')])
    expect(orderOf(bulk)).toEqual([[2], [0], [1]])
  })

  test('needs nothing of what is refused', () => {
    const bulk = read([create('a', 'b'), { method: 'POST', path: '/Me', bulkId: 'b', data: {} }])
    expect(orderOf(bulk)).toEqual([[1], [0]])
  })
})

describe('10,000 operations', () => {
  const SIZE = 10_000
  test.each<readonly [string, (index: number) => Json]>([
    ['in a chain', (index) => create(`${index}`, ...(index + 1 < SIZE ? [`${index + 1}`] : []))],
    ['in a circle', (index) => create(`${index}`, `${(index + 1) % SIZE}`)],
    ['that refer to what is not there', (index) => create(`${index}`, `x${index}`)],
    [
      'with __proto__ wherever it goes',
      (index) =>
        JSON.parse(
          `{"method":"POST","path":"/Groups","bulkId":"__proto__${index}","__proto__":{"x":1},"data":{"__proto__":{"value":"bulkId:__proto__0"}}}`,
        ) as Json,
    ],
    ['on one resource', () => ({ method: 'PUT', path: `/Users/${ID}`, data: { a: 'b' } })],
    ['that are nothing', () => ({})],
    ['on a long way', () => ({ method: 'PUT', path: '/'.repeat(400) })],
  ])('%s are read and ordered in a moment', (_, operation) => {
    const operations = Array.from({ length: SIZE }, (_, index) => operation(index))
    const started = performance.now()
    const bulk = read(operations)
    const order = orderOf(bulk)
    expect(performance.now() - started).toBeLessThan(5000)
    expect(order.flat()).toHaveLength(SIZE)
    expect(Object.keys(Object.prototype)).toEqual([])
  })
})
