import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatSid } from '../../src/ldap/windows-syntax.ts'
import { describeSamba } from '../support/here.ts'
import type { Json } from '../support/gateway.ts'
import { ldapread } from '../support/ldapsearch.ts'
import type { SambaSubject } from './active-directory-subject.ts'
import { startSambaSubject } from './active-directory-subject.ts'
import {
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

const AD_GROUP = 'urn:scim2ldap:schemas:extension:ActiveDirectory:Group'

/** Types of groups (MS-ADTS §2.2.12) as the mapping names them. */
const TYPES = {
  globalSecurity: '-2147483646',
  domainLocalSecurity: '-2147483644',
  universalSecurity: '-2147483640',
  globalDistribution: '2',
  domainLocalDistribution: '4',
  universalDistribution: '8',
} as const

describeSamba('groups of Active Directory', () => {
  let subject: SambaSubject
  beforeAll(async () => {
    subject = await startSambaSubject()
  })
  afterAll(() => subject.stop())

  const typeOf = async (group: Json) =>
    (await ldapread(subject.server, subject.groupDn(group.displayName)))?.attributes.groupType?.[0]
  const typed = (groupType: string) => ({
    ...groupBody(freshName('typed')),
    [AD_GROUP]: { groupType },
  })

  test('are global security groups, unless the client says otherwise', async () => {
    expect(await typeOf(await makeGroup(subject))).toBe(TYPES.globalSecurity)
    for (const [groupType, value] of Object.entries(TYPES)) {
      const { status, body } = await subject.gateway.post('/Groups', typed(groupType))
      expect(status).toBe(201)
      expect(await typeOf(body)).toBe(value)
      const shown = await subject.gateway.get(`/Groups/${body.id}?attributes=${AD_GROUP}:groupType`)
      expect(shown.body[AD_GROUP]).toEqual({ groupType })
      const found = await subject.gateway.get(
        filtered('/Groups', `id eq "${body.id}" and ${AD_GROUP}:groupType eq "${groupType}"`),
      )
      expect(found.body.totalResults).toBe(1)
    }
    expectError(await subject.gateway.post('/Groups', typed('secret')), {
      status: 400,
      scimType: 'invalidValue',
      detail: /groupType must be one of "globalSecurity", "domainLocalSecurity"/,
    })
  })

  test('change their type where the directory lets them, and keep it else', async () => {
    const { body: group } = await subject.gateway.post('/Groups', typed('globalSecurity'))
    const path = `/Groups/${group.id}`
    const turn = (groupType: string) =>
      subject.gateway.patch(path, patchOf({ op: 'replace', value: { [AD_GROUP]: { groupType } } }))
    expect((await turn('universalSecurity')).status).toBeLessThan(300)
    expect(await typeOf(group)).toBe(TYPES.universalSecurity)
    const put = await subject.gateway.put(path, { ...group, externalId: 'x' })
    expect(put).toMatchObject({ status: 200, body: { externalId: 'x' } })
    expect(await typeOf(group)).toBe(TYPES.universalSecurity)
    const { body: local } = await subject.gateway.post('/Groups', typed('domainLocalSecurity'))
    const refused = await subject.gateway.patch(
      `/Groups/${local.id}`,
      patchOf({ op: 'replace', value: { [AD_GROUP]: { groupType: 'globalSecurity' } } }),
    )
    expectError(refused, { status: 400, scimType: 'invalidValue', detail: /unwilling/ })
    expect(await typeOf(local)).toBe(TYPES.domainLocalSecurity)
  })

  test('are members of groups, and a user is in those that name it', async () => {
    const user = await makeUser(subject)
    const inner = await makeGroup(subject, [user])
    const outer = await makeGroup(subject, [inner])
    const { body } = await subject.gateway.get(`/Groups/${outer.id}`)
    expect(body.members).toMatchObject([
      { value: inner.id, type: 'Group', display: inner.displayName },
    ])
    expect(idsOf((await subject.gateway.get(`/Users/${user.id}`)).body.groups)).toEqual([inner.id])
  })

  describe('as a primary group', () => {
    /** Makes a group the primary one of a user, as an administrator does. */
    async function makePrimary(user: Json, group: Json): Promise<void> {
      const entry = await ldapread(subject.server, subject.groupDn(group.displayName), [
        'objectSid',
      ])
      const sid = formatSid(entry?.octets.objectSid?.[0] ?? Buffer.alloc(0)) ?? ''
      await subject.applyLdif(
        `dn: ${subject.userDn(user)}\nchangetype: modify\nreplace: primaryGroupID\nprimaryGroupID: ${sid.split('-').at(-1)}\n\n`,
      )
    }

    test('are among the groups of the user, and found by', async () => {
      const user = await makeUser(subject)
      const [primary, other] = [await makeGroup(subject, [user]), await makeGroup(subject, [user])]
      await makePrimary(user, primary)
      const shown = (await subject.gateway.get(`/Users/${user.id}`)).body
      expect(idsOf(shown.groups)).toEqual([primary.id, other.id].sort())
      expect(shown.groups).toContainEqual({
        value: primary.id,
        $ref: primary.meta.location,
        display: primary.displayName,
      })
      for (const group of [primary, other]) {
        const of = `groups.value eq "${group.id}"`
        const found = await subject.gateway.get(filtered('/Users', of))
        expect(found.body.Resources).toMatchObject([{ id: user.id }])
        const none = await subject.gateway.get(
          filtered('/Users', `id eq "${user.id}" and not (${of})`),
        )
        expect(none.body.totalResults).toBe(0)
      }
      const stranger = await makeUser(subject)
      const some = (id: string) =>
        subject.gateway.get(filtered('/Users', `id eq "${id}" and groups pr`))
      expect((await some(user.id)).body.totalResults).toBe(1)
      expect((await some(stranger.id)).body.totalResults).toBe(0)
    })

    test('cost no search more where the user is in others, and one where it is not', async () => {
      const cost = async (user: Json) => {
        expect((await subject.gateway.get(`/Users/${user.id}`)).status).toBe(200)
        const line = subject.gateway.log.findLast(({ method }) => method === 'GET')
        return line?.ldapOperations as number
      }
      const user = await makeUser(subject)
      expect(await cost(user)).toBe(1)
      const primary = await makeGroup(subject, [user])
      expect(await cost(user)).toBe(2)
      await makePrimary(user, primary)
      expect(await cost(user)).toBe(2)
      await makeGroup(subject, [user])
      expect(await cost(user)).toBe(2)
    })

    test('do not get in the way of a PUT, and keep their user', async () => {
      const user = await makeUser(subject)
      const group = await makeGroup(subject, [user])
      await makePrimary(user, group)
      const body = { ...smallUser({ userName: user.userName }), title: 'x' }
      const put = await subject.gateway.put(`/Users/${user.id}`, body)
      expect(put.status).toBe(200)
      expect(idsOf(put.body.groups)).toEqual([group.id])
    })
  })
})
