import { expect, it } from 'vitest'
import type { Answer, Json } from '../support/gateway.ts'
import type { SubjectOf } from './subject.ts'
import {
  ENTERPRISE,
  filtered,
  freshName,
  groupBody,
  idsOf,
  makeGroup,
  makeUser,
  patchOf,
  POSIX_GROUP,
  POSIX_USER,
  smallUser,
} from './subject.ts'

/** What openldap-posix.yaml does beyond others. */
export function posix(subjectOf: SubjectOf): void {
  const group = async ({ id }: Json) => (await subjectOf().gateway.get(`/Groups/${id}`)).body
  const uidsOf = async ({ displayName }: Json) => {
    const { read, groupDn } = subjectOf()
    return [...((await read(groupDn(displayName)))?.attributes.memberUid ?? [])].sort()
  }
  const rename = ({ id }: Json, userName: string) =>
    subjectOf().gateway.patch(
      `/Users/${id}`,
      patchOf({ op: 'replace', path: 'userName', value: userName }),
    )
  const holdBehind = ({ displayName }: Json, uid: string) =>
    subjectOf().applyLdif(
      `dn: ${subjectOf().groupDn(displayName)}\nchangetype: modify\nadd: memberUid\nmemberUid: ${uid}\n\n`,
    )
  /** That a request needs so many LDAP operations. */
  const expectCost = async (operations: number, send: () => Promise<Answer>) => {
    const { gateway } = subjectOf()
    const line = gateway.log.length
    const answer = await send()
    expect(answer.status).toBeLessThan(300)
    const logged = () =>
      gateway.log
        .slice(line)
        .flatMap(({ ldapOperations }) => (ldapOperations as number | undefined) ?? [])
    await expect.poll(logged).toEqual([operations])
    return answer
  }

  it('accounts and groups are what a POSIX system wants, with numbers of their own', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject, smallUser({ userName: `Ann.${freshName()}@x/..` }))
    const uidNumber = user[POSIX_USER].uidNumber as number
    expect(uidNumber).toBeGreaterThanOrEqual(10_000)
    const home = `/home/${String(user.userName).toLowerCase().replace('/..', '%2F%2E%2E')}`
    expect(user[POSIX_USER]).toEqual({
      uidNumber,
      gidNumber: 100,
      homeDirectory: home,
      loginShell: '/bin/bash',
    })
    const entry = await subject.read(subject.userDn(user.userName))
    expect(entry?.attributes).toMatchObject({
      uidNumber: [String(uidNumber)],
      homeDirectory: [home],
    })
    const team = await makeGroup(subject, [user])
    const gidNumber = team[POSIX_GROUP].gidNumber as number
    expect(gidNumber).toBeGreaterThanOrEqual(60_000)
    expect((await subject.read(subject.groupDn(team.displayName)))?.attributes).toMatchObject({
      gidNumber: [String(gidNumber)],
      memberUid: [user.userName],
    })
    const filter = `${POSIX_USER}:uidNumber eq ${uidNumber}`
    const found = await subject.gateway.get(filtered('/Users', filter))
    expect(found.body.Resources).toMatchObject([{ id: user.id }])
  })

  it('costs: POST 2 and 2 for each number, GET 2, PATCH 3, members 2, DELETE 3', async () => {
    const subject = subjectOf()
    const { gateway } = subject
    const { body: user } = await expectCost(4, () => gateway.post('/Users', smallUser()))
    const path = `/Users/${user.id}`
    const { body: team } = await expectCost(4, () =>
      gateway.post('/Groups', groupBody(freshName('team'), [user])),
    )
    await expectCost(2, () => gateway.get(path))
    await expectCost(1, () => gateway.get(`${path}?excludedAttributes=groups`))
    await expectCost(2, () => gateway.get(`/Groups/${team.id}`))
    await expectCost(1, () => gateway.get(`/Groups/${team.id}?excludedAttributes=members`))
    const title = patchOf({ op: 'replace', path: 'title', value: 'new' })
    await expectCost(3, () => gateway.patch(path, title))
    const value = [{ value: user.id }]
    for (const op of ['remove', 'add', 'remove']) {
      const patch = patchOf({ op, path: 'members', value })
      await expectCost(2, () => gateway.patch(`/Groups/${team.id}`, patch))
    }
    await expectCost(3, () => gateway.delete(path))
  })

  it('users of a page and their groups cost one search each, members of a group one for 200', async () => {
    const subject = subjectOf()
    const department = freshName('department')
    const people = await Promise.all(
      Array.from({ length: 250 }, () =>
        makeUser(subject, smallUser({ [ENTERPRISE]: { department } })),
      ),
    )
    const [all, some] = [
      await makeGroup(subject, people),
      await makeGroup(subject, people.slice(9)),
    ]
    const filter = `${ENTERPRISE}:department eq "${department}"`
    const page = filtered('/Users', filter, '&count=200')
    // The list was tried as a whole, then collected; its page is read, and the groups of all on it.
    const { body } = await expectCost(4, () => subject.gateway.get(page))
    expect(body.totalResults).toBe(250)
    for (const { id, groups } of body.Resources) {
      const isIn = people.findIndex((user) => user.id === id) >= 9
      expect(idsOf(groups)).toEqual((isIn ? [all.id, some.id] : [all.id]).sort())
    }
    const got = await expectCost(3, () => subject.gateway.get(`/Groups/${all.id}`))
    expect(got.body.members).toHaveLength(250)
  })

  it('a renamed user is in its groups under the new name, in other letters too', async () => {
    const subject = subjectOf()
    const [user, other] = [await makeUser(subject), await makeUser(subject)]
    const both = await makeGroup(subject, [user, other])
    const alone = await makeGroup(subject, [user])
    for (const userName of [freshName('renamed'), `${String(user.userName).toUpperCase()}X`]) {
      for (const spelled of [userName, userName.toUpperCase(), userName.toLowerCase()]) {
        const answer = await rename(user, spelled)
        expect([answer.status, answer.body.userName]).toEqual([200, spelled])
        expect(idsOf(answer.body.groups)).toEqual([both.id, alone.id].sort())
        expect(await uidsOf(alone)).toEqual([spelled])
        expect(await uidsOf(both)).toEqual([spelled, other.userName].sort())
        const { body } = await subject.gateway.get(`/Users/${user.id}`)
        expect(body).toEqual(answer.body)
      }
    }
    expect(idsOf((await group(both)).members)).toEqual([user.id, other.id].sort())
  })

  it('where both names are in a group the new one is left', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject)
    const team = await makeGroup(subject, [user])
    const userName = freshName('renamed')
    await holdBehind(team, userName)
    expect((await rename(user, userName)).status).toBe(200)
    expect(await uidsOf(team)).toEqual([userName])
  })

  it('who gets the name of somebody who is gone is in none of the groups', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject)
    const team = await makeGroup(subject, [user])
    expect((await subject.gateway.delete(`/Users/${user.id}`)).status).toBe(204)
    expect(await uidsOf(team)).toEqual([])
    const next = await makeUser(subject, smallUser({ userName: user.userName }))
    expect(next).not.toHaveProperty('groups')
  })

  it('names of nobody, and names in other letters, are not shown and stay', async () => {
    const subject = subjectOf()
    const [user, other] = [await makeUser(subject), await makeUser(subject)]
    const team = await makeGroup(subject, [user])
    const strange = [freshName('nobody'), String(other.userName).toUpperCase()].sort()
    for (const uid of strange) await holdBehind(team, uid)
    expect(idsOf((await group(team)).members)).toEqual([user.id])
    expect((await subject.gateway.get(`/Users/${other.id}`)).body).not.toHaveProperty('groups')
    const search = async (filter: string) =>
      (await subject.gateway.get(filtered('/Groups', filter))).body.totalResults as number
    expect(await search(`members.value eq "${other.id}"`)).toBe(0)
    const put = await subject.gateway.put(`/Groups/${team.id}`, groupBody(team.displayName))
    expect(put.body).not.toHaveProperty('members')
    expect(await uidsOf(team)).toEqual(strange)
  })

  it('a new user is told of a group that has its name already', async () => {
    const subject = subjectOf()
    const team = await makeGroup(subject)
    const userName = freshName('expected')
    await holdBehind(team, userName)
    const user = await makeUser(subject, smallUser({ userName }))
    expect(user.groups).toMatchObject([{ value: team.id, display: team.displayName }])
    const { body } = await subject.gateway.get(`/Users/${user.id}`)
    expect(body).toEqual(user)
  })

  it('the version of a user moves with its groups', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject)
    const team = await makeGroup(subject, [user])
    const versions = [user.meta.version]
    const versionNow = async () => {
      const { headers } = await subject.gateway.get(`/Users/${user.id}`)
      versions.push(headers.get('etag'))
    }
    await versionNow()
    const displayName = freshName('other')
    await subject.gateway.patch(
      `/Groups/${team.id}`,
      patchOf({ op: 'replace', path: 'displayName', value: displayName }),
    )
    await versionNow()
    expect(new Set(versions).size).toBe(3)
  })
}
