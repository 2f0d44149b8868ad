import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import { groups, people } from '../../src/demo/people.ts'
import type { Json, TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'

const SUFFIX = 'dc=example,dc=test'
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group'
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
const NOBODY = '00000000-0000-4000-8000-000000000000'
const NO_ONE = '00000000-0000-4000-8000-000000000001'

let directory: RunningOpenLdap
let gateway: TestGateway
beforeAll(async () => {
  const some = people(SUFFIX, 5)
  directory = await startOpenLdap({ suffix: SUFFIX, entries: [...some, ...groups(SUFFIX, some)] })
})
afterEach(() => gateway.stop())
afterAll(() => directory.stop())

const as = async (client: NonNullable<Parameters<typeof startGateway>[1]>['client'] = {}) => {
  gateway = await startGateway(directory, { client })
  return gateway
}

const patchOf = (...operations: readonly Json[]) => ({
  schemas: [PATCH_OP],
  Operations: operations,
})

/** The line of a request in the log. */
const lineOf = (headers: Headers) =>
  vi.waitFor(() => {
    const id = headers.get('x-request-id')
    const line = gateway.log.find(({ msg, requestId }) => msg === 'request' && requestId === id)
    if (line === undefined) throw new Error('not logged yet')
    return line
  })

let counter = 0
const newUser = (more: Json = {}) => ({
  schemas: [USER],
  userName: `client.user${counter++}`,
  name: { familyName: 'Example' },
  ...more,
})

describe('deviations from the RFCs', () => {
  test('pass for a lenient client, and the log says which', async () => {
    const { post, patch } = await as()
    const created = await post('/Users', { ...newUser(), active: 'True', shoeSize: 9 })
    expect(created.status).toBe(201)
    expect((await lineOf(created.headers)).quirks).toEqual(['booleanAsText', 'unknownAttribute'])
    const operation = { op: 'Replace', path: 'active', value: 'False' }
    const patched = await patch(`/Users/${created.body.id}`, patchOf(operation))
    expect([patched.status, patched.body.active]).toEqual([200, false])
    expect((await lineOf(patched.headers)).quirks).toEqual(['capitalOperation', 'booleanAsText'])
  })

  test('are refused for a strict client', async () => {
    const { post, put, patch } = await as({ profile: 'strict' })
    const refused = await post('/Users', { ...newUser(), shoeSize: 9 })
    expect([refused.status, refused.body.scimType, refused.body.detail]).toEqual([
      400,
      'invalidSyntax',
      'User has no attribute "shoeSize"',
    ])
    const { body } = await post('/Users', newUser())
    const operation = { op: 'Replace', path: 'active', value: false }
    const patched = await patch(`/Users/${body.id}`, patchOf(operation))
    expect([patched.status, patched.body.scimType]).toEqual([400, 'invalidSyntax'])
    const { schemas: _, ...without } = newUser()
    expect((await put(`/Users/${body.id}`, without)).body.detail).toMatch(/^schemas is missing/)
  })

  test.each([
    ['unprefixedExtension', 'manager pr', /^"manager" must be "urn:/],
    ['booleanAsText', 'active eq "True"', /^active is compared with true or false/],
    ['booleanAsText', 'emails[primary eq "True"]', /^primary is compared with true or false/],
  ])('%s counts in a filter too: %s', async (quirk, filter, detail) => {
    const path = `/Users?filter=${encodeURIComponent(filter)}`
    const lenient = await (await as()).get(path)
    expect(lenient.status).toBe(200)
    expect((await lineOf(lenient.headers)).quirks).toEqual([quirk])
    await gateway.stop()
    const strict = await (await as({ profile: 'strict' })).get(path)
    expect([strict.status, strict.body.scimType]).toEqual([400, 'invalidFilter'])
    expect(strict.body.detail).toMatch(detail)
  })
})

describe('members and managers that do not exist', () => {
  const group = async (members: readonly string[]) =>
    gateway.post('/Groups', {
      schemas: [GROUP],
      displayName: `client group ${counter++}`,
      members: members.map((value) => ({ value })),
    })

  test('are refused together, all named, and nothing is changed', async () => {
    const { post, patch, get } = await as()
    const { body: user } = await post('/Users', newUser())
    const refused = await group([user.id, NOBODY, NO_ONE])
    expect([refused.status, refused.body.scimType]).toEqual([400, 'invalidValue'])
    expect(refused.body.detail).toBe(
      `members: no User or Group has the id "${NOBODY}", "${NO_ONE}"`,
    )
    const { body: own } = await group([])
    const value = [{ value: user.id }, { value: NOBODY }]
    const patched = await patch(`/Groups/${own.id}`, patchOf({ op: 'add', path: 'members', value }))
    expect(patched.status).toBe(400)
    expect((await get(`/Groups/${own.id}`)).body.members).toBeUndefined()
  })

  test.each([
    { profile: 'okta' as const },
    { profile: 'strict' as const, unknownReferences: 'skip' as const },
  ])('are left out for %j, the others kept, with a warning', async (client) => {
    const { post, put, patch, get } = await as(client)
    const { body: user } = await post('/Users', newUser())
    const created = await group([user.id, NOBODY])
    expect(created.status).toBe(201)
    const idsOf = ({ members }: Json) =>
      ((members ?? []) as readonly Json[]).map(({ value }) => value as string)
    expect(idsOf(created.body)).toEqual([user.id])
    expect((await lineOf(created.headers)).quirks).toEqual(['unknownReference'])
    expect(gateway.log).toContainEqual(
      expect.objectContaining({
        level: 40,
        client: 'tests',
        quirk: 'unknownReference',
        detail: `members: no User or Group has the id "${NOBODY}"`,
      }),
    )
    const path = `/Groups/${created.body.id}`
    const members = [{ value: NO_ONE }]
    const added = await patch(path, patchOf({ op: 'add', path: 'members', value: members }))
    expect(added.status).toBe(204)
    const { displayName } = created.body
    const replaced = await put(path, {
      schemas: [GROUP],
      displayName,
      members: [{ value: user.id }, { value: NOBODY }],
    })
    expect([replaced.status, idsOf(replaced.body)]).toEqual([200, [user.id]])
    const manager = { schemas: [USER, ENTERPRISE], [ENTERPRISE]: { manager: { value: NOBODY } } }
    const { status, body } = await post('/Users', newUser(manager))
    expect([status, body[ENTERPRISE]]).toEqual([201, undefined])
    expect((await get(path)).status).toBe(200)
  })

  test('are refused for an okta client that is told so', async () => {
    await as({ profile: 'okta', unknownReferences: 'refuse' })
    expect((await group([NOBODY])).status).toBe(400)
  })
})

describe('/Me', () => {
  test('is 501 for a client that stands for nobody', async () => {
    const { get } = await as()
    const { status, body } = await get('/Me')
    expect([status, body.status]).toEqual([501, '501'])
  })

  test('is the person that the client stands for', async () => {
    const { post } = await as()
    const { body: user } = await post('/Users', newUser())
    await gateway.stop()
    const { url, request, get, put, patch } = await as({
      user: (user.userName as string).toUpperCase(),
    })
    const found = await get('/me?attributes=userName')
    expect([found.status, found.body.id]).toEqual([200, user.id])
    expect(found.headers.get('location')).toBe(`${url}/Users/${user.id}`)
    const title = { op: 'add', path: 'title', value: 'Myself' }
    const patched = await patch('/Me', patchOf(title))
    expect([patched.status, patched.body.title]).toEqual([200, 'Myself'])
    const replaced = await put('/Me', { ...user, nickName: undefined, title: 'Me' })
    expect([replaced.status, replaced.body.title]).toEqual([200, 'Me'])
    expect((await request('POST', '/Me', {})).status).toBe(405)
    expect((await gateway.delete('/Me')).status).toBe(204)
    expect((await get('/Me')).status).toBe(404)
  })
})
