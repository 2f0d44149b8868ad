import { expect, it } from 'vitest'
import type { Json } from '../support/gateway.ts'
import {
  ENTERPRISE,
  expectError,
  filtered,
  freshName,
  groupBody,
  idsOf,
  makeGroup,
  makeUser,
  patchOf,
  smallUser,
} from './subject.ts'
import type { Subject, SubjectOf } from './subject.ts'

export function references(subjectOf: SubjectOf): void {
  it('a manager is given by id and shown with name and URL', async () => {
    const subject = subjectOf()
    const boss = await makeUser(subject, smallUser({ displayName: 'The Boss' }))
    const user = await makeUser(subject, employee(boss))
    expect(user[ENTERPRISE].manager).toEqual({
      value: boss.id,
      displayName: 'The Boss',
      $ref: `${subject.gateway.url}/Users/${boss.id}`,
    })
    expect(await subject.managerOf(user.userName)).toBe(subject.normalDn(subject.userDn(boss)))
    expect((await subject.gateway.get(`/Users/${user.id}`)).body).toEqual(user)
  })

  it.each<readonly [string, (id: string) => Json]>([
    ['a string', (id) => ({ op: 'Replace', path: `${ENTERPRISE}:manager`, value: id })],
    ['an object', (id) => ({ op: 'add', path: `${ENTERPRISE}:manager`, value: { value: id } })],
    ['its value', (id) => ({ op: 'Add', path: `${ENTERPRISE}:manager.value`, value: id })],
    [
      'an array of one, as Entra ID documents it',
      (id) => ({
        op: 'Add',
        path: `${ENTERPRISE}:manager`,
        value: [{ $ref: `http://x/Users/${id}`, value: id }],
      }),
    ],
    ['no path', (id) => ({ op: 'replace', value: { [ENTERPRISE]: { manager: { value: id } } } })],
    ['a URN key', (id) => ({ op: 'replace', value: { [`${ENTERPRISE}:manager`]: id } })],
  ])('PATCH sets a manager by %s', async (_, operation) => {
    const subject = subjectOf()
    const [old, boss] = [await makeUser(subject), await makeUser(subject)]
    for (const user of [await makeUser(subject), await makeUser(subject, employee(old))]) {
      const answer = await subject.gateway.patch(`/Users/${user.id}`, patchOf(operation(boss.id)))
      expect(answer).toMatchObject({
        status: 200,
        body: { [ENTERPRISE]: { manager: { value: boss.id } } },
      })
      expect(await subject.managerOf(user.userName)).toBe(subject.normalDn(subject.userDn(boss)))
    }
  })

  it.each<readonly [string, Json]>([
    ['remove', { op: 'remove', path: `${ENTERPRISE}:manager` }],
    ['remove of its value', { op: 'remove', path: `${ENTERPRISE}:manager.value` }],
    ['replace by null', { op: 'replace', path: `${ENTERPRISE}:manager`, value: null }],
    ['replace by an empty string', { op: 'replace', path: `${ENTERPRISE}:manager`, value: '' }],
  ])('a manager goes by %s', async (_, operation) => {
    const subject = subjectOf()
    const boss = await makeUser(subject)
    const user = await makeUser(subject, employee(boss))
    const answer = await subject.gateway.patch(`/Users/${user.id}`, patchOf(operation))
    expect(answer.status).toBe(200)
    expect(answer.body[ENTERPRISE]).toEqual({ department: 'Sales' })
    expect(await subject.managerOf(user.userName)).toBeUndefined()
  })

  it('an unknown manager is 400 naming it, and nothing is written', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject)
    const group = await makeGroup(subject)
    for (const id of ['01234567-0123-4123-8123-0123456789ab', 'nonsense', group.id]) {
      const body = smallUser({ [ENTERPRISE]: { manager: { value: id } } })
      const patch = patchOf(
        { op: 'replace', path: 'title', value: 'x' },
        { op: 'add', path: `${ENTERPRISE}:manager`, value: id },
      )
      for (const answer of [
        await subject.gateway.post('/Users', body),
        await subject.gateway.patch(`/Users/${user.id}`, patch),
      ]) {
        expectError(answer, { status: 400, scimType: 'invalidValue', detail: /manager/ })
        expect(answer.body.detail).toContain(id)
      }
      expect(await subject.read(subject.userDn(body))).toBeUndefined()
    }
    expect((await subject.gateway.get(`/Users/${user.id}`)).body).toEqual(user)
  })

  it('users are found by their manager', async () => {
    const subject = subjectOf()
    const [boss, other] = [await makeUser(subject), await makeUser(subject)]
    const user = await makeUser(subject, employee(boss))
    const total = async (filter: string) =>
      (await subject.gateway.get(filtered('/Users', filter))).body.totalResults as number
    expect(await total(`manager eq "${boss.id}"`)).toBe(1)
    expect(await total(`${ENTERPRISE}:manager.value eq "${boss.id}"`)).toBe(1)
    expect(await total(`id eq "${user.id}" and manager eq "${other.id}"`)).toBe(0)
    expect(await total(`id eq "${user.id}" and not (manager eq "${other.id}")`)).toBe(1)
  })

  it('who is renamed keeps memberships, reports and manager', async () => {
    const subject = subjectOf()
    const [boss, report] = [await makeUser(subject), smallUser()]
    const user = await makeUser(subject, employee(boss))
    const made = await makeUser(subject, {
      ...report,
      [ENTERPRISE]: { manager: { value: user.id } },
    })
    const alone = await makeGroup(subject, [user])
    const both = await makeGroup(subject, [user, boss])
    const userName = freshName('renamed')
    const answer = await subject.gateway.patch(
      `/Users/${user.id}`,
      patchOf({ op: 'replace', path: 'userName', value: userName }),
    )
    expect(answer).toMatchObject({ status: 200, body: { id: user.id, userName } })
    const dn = subject.normalDn(subject.userDn(userName))
    const bossDn = subject.normalDn(subject.userDn(boss))
    await until(async () => (await subject.managerOf(report.userName)) === dn)
    expect(await subject.membersOf(alone.displayName)).toEqual([dn])
    expect(await subject.membersOf(both.displayName)).toEqual([dn, bossDn].sort())
    expect(await subject.managerOf(userName)).toBe(bossDn)
    await untilUnreferenced(subject, subject.userDn(user))
    const members = (await subject.gateway.get(`/Groups/${both.id}`)).body.members
    expect(idsOf(members)).toEqual([user.id, boss.id].sort())
    const manager = (await subject.gateway.get(`/Users/${made.id}`)).body[ENTERPRISE].manager
    expect(manager).toMatchObject({ value: user.id })
  })

  it('who is deleted is in no group and nobody’s manager', async () => {
    const subject = subjectOf()
    const [user, other] = [await makeUser(subject), await makeUser(subject)]
    const report = await makeUser(subject, employee(user))
    const alone = await makeGroup(subject, [user])
    const both = await makeGroup(subject, [user, other])
    expect((await subject.gateway.delete(`/Users/${user.id}`)).status).toBe(204)
    expect(await subject.membersOf(alone.displayName)).toEqual([])
    expect(await subject.membersOf(both.displayName)).toEqual([
      subject.normalDn(subject.userDn(other)),
    ])
    await untilUnreferenced(subject, subject.userDn(user))
    const get = async (path: string) => (await subject.gateway.get(path)).body
    expect(await get(`/Groups/${alone.id}`)).not.toHaveProperty('members')
    expect(idsOf((await get(`/Groups/${both.id}`)).members)).toEqual([other.id])
    expect((await get(`/Users/${report.id}`))[ENTERPRISE]).toEqual({ department: 'Sales' })
    const again = await makeUser(subject, smallUser({ userName: user.userName }))
    expect(again).not.toHaveProperty('groups')
    expect(await get(`/Groups/${alone.id}`)).not.toHaveProperty('members')
  })

  it('a nested group follows its renaming and leaves no reference behind when deleted', async () => {
    const subject = subjectOf()
    const inner = await makeGroup(subject, [await makeUser(subject)])
    if (!subject.nests) {
      await expectNoNesting(subject, inner)
      return
    }
    const outer = await makeGroup(subject, [inner])
    const displayName = freshName('inner')
    const path = `/Groups/${inner.id}`
    await subject.gateway.patch(path, patchOf({ op: 'replace', value: { displayName } }))
    expect(await subject.membersOf(outer.displayName)).toEqual([
      subject.normalDn(subject.groupDn(displayName)),
    ])
    const get = async () => (await subject.gateway.get(`/Groups/${outer.id}`)).body
    expect((await get()).members).toMatchObject([{ value: inner.id, display: displayName }])
    await subject.gateway.delete(path)
    expect(await subject.membersOf(outer.displayName)).toEqual([])
    expect(await get()).not.toHaveProperty('members')
    await untilUnreferenced(subject, subject.groupDn(displayName))
  })

  it('a user shows the groups that it is in, where the directory tells', async () => {
    const subject = subjectOf()
    const { gateway, tellsGroups } = subject
    const [user, other] = [await makeUser(subject), await makeUser(subject)]
    const inner = await makeGroup(subject, [user])
    const second = await makeGroup(subject, [user, other])
    const outer = subject.nests ? [await makeGroup(subject, [inner])] : []
    const above = tellsGroups === 'nested' ? idsOf(outer.map(({ id }) => ({ value: id }))) : []
    const get = async () => (await gateway.get(`/Users/${user.id}`)).body
    const { groups } = await get()
    if (tellsGroups === 'none') {
      expect(groups).toBeUndefined()
      return
    }
    expect(idsOf(groups)).toEqual([inner.id, second.id, ...above].sort())
    expect(groups).toContainEqual(
      expect.objectContaining({
        value: inner.id,
        display: inner.displayName,
        $ref: `${gateway.url}/Groups/${inner.id}`,
      }),
    )
    const search = async (filter: string) =>
      (await gateway.get(filtered('/Users', filter))).body.totalResults as number
    expect(await search(`groups.value eq "${second.id}"`)).toBe(2)
    expect(await search(`groups eq "${second.id}" and id eq "${user.id}"`)).toBe(1)
    await gateway.patch(
      `/Groups/${second.id}`,
      patchOf({ op: 'remove', path: `members[value eq "${user.id}"]` }),
    )
    expect(idsOf((await get()).groups)).toEqual([inner.id, ...above].sort())
    await gateway.patch(
      `/Groups/${second.id}`,
      patchOf({ op: 'add', path: 'members', value: [{ value: user.id }] }),
    )
    expect(idsOf((await get()).groups)).toEqual([inner.id, second.id, ...above].sort())
    await gateway.delete(`/Groups/${second.id}`)
    await gateway.delete(`/Groups/${inner.id}`)
    expect(await get()).not.toHaveProperty('groups')
  })

  it('members that are no resources of the gateway are never shown and never lost', async () => {
    const subject = subjectOf()
    const outside = freshName('outside')
    const dn = subject.outsideDn(outside)
    await subject.applyLdif(subject.personLdif(dn, outside))
    const [user, other] = [await makeUser(subject), await makeUser(subject)]
    const group = await makeGroup(subject, [user])
    await subject.applyLdif(subject.membershipLdif(subject.groupDn(group.displayName), dn))
    const path = `/Groups/${group.id}`
    const members = async () => idsOf((await subject.gateway.get(path)).body.members)
    expect(await members()).toEqual([user.id])
    await subject.gateway.patch(
      path,
      patchOf({ op: 'replace', path: 'members', value: [{ value: other.id }] }),
    )
    expect(await members()).toEqual([other.id])
    await subject.gateway.put(path, groupBody(group.displayName))
    expect(await members()).toEqual([])
    expect(await subject.membersOf(group.displayName)).toEqual([
      expect.stringContaining(`=${outside},`),
    ])
  })

  it('a member that dangles is not shown', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject)
    const group = await makeGroup(subject, [user])
    const nobody = subject.userDn(freshName('dangling'))
    const added = subject.applyLdif(
      subject.membershipLdif(subject.groupDn(group.displayName), nobody),
    )
    if (subject.dangles) await added
    else await expect(added).rejects.toThrow()
    const answer = await subject.gateway.get(`/Groups/${group.id}`)
    expect(idsOf(answer.body.members)).toEqual([user.id])
  })

  it('entries outside of base or filter are no resources', async () => {
    const subject = subjectOf()
    const userName = freshName('outside')
    await subject.applyLdif(subject.personLdif(subject.outsideDn(userName), userName))
    const { gateway } = subject
    const id = await subject.idOf(subject.outsideDn(userName))
    const path = `/Users/${id}`
    const found = await gateway.get(filtered('/Users', `userName eq "${userName}"`))
    expect(found.body.totalResults).toBe(0)
    expectError(await gateway.get(path), { status: 404 })
    expectError(await gateway.delete(path), { status: 404 })
    const patch = patchOf({ op: 'replace', path: 'title', value: 'x' })
    expectError(await gateway.patch(path, patch), { status: 404 })
    const group = groupBody(freshName('group'), [{ id }])
    expectError(await gateway.post('/Groups', group), { status: 400, scimType: 'invalidValue' })
  })
}

/** That a group is refused as a member. */
async function expectNoNesting(subject: Subject, inner: Json): Promise<void> {
  const body = groupBody(freshName('outer'), [inner])
  const answer = await subject.gateway.post('/Groups', body)
  expectError(answer, { status: 400, scimType: 'invalidValue', detail: /members/ })
  expect(await subject.read(subject.groupDn(body.displayName))).toBeUndefined()
}

function employee(manager: Json): Json {
  return smallUser({ [ENTERPRISE]: { department: 'Sales', manager: { value: manager.id } } })
}

/** Servers that mind references may do so some time after their answer. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect(await condition()).toBe(true)
}

async function untilUnreferenced(subject: Subject, dn: string): Promise<void> {
  await until(async () => (await subject.referencesTo(dn)) === 0)
}
