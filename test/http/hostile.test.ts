import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import type { Answer, Json, TestGateway } from '../support/gateway.ts'
import { startGateway, TOKEN } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { randomFrom } from '../support/random.ts'

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
const MOST_MS = 3_000

let directory: RunningOpenLdap
let gateway: TestGateway
let user: Json
beforeAll(async () => {
  directory = await startOpenLdap()
  gateway = await startGateway(directory)
  const body = { schemas: [USER], userName: 'victim', name: { familyName: 'Victim' } }
  user = (await gateway.post('/Users', body)).body
})
afterEach(async () => {
  // Whatever came, the process lives and the resource is what it was.
  expect((await gateway.get(`/Users/${user.id}`)).body).toEqual(user)
  expect(gateway.log.filter(({ level }) => level >= 50)).toEqual([])
})
afterAll(async () => {
  await gateway.stop()
  await directory.stop()
})

async function refusalOf(request: Promise<Answer>): Promise<readonly unknown[]> {
  const started = performance.now()
  const { status, headers, body } = await request
  expect(performance.now() - started).toBeLessThan(MOST_MS)
  expect(headers.get('content-type')).toBe('application/scim+json')
  return body.scimType === undefined ? [status] : [status, body.scimType]
}

const patch = (...Operations: readonly Json[]) =>
  gateway.patch(`/Users/${user.id}`, { schemas: [PATCH_OP], Operations })

describe('bodies', () => {
  test.each([
    ['__proto__', '{"__proto__":{"active":false},"userName":"x"}'],
    ['constructor', '{"constructor":{"prototype":{"x":1}},"userName":"x"}'],
    ['a name twice', '{"userName":"x","userName":"victim"}'],
    ['a name in two spellings', '{"userName":"x","USERNAME":"victim"}'],
    ['a million brackets', '['.repeat(1_000_000)],
  ])('with %s are invalidSyntax', async (_, body) => {
    expect(await refusalOf(gateway.post('/Users', body))).toEqual([400, 'invalidSyntax'])
    expect(await refusalOf(gateway.put(`/Users/${user.id}`, body))).toEqual([400, 'invalidSyntax'])
  })

  test.each(['\\ud800', 'a\\udc00b', '\\u0000'])(
    'with %s in a text are invalidValue',
    async (text) => {
      const body = `{"schemas":["${USER}"],"userName":"x${text}"}`
      expect(await refusalOf(gateway.post('/Users', body))).toEqual([400, 'invalidValue'])
    },
  )

  test('of 10 MB are 413', async () => {
    const body = `{"userName":"${'x'.repeat(10_000_000)}"}`
    expect(await refusalOf(gateway.post('/Users', body))).toEqual([413])
  })

  test('of 100,000 unknown attributes, values and members take no time', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`x${i}`, i]))
    const emails = Array.from({ length: 50_000 }, (_, i) => ({ value: `${i}@x`, type: 'work' }))
    const members = Array.from({ length: 50_000 }, (_, i) => ({ value: `no ${i}` }))
    const bodies: readonly [string, Json][] = [
      ['/Users', { ...unknown, schemas: [USER], name: { familyName: 'x' } }],
      ['/Users', { schemas: [USER], userName: 'x', emails }],
      ['/Groups', { displayName: 'x', members }],
    ]
    for (const [path, body] of bodies) {
      expect(await refusalOf(gateway.post(path, body))).toEqual([400, 'invalidValue'])
    }
  })
})

describe('PATCH', () => {
  test('of too many operations is 413', async () => {
    const operations = Array.from({ length: 20_000 }, () => ({ op: 'remove', path: 'title' }))
    expect(await refusalOf(patch(...operations))).toEqual([413])
  })

  test.each([
    ['__proto__', 'invalidPath'],
    ['constructor.prototype', 'invalidPath'],
    ['emails[__proto__ eq "x"]', 'invalidFilter'],
    ['emails[constructor eq "x"]', 'invalidFilter'],
    [`emails[${'('.repeat(5_000)}`, 'invalidFilter'],
    ['x'.repeat(100_000), 'invalidPath'],
    [`emails[value eq "${'\\u005c'.repeat(1_000)}`, 'invalidFilter'],
  ])('of the path %.40s is %s', async (path, scimType) => {
    expect(await refusalOf(patch({ op: 'replace', path, value: 'x' }))).toEqual([400, scimType])
  })

  test('of a value that no attribute has is refused', async () => {
    for (const value of [[[['x']]], { value: { b: 1 } }, 1e308, [null, { value: [1] }]]) {
      const refusal = await refusalOf(patch({ op: 'add', path: 'emails', value }))
      expect(refusal).toEqual([400, 'invalidValue'])
    }
  })
})

describe('filters', () => {
  const search = (filter: string) => gateway.post('/Users/.search', { filter })
  const terms = (count: number) => Array.from({ length: count }, () => 'a eq 1').join(' or ')

  test.each([
    ['100,000 terms', terms(100_000)],
    ['as many as fit', terms(900).slice(0, 8_192)],
    ['too many brackets', `${'('.repeat(1_000)}a pr${')'.repeat(1_000)}`],
    ['only "not ("', 'not ('.repeat(1_600)],
    ['an open string', `a eq "${'\\\\'.repeat(4_000)}`],
  ])('of %s are answered or invalidFilter', async (_, filter) => {
    expect([[200], [400, 'invalidFilter']]).toContainEqual(await refusalOf(search(filter)))
  })

  test('too long for an address are 431 in SCIM form', async () => {
    const { hostname, port } = new URL(gateway.url)
    const answer = await new Promise<string>((resolve, reject) => {
      let text = ''
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `GET /scim/v2/Users?filter=${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`,
        )
      })
      socket.setEncoding('utf8').on('data', (part: string) => (text += part))
      socket.on('close', () => resolve(text)).on('error', reject)
    })
    expect(answer).toMatch(/^HTTP\/1\.1 431 [^]*application\/scim\+json[^]*"status":"431"/)
  })

  test('of the longest accepted text come through an address', async () => {
    const filter = `userName eq "${'é'.repeat(8_000)}"`
    const { status, body } = await gateway.get(`/Users?filter=${encodeURIComponent(filter)}`)
    expect([status, body.totalResults]).toEqual([200, 0])
  })
})

test('whatever comes is answered below 500', async () => {
  const random = randomFrom(4_711)
  const one = <T>(items: readonly T[]): T => items[random(items.length)] as T
  const NAMES = ['userName', 'NAME', 'name.givenName', 'emails', 'active', 'groups', 'id', 'meta']
  const PATHS = [...NAMES, 'emails[type eq "work"]', 'emails[type eq "work"].value', 'x:y', '']
  const value = (depth: number): Json =>
    one<() => Json>([
      () => null,
      () => random(3) === 0,
      () => random(100) - 50,
      () => one(['', ' ', 'True', 'x', '\u0007', '*', `${random(1e6)}@x`, 'é\u0301']),
      () => (depth === 0 ? [] : Array.from({ length: random(3) }, () => value(depth - 1))),
      () =>
        depth === 0
          ? {}
          : Object.fromEntries(
              Array.from({ length: random(4) }, () => [
                one([...NAMES, 'value', 'type', 'primary']),
                value(depth - 1),
              ]),
            ),
    ])()
  const { body: target } = await gateway.post('/Users', {
    schemas: [USER],
    userName: 'target',
    name: { familyName: 'T' },
  })
  for (let round = 0; round < 300; round++) {
    const Operations = Array.from({ length: 1 + random(3) }, () => ({
      op: one(['add', 'Replace', 'remove', 'x']),
      ...(random(4) > 0 && { path: one(PATHS) }),
      ...(random(5) > 0 && { value: value(2) }),
    }))
    const body = { ...(random(2) === 0 && { schemas: [USER], userName: 'target' }), ...value(3) }
    for (const [method, sent] of [
      ['PATCH', { schemas: [PATCH_OP], Operations }],
      ['PUT', body],
    ] as const) {
      const answer = await gateway.request(method, `/Users/${target.id}`, sent)
      expect(answer.status, `${method} ${JSON.stringify(sent)}`).toBeLessThan(500)
    }
  }
})
