import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import type { ClientOptions } from '../../src/http/options.ts'
import type { Answer, Json, TestGateway } from '../support/gateway.ts'
import { OPENLDAP_MAPPING, startGateway } from '../support/gateway.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { ldapread } from '../support/ldapsearch.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { filtered, freshName, GROUP, idsOf, patchOf, smallUser } from './subject.ts'

const ALL = ['read', 'create', 'update', 'delete'] as const
const CLIENTS: Readonly<Record<string, Omit<ClientOptions, 'name'>>> = {
  reader: { rights: { Users: ['read'], Groups: ['read'] }, user: 'me.myself' },
  people: { rights: { Users: ALL } },
  memberships: { rights: { Groups: ALL } },
  blind: { rights: { Users: ['create', 'update', 'delete'] }, user: 'me.myself' },
  nothing: { rights: {} },
  emea: {},
  apac: {},
}

const folder = mkdtempSync(join(tmpdir(), 'scim2ldap-'))
let directory: RunningOpenLdap
let gateway: TestGateway
let suffix: string
beforeAll(async () => {
  const shipped = readFileSync(OPENLDAP_MAPPING, 'utf8')
  const mapping = join(folder, 'mapping.yaml')
  // The title chooses the region; without one a new entry goes right below the base.
  const changed = shipped
    .replaceAll(/base: ou=\w+,\{\{ suffix \}\}/g, "base: '{{ suffix }}'")
    .replace(
      'dn: uid={{ userName }},ou=people,{{ suffix }}',
      "dn: 'uid={{ userName }},{% if title %}ou={{ title }},{% endif %}{{ suffix }}'",
    )
    .replace(
      'dn: cn={{ displayName }},ou=groups,{{ suffix }}',
      "dn: 'cn={{ displayName }},{{ suffix }}'",
    )
  writeFileSync(mapping, changed)
  // Without `unique` and `refint`: what they do is the gateway's to do, wherever a client is confined to.
  directory = await startOpenLdap({ overlays: ['memberof', 'ppolicy', 'deref'] })
  suffix = directory.suffix
  await ldapmodify(
    directory,
    ['emea', 'apac']
      .map((ou) => `dn: ou=${ou},${suffix}\nchangetype: add\nobjectClass: organizationalUnit\n`)
      .join('\n'),
  )
  gateway = await startGateway(directory, {
    mapping,
    protect: [{ entry: `cn=admins,${suffix}` }],
    clients: Object.entries(CLIENTS).map(([name, options]) => ({
      name,
      tokens: [{ sha256: createHash('sha256').update(name).digest('hex') }],
      ...options,
    })),
    subtrees: {
      emea: `ou=emea,${suffix}`,
      apac: `ou=apac,${suffix}`,
    },
  })
})
afterAll(async () => {
  await gateway.stop()
  await directory.stop()
  rmSync(folder, { recursive: true })
})

/** Sends requests as one of the clients. */
const as = (client: string) => {
  const headers = { authorization: `Bearer ${client}` }
  return {
    get: (path: string) => gateway.get(path, headers),
    post: (path: string, body: Json) => gateway.post(path, body, headers),
    put: (path: string, body: Json) => gateway.put(path, body, headers),
    patch: (path: string, body: Json) => gateway.patch(path, body, headers),
    delete: (path: string) => gateway.delete(path, headers),
  }
}

const created = async (asking: Promise<Answer>): Promise<Json> => {
  const { status, body } = await asking
  expect(status, JSON.stringify(body)).toBe(201)
  return body
}
const smallGroup = (more: Json = {}): Json => ({
  schemas: [GROUP],
  displayName: freshName('group'),
  ...more,
})
const title = (value: string) => patchOf({ op: 'replace', path: 'title', value })
const add = (...ids: readonly string[]) =>
  patchOf({ op: 'add', path: 'members', value: ids.map((value) => ({ value })) })
const names = ({ body }: Answer) =>
  (body.Resources as readonly Json[]).map(({ userName, displayName }) => userName ?? displayName)

describe('rights', () => {
  test('what a client may not do is 403 in words, and is not done', async () => {
    const user = await created(gateway.post('/Users', smallUser()))
    const path = `/Users/${user.id}`
    const { get, post, put, patch, delete: remove } = as('reader')
    expect((await get(path)).body).toEqual(user)
    const refused = [
      [await post('/Users', smallUser()), 'create'],
      [await put(path, { ...user, title: 'x' }), 'update'],
      [await patch(path, title('x')), 'update'],
      [await remove(path), 'delete'],
    ] as const
    for (const [{ status, body }, verb] of refused) {
      expect([status, body.detail]).toEqual([403, `the client "reader" may not ${verb} Users`])
    }
    expect((await gateway.get(path)).body).toEqual(user)
  })

  test('of one type are none of another', async () => {
    const { post, get } = as('people')
    await created(post('/Users', smallUser()))
    expect((await post('/Groups', smallGroup())).status).toBe(403)
    expect((await get('/Groups')).body.detail).toBe('the client "people" may not read Groups')
    expect((await get('/Groups/x')).status).toBe(403)
    expect((await as('nothing').get('/Users')).status).toBe(403)
    expect((await as('nothing').get('/ServiceProviderConfig')).status).toBe(200)
  })

  test('decide what is searched at the endpoint', async () => {
    const value = freshName()
    const user = smallUser({ displayName: value })
    await created(gateway.post('/Users', user))
    await created(gateway.post('/Groups', smallGroup({ displayName: value })))
    const filter = `displayName eq "${value}"`
    const search = { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'], filter }
    for (const [client, found] of [
      ['reader', [user.userName, value]],
      ['people', [user.userName]],
      ['memberships', [value]],
    ] as const) {
      expect(names(await as(client).get(filtered('/', filter))).sort()).toEqual([...found].sort())
      expect(names(await as(client).post('/.search', search)).sort()).toEqual([...found].sort())
    }
    expect((await as('nothing').post('/.search', search)).status).toBe(403)
    expect((await as('memberships').post('/Users/.search', search)).status).toBe(403)
  })

  test('are asked for by each operation of a bulk request', async () => {
    const { status, body } = await as('people').post('/Bulk', {
      Operations: [
        { method: 'POST', path: '/Users', bulkId: 'a', data: smallUser() },
        { method: 'POST', path: '/Groups', bulkId: 'b', data: smallGroup() },
        { method: 'DELETE', path: '/Groups/0' },
      ],
    })
    expect(status).toBe(200)
    const [first, ...others] = body.Operations
    expect(first.status).toBe('201')
    expect((others as readonly Json[]).map(({ response }) => response.detail)).toEqual([
      'the client "people" may not create Groups',
      'the client "people" may not delete Groups',
    ])
  })

  test('hold at /Me, too', async () => {
    await created(gateway.post('/Users', smallUser({ userName: 'me.myself' })))
    expect((await as('reader').get('/Me')).body.userName).toBe('me.myself')
    expect((await as('reader').patch('/Me', title('x'))).status).toBe(403)
    expect((await as('blind').get('/Me')).status).toBe(403)
    expect((await as('people').get('/Me')).status).toBe(501)
  })

  test('who may write and not read gets nothing back that it could read', async () => {
    const { post, put, patch, get, delete: remove } = as('blind')
    const user = await created(post('/Users', smallUser({ displayName: 'Somebody' })))
    const path = `/Users/${user.id}`
    const known = { schemas: user.schemas, id: user.id }
    expect(user).toEqual(known)
    expect((await get(path)).status).toBe(403)
    expect((await get('/Users')).status).toBe(403)
    expect((await patch(path, patchOf({ op: 'remove', path: 'preferredLanguage' }))).body).toEqual(
      known,
    )
    const asked = `${path}?attributes=displayName`
    expect((await patch(asked, patchOf({ op: 'remove', path: 'preferredLanguage' }))).body).toEqual(
      known,
    )
    expect((await put(path, smallUser({ userName: freshName() }))).body).toEqual(known)
    expect((await remove(path)).status).toBe(204)
  })
})

describe('what a client may not read is not seen in references', () => {
  test('groups of a user', async () => {
    const user = await created(gateway.post('/Users', smallUser()))
    const group = await created(
      gateway.post('/Groups', smallGroup({ members: [{ value: user.id }] })),
    )
    const path = `/Users/${user.id}`
    expect((await as('reader').get(path)).body.groups).toMatchObject([{ value: group.id }])
    expect((await as('people').get(path)).body).not.toHaveProperty('groups')
    for (const [filter, others] of [
      [`groups.value eq "${group.id}"`, 1],
      [`groups pr and userName eq "${user.userName}"`, 1],
      [`groups.display eq "${group.displayName}"`, 1],
    ] as const) {
      expect((await as('reader').get(filtered('/Users', filter))).body.totalResults).toBe(others)
      expect((await as('people').get(filtered('/Users', filter))).body.totalResults).toBe(0)
    }
  })

  test('members of a group, which nevertheless stay', async () => {
    const user = await created(gateway.post('/Users', smallUser()))
    const inner = await created(gateway.post('/Groups', smallGroup()))
    const group = await created(
      gateway.post('/Groups', smallGroup({ members: [{ value: user.id }, { value: inner.id }] })),
    )
    const path = `/Groups/${group.id}`
    const { get, put, patch } = as('memberships')
    const { body } = await get(path)
    expect(idsOf(body.members)).toEqual([inner.id])
    const more = await created(gateway.post('/Users', smallUser()))
    const refused = await patch(path, add(more.id))
    expect([refused.status, refused.body.scimType]).toEqual([400, 'invalidValue'])
    expect((await put(path, { ...body, members: [] })).status).toBe(200)
    expect((await patch(path, patchOf({ op: 'replace', path: 'members', value: [] }))).status).toBe(
      204,
    )
    const { members } = (await gateway.get(path)).body
    expect(idsOf(members)).toEqual([user.id])
  })
})

describe('a subtree', () => {
  test('is where new entries go that the mapping puts right below the base', async () => {
    const user = await created(as('emea').post('/Users', smallUser()))
    expect(await ldapread(directory, `uid=${user.userName},ou=emea,${suffix}`)).toBeDefined()
    const group = await created(as('emea').post('/Groups', smallGroup()))
    expect(await ldapread(directory, `cn=${group.displayName},ou=emea,${suffix}`)).toBeDefined()
    const path = `/Users/${user.id}`
    const renamed = await as('emea').patch(
      path,
      patchOf({ op: 'replace', path: 'userName', value: freshName() }),
    )
    expect(renamed.status).toBe(200)
    const dn = `uid=${renamed.body.userName},ou=emea,${suffix}`
    expect(await ldapread(directory, dn)).toBeDefined()
    expect(
      (await as('emea').patch(path, patchOf({ op: 'remove', path: 'preferredLanguage' }))).status,
    ).toBe(200)
  })

  test('is not left, neither by a new entry nor by a move', async () => {
    const { post, patch } = as('emea')
    const inside = await created(post('/Users', smallUser({ title: 'emea' })))
    expect(await ldapread(directory, `uid=${inside.userName},ou=emea,${suffix}`)).toBeDefined()
    const user = smallUser({ title: 'apac' })
    for (const answer of [
      await post('/Users', user),
      await patch(`/Users/${inside.id}`, title('apac')),
    ]) {
      expect([answer.status, answer.body.scimType]).toEqual([400, 'invalidValue'])
      expect(answer.body.detail).toContain("outside of the directory's part for Users")
    }
    expect(await ldapread(directory, `uid=${user.userName},ou=apac,${suffix}`)).toBeUndefined()
    expect(await ldapread(directory, `uid=${inside.userName},ou=emea,${suffix}`)).toBeDefined()
  })

  test('is all that there is: what lies elsewhere is 404, in lists not counted, and not changed', async () => {
    const mark = freshName()
    const here = await created(as('emea').post('/Users', smallUser({ displayName: mark })))
    const there = await created(as('apac').post('/Users', smallUser({ displayName: mark })))
    const { get, put, patch, delete: remove } = as('emea')
    const path = `/Users/${there.id}`
    for (const answer of [
      await get(path),
      await put(path, there),
      await patch(path, title('x')),
      await remove(path),
    ]) {
      expect(answer.status).toBe(404)
    }
    expect((await as('apac').get(path)).body).toEqual(there)
    const filter = `displayName eq "${mark}"`
    const list = await get(filtered('/Users', filter))
    expect([list.body.totalResults, names(list)]).toEqual([1, [here.userName]])
    expect((await get(filtered('/', filter))).body.totalResults).toBe(1)
    expect((await get(filtered('/Users', `id eq "${there.id}"`))).body.totalResults).toBe(0)
    expect((await gateway.get(filtered('/Users', filter))).body.totalResults).toBe(2)
  })

  test('has no references out of it, and keeps those that others have set', async () => {
    const { get, post, put, patch } = as('emea')
    const here = await created(post('/Users', smallUser()))
    const there = await created(as('apac').post('/Users', smallUser()))
    const group = await created(post('/Groups', smallGroup({ members: [{ value: here.id }] })))
    const path = `/Groups/${group.id}`
    for (const refused of [
      await patch(path, add(there.id)),
      await post('/Groups', smallGroup({ members: [{ value: there.id }] })),
    ]) {
      expect([refused.status, refused.body.scimType]).toEqual([400, 'invalidValue'])
      expect(refused.body.detail).toContain(there.id)
    }
    // Somebody with a wider view does it.
    expect((await gateway.patch(path, add(there.id))).status).toBe(204)
    const { body } = await get(path)
    expect(idsOf(body.members)).toEqual([here.id])
    expect((await put(path, { ...body, members: [] })).status).toBe(200)
    await patch(path, patchOf({ op: 'remove', path: `members[value eq "${there.id}"]` }))
    const { members } = (await gateway.get(path)).body
    expect(idsOf(members)).toEqual([there.id])
    expect((await get(filtered('/Groups', `members.value eq "${there.id}"`))).body).toMatchObject({
      totalResults: 0,
    })
    // A user does not show the groups of elsewhere, either.
    const outer = smallGroup({ members: [{ value: here.id }] })
    await created(gateway.post('/Groups', outer))
    expect((await get(`/Users/${here.id}`)).body).not.toHaveProperty('groups')
  })

  test('does not make names unique by itself: what is taken elsewhere is taken', async () => {
    const user = await created(as('apac').post('/Users', smallUser()))
    const again = await as('emea').post('/Users', smallUser({ userName: user.userName }))
    expect([again.status, again.body.scimType]).toEqual([409, 'uniqueness'])
    expect((await as('apac').get(`/Users/${user.id}`)).body).toEqual(user)
  })

  test('a deleted entry leaves no reference, wherever that is', async () => {
    const user = await created(as('emea').post('/Users', smallUser()))
    const group = await created(
      gateway.post('/Groups', smallGroup({ members: [{ value: user.id }] })),
    )
    expect((await as('emea').delete(`/Users/${user.id}`)).status).toBe(204)
    const entry = await ldapread(directory, `cn=${group.displayName},${suffix}`)
    expect(entry?.attributes.member).toEqual([`cn=nobody,${suffix}`])
  })

  test('hides no protected group: what leads into one is not joined', async () => {
    const { post, patch } = as('emea')
    const user = await created(post('/Users', smallUser()))
    const team = await created(post('/Groups', smallGroup()))
    expect((await patch(`/Groups/${team.id}`, add(user.id))).status).toBe(204)
    const inner = await created(post('/Groups', smallGroup()))
    await ldapmodify(
      directory,
      `dn: cn=admins,${suffix}\nchangetype: add\nobjectClass: groupOfNames\nmember: cn=${inner.displayName},ou=emea,${suffix}\n`,
    )
    const { status, body } = await patch(`/Groups/${inner.id}`, add(user.id))
    expect([status, body.detail]).toEqual([
      403,
      expect.stringContaining('leads into a protected group'),
    ])
  })
})
