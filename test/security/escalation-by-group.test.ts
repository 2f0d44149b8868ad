import { beforeAll, describe, expect, it } from 'vitest'
import type { Answer, Json, TestGateway } from '../support/gateway.ts'
import type { Subject } from '../conformance/subject.ts'
import {
  freshName,
  groupBody,
  makeGroup,
  makeUser,
  patchOf,
  smallUser,
} from '../conformance/subject.ts'
import { bulkOf, expectForbidden, onEveryDirectory } from './grounds.ts'

// Privilege escalation by group: whoever gets into a group that has rights has them.
onEveryDirectory((subjectOf) => {
  let subject: Subject
  let gateway: TestGateway
  /** A protected group with a member. */
  let admins: Json
  let admin: Json
  let attacker: Json

  beforeAll(async () => {
    subject = subjectOf()
    admin = await makeUser(subject)
    attacker = await makeUser(subject)
    admins = await makeGroup(subject, [admin], 'admins')
    gateway = await subject.anotherGateway({ protect: [{ entry: subject.groupDn('admins') }] })
  })

  const add = (member: Json) => ({ op: 'add', path: 'members', value: [{ value: member.id }] })
  const nest = (group: Json, inner: Json) =>
    subject.applyLdif(
      subject.membershipLdif(
        subject.groupDn(group.displayName),
        subject.groupDn(inner.displayName),
      ),
    )

  describe('a protected group', () => {
    const ways: readonly (readonly [string, () => Promise<Answer>])[] = [
      ['PATCH add', () => gateway.patch(`/Groups/${admins.id}`, patchOf(add(attacker)))],
      [
        'PATCH add without a path',
        () =>
          gateway.patch(
            `/Groups/${admins.id}`,
            patchOf({ op: 'add', value: { members: [{ value: attacker.id }] } }),
          ),
      ],
      [
        'PATCH replace',
        () =>
          gateway.patch(
            `/Groups/${admins.id}`,
            patchOf({ op: 'replace', path: 'members', value: [{ value: attacker.id }] }),
          ),
      ],
      [
        'PATCH with a condition',
        () =>
          gateway.patch(`/Groups/${admins.id}`, patchOf(add(attacker)), {
            'if-match': admins.meta.version,
          }),
      ],
      [
        'PATCH remove by a filter',
        () =>
          gateway.patch(
            `/Groups/${admins.id}`,
            patchOf({ op: 'remove', path: `members[value eq "${admin.id}"]` }),
          ),
      ],
      [
        'PATCH remove of all',
        () => gateway.patch(`/Groups/${admins.id}`, patchOf({ op: 'remove', path: 'members' })),
      ],
      ['PUT', () => gateway.put(`/Groups/${admins.id}`, groupBody('admins', [admin, attacker]))],
      ['PUT with another name', () => gateway.put(`/Groups/${admins.id}`, groupBody('x', [admin]))],
      ['DELETE', () => gateway.delete(`/Groups/${admins.id}`)],
    ]
    it.each(ways)('is not changed, joined or left by %s', async (_, attack) => {
      expectForbidden(await attack(), /protected/)
      expect(await subject.membersOf('admins')).toEqual([
        subject.normalDn(subject.userDn(admin.userName)),
      ])
    })

    it('is not joined by bulk, whatever else is in it', async () => {
      const path = `/Groups/${admins.id}`
      const { status, body } = await gateway.post(
        '/Bulk',
        bulkOf(
          { method: 'POST', path: '/Users', bulkId: 'new', data: smallUser() },
          {
            method: 'PATCH',
            path,
            data: patchOf({ op: 'add', path: 'members', value: [{ value: 'bulkId:new' }] }),
          },
        ),
      )
      expect(status).toBe(200)
      expect((body.Operations as readonly Json[]).map(({ status: one }) => one)).toEqual([
        '201',
        '403',
      ])
      expect(body.Operations[1].response.detail).toMatch(/protected/)
      expect(await subject.membersOf('admins')).toHaveLength(1)
    })

    it('is not joined by what a user says of its groups', async () => {
      const groups = [{ value: admins.id }]
      const posted = await gateway.post('/Users', smallUser({ groups }))
      await gateway.put(`/Users/${attacker.id}`, { ...attacker, groups })
      await gateway.patch(
        `/Users/${attacker.id}`,
        patchOf({ op: 'add', path: 'groups', value: groups }),
      )
      expect(posted.status).toBe(201)
      expect(await subject.membersOf('admins')).toHaveLength(1)
    })

    it('is told apart in log and metrics', async () => {
      const line = gateway.log.length
      await gateway.patch(`/Groups/${admins.id}`, patchOf(add(attacker)))
      const logged = () => gateway.log.slice(line).filter(({ msg }) => msg !== undefined)
      await expect
        .poll(() => logged().find(({ msg }) => msg === 'request'))
        .toMatchObject({
          status: 403,
          refusals: ['protectedGroup'],
        })
      expect(logged().find(({ msg }) => msg === 'refused')).toMatchObject({
        reason: 'protectedGroup',
        dn: expect.stringMatching(/^cn=admins,/i),
      })
      const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text()
      expect(metrics).toMatch(
        /^scim2ldap_refusals_total\{endpoint="\/scim\/v2",client="tests",reason="protectedGroup"\} [1-9]/m,
      )
    })
  })

  describe('a group that leads into a protected one', () => {
    it('is neither joined nor left, however many groups lie between', async () => {
      const [far, near] = [await makeGroup(subject, [admin]), await makeGroup(subject, [admin])]
      const fresh = await subject.anotherGateway({
        protect: [{ entry: subject.groupDn('admins') }],
      })
      await nest(near, far)
      await nest(admins, near)
      for (const group of [near, far]) {
        const path = `/Groups/${group.id}`
        const remove = { op: 'remove', path: `members[value eq "${admin.id}"]` }
        // Both who has never seen the group and who knows it already.
        for (const guarded of [fresh, gateway]) {
          expectForbidden(await guarded.patch(path, patchOf(add(attacker))), /protected/)
          expectForbidden(await guarded.patch(path, patchOf(remove)), /protected/)
          const body = groupBody(group.displayName, [admin, attacker])
          expectForbidden(await guarded.put(path, body), /protected/)
          await guarded.get(path)
        }
        const inner = await makeGroup(subject, [attacker])
        expectForbidden(await gateway.patch(path, patchOf(add(inner))), /protected/)
        expect(await subject.membersOf(group.displayName)).not.toContain(
          subject.normalDn(subject.userDn(attacker.userName)),
        )
      }
    })

    it('is found out although it was moved since it was seen', async () => {
      const group = await makeGroup(subject, [admin])
      await gateway.get(`/Groups/${group.id}`)
      const renamed = freshName('renamed')
      await subject.applyLdif(
        `dn: ${subject.groupDn(group.displayName)}\nchangetype: modrdn\nnewrdn: cn=${renamed}\ndeleteoldrdn: 1\n\n`,
      )
      await nest(admins, { displayName: renamed })
      const answer = await gateway.patch(`/Groups/${group.id}`, patchOf(add(attacker)))
      expectForbidden(answer, /protected/)
    })

    it('is free again once it leads there no more, and so are groups that never did', async () => {
      const group = await makeGroup(subject, [admin])
      await nest(admins, group)
      const path = `/Groups/${group.id}`
      expectForbidden(await gateway.patch(path, patchOf(add(attacker))), /protected/)
      await subject.applyLdif(
        subject
          .membershipLdif(subject.groupDn('admins'), subject.groupDn(group.displayName))
          .replace('add: ', 'delete: '),
      )
      expect((await gateway.patch(path, patchOf(add(attacker)))).status).toBe(204)
      const [above, below] = [await makeGroup(subject), await makeGroup(subject)]
      await nest(above, below)
      expect((await gateway.patch(`/Groups/${below.id}`, patchOf(add(attacker)))).status).toBe(204)
    })

    it('may lead in a circle', async () => {
      const [one, other] = [await makeGroup(subject, [admin]), await makeGroup(subject, [admin])]
      await nest(one, other)
      await nest(other, one)
      expect((await gateway.patch(`/Groups/${one.id}`, patchOf(add(attacker)))).status).toBe(204)
      await nest(admins, other)
      const answer = await gateway.patch(`/Groups/${one.id}`, patchOf(add(attacker)))
      expectForbidden(answer, /protected/)
    })
  })

  it('the groups of the gateway’s own account are protected without a setting', async () => {
    const plain = await subject.anotherGateway()
    const [own, inner] = [await makeGroup(subject, [admin]), await makeGroup(subject, [admin])]
    const account = subject.serviceDn
    await subject.applyLdif(subject.membershipLdif(subject.groupDn(own.displayName), account))
    await nest(own, inner)
    for (const group of [own, inner]) {
      const answer = await plain.patch(`/Groups/${group.id}`, patchOf(add(attacker)))
      expectForbidden(answer, /protected/)
    }
    const apart = await makeGroup(subject)
    expect((await plain.patch(`/Groups/${apart.id}`, patchOf(add(attacker)))).status).toBe(204)
    await subject.applyLdif(
      subject
        .membershipLdif(subject.groupDn(own.displayName), account)
        .replace('add: ', 'delete: '),
    )
  })

  it('nobody gets the name that a protected group still has of one who was there', async () => {
    if (!subject.dangles) return
    const userName = freshName('ghost')
    await subject.applyLdif(
      subject.membershipLdif(subject.groupDn('admins'), subject.userDn(userName)),
    )
    expectForbidden(await gateway.post('/Users', smallUser({ userName })), /protected/)
    expect(await subject.read(subject.userDn(userName))).toBeUndefined()
    await subject.applyLdif(
      subject
        .membershipLdif(subject.groupDn('admins'), subject.userDn(userName))
        .replace('add: ', 'delete: '),
    )
  })
})
