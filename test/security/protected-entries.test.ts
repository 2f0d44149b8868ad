import { beforeAll, describe, expect, it } from 'vitest'
import type { Subject } from '../conformance/subject.ts'
import { freshName, makeGroup, makeUser, patchOf, smallUser } from '../conformance/subject.ts'
import type { Answer, Json, TestGateway } from '../support/gateway.ts'
import { bulkOf, expectForbidden, onEveryDirectory } from './grounds.ts'

// Take-over of accounts that have rights: a new password, another name, switched off, deleted.
onEveryDirectory((subjectOf) => {
  let subject: Subject
  let gateway: TestGateway
  /** Protected by DN, by subtree, by a filter. */
  const protectedUsers: Record<string, Json> = {}

  beforeAll(async () => {
    subject = subjectOf()
    for (const way of ['entry', 'subtree', 'filter'] as const) {
      const title = way === 'filter' ? 'Untouchable' : 'Chief'
      protectedUsers[way] = await makeUser(subject, smallUser({ title, active: true }))
    }
    gateway = await subject.anotherGateway({
      protect: [
        { entry: subject.userDn(protectedUsers.entry.userName).toUpperCase() },
        { subtree: subject.userDn(protectedUsers.subtree.userName) },
        { filter: '(|(title=untouchable)(title=never used))' },
      ],
    })
  })

  describe.each(['entry', 'subtree', 'filter'])('an account that is protected by %s', (way) => {
    const path = () => `/Users/${protectedUsers[way].id}`
    const attacks: readonly (readonly [string, () => Promise<Answer>])[] = [
      [
        'a title',
        () => gateway.patch(path(), patchOf({ op: 'replace', path: 'title', value: 'x' })),
      ],
      [
        'a password',
        () =>
          gateway.patch(
            path(),
            patchOf({ op: 'replace', path: 'password', value: 'N3w-Secret!x' }),
          ),
      ],
      [
        'active',
        () => gateway.patch(path(), patchOf({ op: 'replace', path: 'active', value: false })),
      ],
      [
        'a name',
        () =>
          gateway.patch(path(), patchOf({ op: 'replace', path: 'userName', value: freshName() })),
      ],
      ['PUT', () => gateway.put(path(), smallUser({ userName: protectedUsers[way].userName }))],
      ['DELETE', () => gateway.delete(path())],
    ]
    it.each(attacks)('is not changed by %s', async (_, attack) => {
      const before = await subject.read(subject.userDn(protectedUsers[way].userName))
      expectForbidden(await attack(), new RegExp(`User "${protectedUsers[way].id}" is protected`))
      expect(before).toBeDefined()
      expect(await subject.read(subject.userDn(protectedUsers[way].userName))).toEqual(before)
    })

    it('nor in bulk; but it is read, and what changes nothing is no change', async () => {
      const { body } = await gateway.post('/Bulk', bulkOf({ method: 'DELETE', path: path() }))
      expect(body.Operations).toMatchObject([{ status: '403' }])
      const { title } = protectedUsers[way]
      expect((await gateway.get(path())).body).toMatchObject({ title })
      const same = patchOf({ op: 'replace', path: 'title', value: title })
      expect((await gateway.patch(path(), same)).status).toBe(200)
    })
  })

  it('others are changed', async () => {
    const user = await makeUser(subject)
    const title = patchOf({ op: 'replace', path: 'title', value: 'Chief' })
    expect((await gateway.patch(`/Users/${user.id}`, title)).status).toBe(200)
    expect((await gateway.delete(`/Users/${user.id}`)).status).toBe(204)
  })

  it('nobody takes a protected name, new or renamed', async () => {
    const { userName } = protectedUsers.entry
    const free = await subject.anotherGateway({
      protect: [{ entry: subject.userDn('the-root') }, { subtree: subject.userDn('vault') }],
    })
    const user = await makeUser(subject)
    for (const name of ['the-root', 'vault']) {
      expectForbidden(await free.post('/Users', smallUser({ userName: name })), /protected/)
      const rename = patchOf({ op: 'replace', path: 'userName', value: name })
      expectForbidden(await free.patch(`/Users/${user.id}`, rename), /protected/)
      expect(await subject.read(subject.userDn(name))).toBeUndefined()
    }
    expect(userName).toBeDefined()
  })

  it('who is in a protected group is protected, where the directory tells it', async () => {
    if (subject.tellsGroups === 'none') return
    const [boss, other] = [await makeUser(subject), await makeUser(subject)]
    await makeGroup(subject, [boss, other], 'bosses')
    const guarded = await subject.anotherGateway({
      protect: [{ entry: subject.groupDn('bosses') }],
    })
    const secret = patchOf({ op: 'replace', path: 'password', value: 'N3w-Secret!x' })
    expectForbidden(await guarded.patch(`/Users/${boss.id}`, secret), /protected/)
    expectForbidden(await guarded.delete(`/Users/${boss.id}`), /protected/)
  })

  it('dangerouslyUnprotected lets one be changed', async () => {
    const { entry } = protectedUsers
    const careless = await subject.anotherGateway({
      protect: [{ entry: subject.userDn(entry.userName) }, { filter: '(title=Chief)' }],
      dangerouslyUnprotected: [subject.userDn(entry.userName)],
    })
    const nickName = patchOf({ op: 'replace', path: 'preferredLanguage', value: 'de' })
    expect((await careless.patch(`/Users/${entry.id}`, nickName)).status).toBe(200)
  })
})
