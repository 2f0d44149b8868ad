import { beforeAll, expect, it } from 'vitest'
import type { Subject } from '../conformance/subject.ts'
import {
  ENTERPRISE,
  filtered,
  freshName,
  groupBody,
  makeGroup,
  makeUser,
  patchOf,
  smallUser,
} from '../conformance/subject.ts'
import type { Json, TestGateway } from '../support/gateway.ts'
import { bulkOf, onEveryDirectory } from './grounds.ts'

// What lies outside of a resource type's base, or does not match its filter, is not there.
onEveryDirectory((subjectOf) => {
  let subject: Subject
  let gateway: TestGateway
  let user: Json
  let group: Json
  /** A person outside of the base, whose id the attacker knows. */
  let dn: string
  let id: string

  beforeAll(async () => {
    subject = subjectOf()
    const userName = freshName('outside')
    gateway = await subject.anotherGateway({ client: { user: userName, profile: 'lenient' } })
    dn = subject.outsideDn(userName)
    await subject.applyLdif(subject.personLdif(dn, userName))
    id = await subject.idOf(dn)
    expect(id).not.toBe('')
    user = await makeUser(subject)
    group = await makeGroup(subject, [user])
  })

  const title = patchOf({ op: 'add', path: 'title', value: 'mine' })

  it('no verb reaches a person outside of the base by id', async () => {
    const before = await subject.read(dn)
    const body = smallUser({ id })
    const answers = [
      await gateway.get(`/Users/${id}`),
      await gateway.put(`/Users/${id}`, body),
      await gateway.patch(`/Users/${id}`, title),
      await gateway.delete(`/Users/${id}`),
      await gateway.get('/Me'),
      await gateway.patch('/Me', title),
    ]
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404])
    const bulk = await gateway.post('/Bulk', bulkOf({ method: 'DELETE', path: `/Users/${id}` }))
    expect(bulk.body.Operations).toMatchObject([{ status: '404' }])
    expect(await subject.read(dn)).toEqual(before)
  })

  it('nor one of another type', async () => {
    const add = patchOf({ op: 'add', path: 'members', value: [{ value: user.id }] })
    const answers = [
      await gateway.get(`/Users/${group.id}`),
      await gateway.delete(`/Users/${group.id}`),
      await gateway.patch(`/Users/${group.id}`, title),
      await gateway.get(`/Groups/${user.id}`),
      await gateway.delete(`/Groups/${user.id}`),
      await gateway.patch(`/Groups/${user.id}`, add),
      await gateway.put(`/Groups/${user.id}`, groupBody(freshName('group'))),
    ]
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404))
  })

  it('no filter finds it, and no list', async () => {
    for (const filter of [
      `id eq "${id}"`,
      `id eq "${id}" or userName eq "nobody"`,
      `userName eq "${/=([^,]+)/.exec(dn)?.[1] ?? ''}"`,
    ]) {
      expect((await gateway.get(filtered('/Users', filter))).body.totalResults).toBe(0)
    }
    for (const filter of [`members.value eq "${id}"`, `members[value eq "${id}"]`]) {
      expect((await gateway.get(filtered('/Groups', filter))).body.totalResults).toBe(0)
    }
    const first = await gateway.get('/Users?count=1000&cursor=')
    expect((first.body.Resources as readonly Json[]).map((one) => one.id)).not.toContain(id)
  })

  it('nobody outside becomes a member or a manager', async () => {
    const members = [{ value: id }]
    const path = `/Groups/${group.id}`
    await gateway.patch(path, patchOf({ op: 'add', path: 'members', value: members }))
    await gateway.patch(path, patchOf({ op: 'add', path: 'members', value: members }), {
      'if-match': (await gateway.get(path)).body.meta.version,
    })
    await gateway.put(path, {
      ...groupBody(group.displayName, [user]),
      members: [{ value: user.id }, ...members],
    })
    await gateway.post('/Groups', { ...groupBody(freshName('group')), members })
    const manager = { op: 'add', path: `${ENTERPRISE}:manager`, value: { value: id } }
    await gateway.patch(`/Users/${user.id}`, patchOf(manager))
    await gateway.post('/Users', smallUser({ [ENTERPRISE]: { manager: { value: id } } }))
    expect(await subject.referencesTo(dn)).toBe(0)
    expect(await subject.membersOf(group.displayName)).toEqual([
      subject.normalDn(subject.userDn(user.userName)),
    ])
  })

  it('a name leads nowhere else', async () => {
    for (const userName of ['x,ou=groups', 'x+cn=y', '../x', 'x\\,y', '"x"', '#41', ' x']) {
      const unique = `${userName}${freshName()}`
      const answer = await gateway.post('/Users', smallUser({ userName: unique }))
      if (answer.status !== 201) {
        expect(answer.status).toBe(400)
        continue
      }
      expect(await subject.read(subject.userDn(answer.body.userName))).toBeDefined()
      expect((await gateway.delete(`/Users/${answer.body.id}`)).status).toBe(204)
    }
  })
})
