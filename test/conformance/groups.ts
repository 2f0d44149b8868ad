import { expect, it } from 'vitest'
import type { Json } from '../support/gateway.ts'
import type { Subject, SubjectOf } from './subject.ts'
import {
  expectError,
  filtered,
  freshName,
  GROUP,
  groupBody,
  idsOf,
  makeGroup,
  makeUser,
  patchOf,
  smallUser,
} from './subject.ts'

export function groups(subjectOf: SubjectOf): void {
  it('POST of a group with members answers 201 with them, by id, name and URL', async () => {
    const subject = subjectOf()
    const { gateway } = subject
    const user = await makeUser(subject, smallUser({ displayName: 'Zoë "Zo"' }))
    const nested = subject.nests ? [await makeGroup(subject)] : []
    const displayName = freshName('Team, "A" +')
    const answer = await gateway.post('/Groups', groupBody(displayName, [user, ...nested]))
    expect(answer.status).toBe(201)
    const { id, meta } = answer.body
    expect(answer.headers.get('location')).toBe(`${gateway.url}/Groups/${id}`)
    expect(answer.headers.get('etag')).toBe(meta.version)
    expect(answer.body).toMatchObject({ schemas: expect.arrayContaining([GROUP]), displayName })
    expect(sortedById(answer.body.members)).toEqual(
      sortedById([
        {
          value: user.id,
          type: 'User',
          display: 'Zoë "Zo"',
          $ref: `${gateway.url}/Users/${user.id}`,
        },
        ...nested.map((group) => ({
          value: group.id as string,
          type: 'Group',
          display: group.displayName as string,
          $ref: `${gateway.url}/Groups/${group.id}`,
        })),
      ]),
    )
    expect((await gateway.get(`/Groups/${id}`)).body).toEqual(answer.body)
    expect(await subject.membersOf(displayName)).toHaveLength(1 + nested.length)
  })

  it('a group without members shows none, and can be searched for, renamed and deleted', async () => {
    const subject = subjectOf()
    const { gateway } = subject
    const group = await makeGroup(subject)
    expect(group).not.toHaveProperty('members')
    const path = `/Groups/${group.id}`
    expect(await gateway.get(path)).toMatchObject({ status: 200, body: group })
    const found = await gateway.get(filtered('/Groups', `displayName eq "${group.displayName}"`))
    expect(found.body).toMatchObject({ totalResults: 1, Resources: [group] })
    const displayName = freshName('renamed')
    const renamed = await gateway.patch(
      path,
      patchOf({ op: 'replace', value: { id: group.id, displayName } }),
    )
    expect(renamed.status).toBe(204)
    expect((await gateway.get(path)).body).toMatchObject({ displayName })
    expect(await subject.read(subject.groupDn(group.displayName))).toBeUndefined()
    expect(await subject.read(subject.groupDn(displayName))).toBeDefined()
    expect((await gateway.delete(path)).status).toBe(204)
    expectError(await gateway.get(path), { status: 404 })
    expect(await subject.read(subject.groupDn(displayName))).toBeUndefined()
  })

  it.each<readonly [string, (added: readonly Json[], removed: readonly Json[]) => Json[]]>([
    [
      'lists with a path',
      (added, removed) => [
        { op: 'Add', path: 'members', value: values(added) },
        { op: 'Remove', path: 'members', value: values(removed) },
      ],
    ],
    [
      'a path that filters by value',
      (added, removed) => [
        ...removed.map(({ id }) => ({ op: 'remove', path: `members[value eq "${id}"]` })),
        { op: 'add', path: 'members', value: values(added) },
      ],
    ],
    [
      'no path',
      (added, removed) => [
        { op: 'add', value: { members: values(added) } },
        ...removed.map(({ id }) => ({ op: 'remove', path: `MEMBERS[Value EQ "${id}"]` })),
      ],
    ],
    [
      'single objects, plain strings and null references',
      (added, removed) => [
        ...added.map(({ id }) => ({ op: 'add', path: 'members', value: id })),
        ...removed.map(({ id }) => ({
          op: 'remove',
          path: 'members',
          value: { $ref: null, value: id },
        })),
      ],
    ],
    [
      'one operation per member, some repeated',
      (added, removed) => [
        ...added.map(({ id }) => ({ op: 'add', path: 'members', value: [{ value: id }] })),
        ...added.map(({ id }) => ({ op: 'add', path: 'members', value: [{ value: id }] })),
        ...removed.map(({ id }) => ({ op: 'remove', path: 'members', value: [{ value: id }] })),
      ],
    ],
    [
      'the whole new list, replaced',
      (added) => [{ op: 'replace', path: 'members', value: values(added) }],
    ],
    [
      'the whole new list, replaced without a path',
      (added) => [{ op: 'replace', value: { members: values(added) } }],
    ],
  ])('members come and go by %s', async (_, operations) => {
    const subject = subjectOf()
    const people = await several(subject, 4)
    const [old, added] = [people.slice(0, 2), people.slice(2)]
    const group = await makeGroup(subject, old)
    const patch = patchOf(...operations(added, old))
    const answer = await subject.gateway.patch(`/Groups/${group.id}`, patch)
    expect(answer).toMatchObject({ status: 204, body: undefined })
    expect(await subject.membersOf(group.displayName)).toEqual(dnsOf(subject, added))
    const read = await subject.gateway.get(`/Groups/${group.id}`)
    expect(idsOf(read.body.members)).toEqual(added.map(({ id }) => id).sort())
  })

  it('adding who is in, and removing who is not, are successes that change nothing', async () => {
    const subject = subjectOf()
    const [member, stranger] = await several(subject, 2)
    const group = await makeGroup(subject, [member])
    const path = `/Groups/${group.id}`
    for (const operation of [
      { op: 'add', path: 'members', value: values([member]) },
      { op: 'remove', path: 'members', value: values([stranger]) },
      { op: 'remove', path: `members[value eq "${stranger.id}"]` },
      { op: 'remove', path: 'members[value eq "no such id"]' },
      { op: 'remove', path: 'members', value: [] },
      { op: 'add', path: 'members', value: [] },
    ]) {
      expect((await subject.gateway.patch(path, patchOf(operation))).status).toBe(204)
      expect(await subject.membersOf(group.displayName)).toEqual(dnsOf(subject, [member]))
    }
  })

  it('some to remove who are in and some who are not: all are out afterwards', async () => {
    const subject = subjectOf()
    const [first, second, stranger] = await several(subject, 3)
    const group = await makeGroup(subject, [first, second])
    const operation = { op: 'remove', path: 'members', value: values([first, stranger]) }
    const answer = await subject.gateway.patch(`/Groups/${group.id}`, patchOf(operation))
    expect(answer.status).toBe(204)
    expect(await subject.membersOf(group.displayName)).toEqual(dnsOf(subject, [second]))
  })

  it.each<readonly [string, (members: readonly Json[]) => Json]>([
    ['each by a filter', (all) => patchOf(...all.map(removal))],
    ['a list', (all) => patchOf({ op: 'remove', path: 'members', value: values(all) })],
    ['no value', () => patchOf({ op: 'remove', path: 'members' })],
    ['null', () => patchOf({ op: 'remove', path: 'members', value: null })],
    ['an empty list', () => patchOf({ op: 'replace', path: 'members', value: [] })],
    ['an empty list without a path', () => patchOf({ op: 'replace', value: { members: [] } })],
  ])('a group can be emptied by %s, and filled again', async (_, patch) => {
    const subject = subjectOf()
    const people = await several(subject, 2)
    const group = await makeGroup(subject, people)
    const path = `/Groups/${group.id}`
    expect((await subject.gateway.patch(path, patch(people))).status).toBe(204)
    expect((await subject.gateway.get(path)).body).not.toHaveProperty('members')
    expect(await subject.membersOf(group.displayName)).toEqual([])
    const add = patchOf({ op: 'add', path: 'members', value: values(people) })
    expect((await subject.gateway.patch(path, add)).status).toBe(204)
    expect(await subject.membersOf(group.displayName)).toEqual(dnsOf(subject, people))
    expect(idsOf((await subject.gateway.get(path)).body.members)).toHaveLength(2)
  })

  it('members and other attributes change in one PATCH', async () => {
    const subject = subjectOf()
    const [old, added] = await several(subject, 2)
    const group = await makeGroup(subject, [old])
    const displayName = freshName('renamed')
    const answer = await subject.gateway.patch(
      `/Groups/${group.id}`,
      patchOf({ op: 'replace', value: { displayName } }, removal(old), {
        op: 'add',
        path: 'members',
        value: values([added]),
      }),
    )
    expect(answer.status).toBe(204)
    expect(await subject.membersOf(displayName)).toEqual(dnsOf(subject, [added]))
    expect(await subject.read(subject.groupDn(group.displayName))).toBeUndefined()
  })

  it('a PATCH of members that asks for attributes is answered with them', async () => {
    const subject = subjectOf()
    const [old, added] = await several(subject, 2)
    const group = await makeGroup(subject, [old])
    const answer = await subject.gateway.patch(
      `/Groups/${group.id}?attributes=members`,
      patchOf({ op: 'add', path: 'members', value: values([added]) }),
    )
    expect(answer.status).toBe(200)
    expect(idsOf(answer.body.members)).toEqual([old.id, added.id].sort())
  })

  it('PUT replaces name and members', async () => {
    const subject = subjectOf()
    const people = await several(subject, 3)
    const group = await makeGroup(subject, people.slice(0, 2))
    const displayName = freshName('put')
    const put = await subject.gateway.put(
      `/Groups/${group.id}`,
      groupBody(displayName, people.slice(1)),
    )
    expect(put).toMatchObject({ status: 200, body: { id: group.id, displayName } })
    expect(idsOf(put.body.members)).toEqual(
      people
        .slice(1)
        .map(({ id }) => id)
        .sort(),
    )
    expect(await subject.membersOf(displayName)).toEqual(dnsOf(subject, people.slice(1)))
    const emptied = await subject.gateway.put(`/Groups/${group.id}`, groupBody(displayName))
    expect(emptied.body).not.toHaveProperty('members')
    expect(await subject.membersOf(displayName)).toEqual([])
  })

  it('an unknown member is 400 naming it, and nothing is written', async () => {
    const subject = subjectOf()
    const { gateway } = subject
    const [member, known] = await several(subject, 2)
    const group = await makeGroup(subject, [member])
    const unknown = '01234567-0123-4123-8123-0123456789ab'
    const bad = [known, { id: unknown }, { id: 'nonsense' }]
    const created = groupBody(freshName('bad'), bad)
    const path = `/Groups/${group.id}`
    for (const answer of [
      await gateway.post('/Groups', created),
      await gateway.put(path, groupBody(group.displayName, bad)),
      await gateway.patch(path, patchOf({ op: 'add', path: 'members', value: values(bad) })),
      await gateway.patch(path, patchOf({ op: 'replace', path: 'members', value: values(bad) })),
      await gateway.patch(
        path,
        patchOf(
          { op: 'replace', path: 'displayName', value: freshName('bad') },
          { op: 'add', path: 'members', value: values(bad) },
        ),
      ),
    ]) {
      expectError(answer, { status: 400, scimType: 'invalidValue', detail: /members/ })
      expect(answer.body.detail).toContain(unknown)
      expect(answer.body.detail).toContain('nonsense')
      expect(answer.body.detail).not.toContain(known.id)
    }
    expect(await subject.read(subject.groupDn(created.displayName))).toBeUndefined()
    expect(await subject.membersOf(group.displayName)).toEqual(dnsOf(subject, [member]))
    expect((await gateway.get(path)).body).toEqual(group)
  })

  it('a taken name is 409 for POST, PUT and PATCH', async () => {
    const subject = subjectOf()
    const taken = await makeGroup(subject)
    const group = await makeGroup(subject)
    const displayName = String(taken.displayName).toUpperCase()
    const path = `/Groups/${group.id}`
    for (const answer of [
      await subject.gateway.post('/Groups', groupBody(displayName)),
      await subject.gateway.put(path, groupBody(displayName)),
      await subject.gateway.patch(path, patchOf({ op: 'replace', value: { displayName } })),
    ]) {
      expectError(answer, { status: 409, scimType: 'uniqueness' })
    }
    expect((await subject.gateway.get(path)).body).toEqual(group)
  })

  it('a group without a name is refused', async () => {
    const { gateway } = subjectOf()
    const answer = await gateway.post('/Groups', { schemas: [GROUP] })
    expectError(answer, { status: 400, scimType: 'invalidValue', detail: /displayName/ })
  })

  it('PATCH and DELETE of a group that is not there are 404', async () => {
    const subject = subjectOf()
    const [user] = await several(subject, 1)
    const path = '/Groups/01234567-0123-4123-8123-0123456789ab'
    const patch = patchOf({ op: 'add', path: 'members', value: values([user]) })
    expectError(await subject.gateway.patch(path, patch), { status: 404 })
    expectError(await subject.gateway.patch(`/Groups/${user.id}`, patch), { status: 404 })
    expectError(await subject.gateway.delete(path), { status: 404 })
    expectError(await subject.gateway.put(path, groupBody(freshName())), { status: 404 })
  })

  it('groups are found by a member', async () => {
    const subject = subjectOf()
    const [member, stranger] = await several(subject, 2)
    const group = await makeGroup(subject, [member])
    const search = (filter: string) => subject.gateway.get(filtered('/Groups', filter))
    const byId = `id eq "${group.id}"`
    expect((await search(`members eq "${member.id}"`)).body.Resources).toEqual([group])
    expect((await search(`members[value eq "${member.id}"]`)).body.Resources).toEqual([group])
    expect((await search(`${byId} and members.value eq "${member.id}"`)).body.totalResults).toBe(1)
    expect((await search(`${byId} and members eq "${stranger.id}"`)).body.totalResults).toBe(0)
    expect((await search(`${byId} and members ne "${stranger.id}"`)).body.totalResults).toBe(1)
    expect((await search(`${byId} and members ne "${member.id}"`)).body.totalResults).toBe(0)
    expect((await search('members eq "no such id"')).body.totalResults).toBe(0)
  })

  it('excludedAttributes=members leaves them out of gets and lists', async () => {
    const subject = subjectOf()
    const [member] = await several(subject, 1)
    const group = await makeGroup(subject, [member])
    const { members: _, ...rest } = group
    const got = await subject.gateway.get(`/Groups/${group.id}?excludedAttributes=members`)
    expect(got.body).toMatchObject({ id: group.id, displayName: rest.displayName })
    expect(got.body).not.toHaveProperty('members')
    const filter = `displayName eq "${group.displayName}"`
    const listed = await subject.gateway.get(
      filtered('/Groups', filter, '&excludedAttributes=members'),
    )
    expect(listed.body.totalResults).toBe(1)
    expect(listed.body.Resources[0]).not.toHaveProperty('members')
  })
}

async function several(subject: Subject, count: number): Promise<readonly Json[]> {
  return Promise.all(Array.from({ length: count }, () => makeUser(subject)))
}

function values(resources: readonly Json[]): readonly Json[] {
  return resources.map(({ id }) => ({ value: id }))
}

function removal({ id }: Json): Json {
  return { op: 'remove', path: `members[value eq "${id}"]` }
}

function dnsOf(subject: Subject, people: readonly Json[]): readonly string[] {
  return people.map(({ userName }) => subject.normalDn(subject.userDn(userName))).sort()
}

function sortedById(members: readonly Json[]): readonly Json[] {
  return [...members].sort((a, b) => (a.value < b.value ? -1 : 1))
}
