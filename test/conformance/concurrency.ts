import { expect, it } from 'vitest'
import type { Answer, Json, TestGateway } from '../support/gateway.ts'
import {
  ENTERPRISE,
  expectStored,
  freshName,
  groupBody,
  idsOf,
  makeGroup,
  makeUser,
  patchOf,
  smallUser,
} from './subject.ts'
import type { SubjectOf } from './subject.ts'

const MANY = 100

export function concurrency(subjectOf: SubjectOf): void {
  it('a hundred PATCHes at once, each adding or removing another member, lose none', async () => {
    const subject = subjectOf()
    const gateways = [subject.gateway, await subject.anotherGateway()]
    const people = await Promise.all(Array.from({ length: MANY }, () => makeUser(subject)))
    const group = await makeGroup(subject)
    const dns = people.map(({ userName }) => subject.normalDn(subject.userDn(userName)))

    const added = await together(gateways, people, (gateway, { id }) =>
      gateway.patch(
        `/Groups/${group.id}`,
        patchOf({ op: 'add', path: 'members', value: [{ value: id }] }),
      ),
    )
    expect(statusesOf(added)).toEqual([204])
    expect(await subject.membersOf(group.displayName)).toEqual([...dns].sort())
    const read = await subject.gateway.get(`/Groups/${group.id}`)
    expect(idsOf(read.body.members)).toEqual(people.map(({ id }) => id).sort())

    const [leaving, staying] = [people.slice(0, 90), dns.slice(90)]
    const removed = await together(gateways, leaving, (gateway, { id }) =>
      gateway.patch(
        `/Groups/${group.id}`,
        patchOf({ op: 'remove', path: `members[value eq "${id}"]` }),
      ),
    )
    expect(statusesOf(removed)).toEqual([204])
    expect(await subject.membersOf(group.displayName)).toEqual([...staying].sort())

    const last = await together(gateways, people.slice(90), (gateway, { id }) =>
      gateway.patch(
        `/Groups/${group.id}`,
        patchOf({ op: 'remove', path: 'members', value: [{ value: id }] }),
      ),
    )
    expect(statusesOf(last)).toEqual([204])
    expect(await subject.membersOf(group.displayName)).toEqual([])
    expect((await subject.gateway.get(`/Groups/${group.id}`)).body).not.toHaveProperty('members')
  })

  it('members that come while others go are all in, and those that went all out', async () => {
    const subject = subjectOf()
    const gateways = [subject.gateway, await subject.anotherGateway()]
    const people = await Promise.all(Array.from({ length: 40 }, () => makeUser(subject)))
    const [going, coming] = [people.slice(0, 20), people.slice(20)]
    const group = await makeGroup(subject, going)
    const answers = await together(gateways, people, (gateway, user) =>
      gateway.patch(
        `/Groups/${group.id}`,
        patchOf(
          going.includes(user)
            ? { op: 'remove', path: 'members', value: [{ value: user.id }] }
            : { op: 'add', path: 'members', value: [{ value: user.id }] },
        ),
      ),
    )
    expect(statusesOf(answers)).toEqual([204])
    expect(await subject.membersOf(group.displayName)).toEqual(
      coming.map(({ userName }) => subject.normalDn(subject.userDn(userName))).sort(),
    )
  })

  it('PATCHes of different attributes of one user from two gateways lose nothing', async () => {
    const subject = subjectOf()
    const gateways = [subject.gateway, await subject.anotherGateway()]
    const manager = await makeUser(subject)
    const user = await makeUser(subject, smallUser({ title: 'old' }))
    const operations: Json[] = [
      { op: 'replace', path: 'title', value: 'new' },
      { op: 'replace', path: 'name.givenName', value: 'new' },
      { op: 'replace', path: 'name.familyName', value: 'new' },
      { op: 'add', path: 'displayName', value: 'new' },
      { op: 'add', path: 'emails[type eq "work"].value', value: 'new@example.com' },
      { op: 'add', path: 'phoneNumbers[type eq "work"].value', value: '+44 20 7946 0001' },
      { op: 'add', path: 'phoneNumbers[type eq "fax"].value', value: '+44 20 7946 0002' },
      { op: 'add', path: 'addresses[type eq "work"].locality', value: 'new' },
      { op: 'add', path: 'addresses[type eq "work"].region', value: 'new' },
      { op: 'add', path: `${ENTERPRISE}:department`, value: 'new' },
      { op: 'add', path: `${ENTERPRISE}:employeeNumber`, value: 'new' },
      { op: 'add', path: `${ENTERPRISE}:manager`, value: manager.id },
      { op: 'replace', path: 'active', value: false },
      { op: 'replace', path: 'userName', value: freshName('renamed') },
    ]
    const answers = await together(gateways, operations, (gateway, operation) =>
      gateway.patch(`/Users/${user.id}`, patchOf(operation)),
    )
    expect(statusesOf(answers)).toEqual([200])
    const { body } = await subject.gateway.get(`/Users/${user.id}`)
    expect(body).toMatchObject({
      userName: operations.at(-1)?.value,
      active: false,
      title: 'new',
      displayName: 'new',
      name: { givenName: 'new', familyName: 'new' },
      emails: [{ value: 'new@example.com' }],
      addresses: [{ locality: 'new', region: 'new' }],
      [ENTERPRISE]: { department: 'new', employeeNumber: 'new', manager: { value: manager.id } },
    })
    expect(body.phoneNumbers).toHaveLength(2)
    await expectStored(subject, body)
  })

  it('of PATCHes of one attribute one wins, and no two values stay', async () => {
    const subject = subjectOf()
    const gateways = [subject.gateway, await subject.anotherGateway()]
    const user = await makeUser(subject)
    for (const path of ['title', 'emails[type eq "work"].value']) {
      const values = Array.from({ length: 20 }, (_, index) => `v${index}@example.com`)
      const answers = await together(gateways, values, (gateway, value) =>
        gateway.patch(`/Users/${user.id}`, patchOf({ op: 'replace', path, value })),
      )
      expect(statusesOf(answers)).toEqual([200])
      const { body } = await subject.gateway.get(`/Users/${user.id}`)
      expect(values).toContain(path === 'title' ? body.title : body.emails[0].value)
      await expectStored(subject, body)
    }
  })

  it('of POSTs of one name at once exactly one succeeds', async () => {
    const subject = subjectOf()
    const gateways = [subject.gateway, await subject.anotherGateway()]
    const body = smallUser()
    const users = await together(gateways, Array.from({ length: 20 }), (gateway) =>
      gateway.post('/Users', body),
    )
    expect(users.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(19).fill(409)])
    const group = groupBody(freshName('group'))
    const groups = await together(gateways, Array.from({ length: 20 }), (gateway) =>
      gateway.post('/Groups', group),
    )
    expect(groups.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(19).fill(409)])
  })

  it('of DELETEs of one user at once exactly one succeeds', async () => {
    const subject = subjectOf()
    const gateways = [subject.gateway, await subject.anotherGateway()]
    const user = await makeUser(subject)
    const group = await makeGroup(subject, [user])
    const answers = await together(gateways, Array.from({ length: 10 }), (gateway) =>
      gateway.delete(`/Users/${user.id}`),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(9).fill(404)])
    expect(await subject.membersOf(group.displayName)).toEqual([])
  })

  it('users created in parallel are all there', async () => {
    const subject = subjectOf()
    const answers = await together(
      [subject.gateway, await subject.anotherGateway()],
      Array.from({ length: MANY }),
      (gateway) => gateway.post('/Users', smallUser()),
    )
    expect(statusesOf(answers)).toEqual([201])
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(MANY)
  })
}

/** All at once, spread over the gateways. */
async function together<T>(
  gateways: readonly TestGateway[],
  items: readonly T[],
  send: (gateway: TestGateway, item: T) => Promise<Answer>,
): Promise<readonly Answer[]> {
  return Promise.all(
    items.map((item, index) => {
      const gateway = gateways[index % gateways.length]
      if (gateway === undefined) throw new Error('there is no gateway')
      return send(gateway, item)
    }),
  )
}

function statusesOf(answers: readonly Answer[]): readonly number[] {
  return [...new Set(answers.map(({ status }) => status))]
}
