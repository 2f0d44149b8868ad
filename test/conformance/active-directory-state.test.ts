import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeSamba } from '../support/here.ts'
import type { Json } from '../support/gateway.ts'
import { ldapread } from '../support/ldapsearch.ts'
import type { SambaSubject } from './active-directory-subject.ts'
import { mappedOtherwise, startSambaSubject } from './active-directory-subject.ts'
import { expectError, filtered, makeUser, patchOf, smallUser } from './subject.ts'

const AD = 'urn:scim2ldap:schemas:extension:ActiveDirectory:User'
const PASSWORD = 'Correct horse battery 1'
const DISABLED = 0x2
const NORMAL_ACCOUNT = 0x200
const DONT_EXPIRE_PASSWORD = 0x10000
const SMARTCARD_REQUIRED = 0x40000
const NOT_DELEGATED = 0x100000

/** With the rights of docs/active-directory.md and no others. */
describeSamba('the state of an account in Active Directory', () => {
  let subject: SambaSubject
  beforeAll(async () => {
    subject = await startSambaSubject()
  })
  afterAll(() => subject.stop())

  const valueOf = async (user: Json, attribute: string) =>
    (await ldapread(subject.server, subject.userDn(user), [attribute]))?.attributes[attribute]?.[0]
  const controlOf = async (user: Json) => Number(await valueOf(user, 'userAccountControl'))
  const byAdministrator = (user: Json, attribute: string, value: number) =>
    subject.applyLdif(
      `dn: ${subject.userDn(user)}\nchangetype: modify\nreplace: ${attribute}\n${attribute}: ${value}\n\n`,
    )
  const stateOf = async ({ id }: Json) => {
    const names = ['passwordNeverExpires', 'smartcardRequired', 'mustChangePassword', 'locked']
    const list = names.map((name) => `${AD}:${name}`).join()
    return (await subject.gateway.get(`/Users/${id}?attributes=${list}`)).body[AD]
  }
  const set = (user: Json, value: Json) =>
    subject.gateway.patch(`/Users/${user.id}`, patchOf({ op: 'replace', value: { [AD]: value } }))
  const isFound = async (user: Json, condition: string) => {
    const both = `id eq "${user.id}" and ${AD}:${condition}`
    return (await subject.gateway.get(filtered('/Users', both))).body.totalResults === 1
  }

  test('is shown to who asks for it', async () => {
    const user = await makeUser(subject)
    expect(user).not.toHaveProperty(AD)
    expect(await stateOf(user)).toEqual({
      passwordNeverExpires: false,
      smartcardRequired: false,
      mustChangePassword: false,
      locked: false,
    })
  })

  test('has flags, which are written, found, and leave the other bits', async () => {
    const user = await makeUser(subject)
    await byAdministrator(user, 'userAccountControl', NORMAL_ACCOUNT | NOT_DELEGATED)
    expect((await set(user, { passwordNeverExpires: true })).status).toBe(200)
    expect(await controlOf(user)).toBe(NORMAL_ACCOUNT | NOT_DELEGATED | DONT_EXPIRE_PASSWORD)
    expect((await set(user, { smartcardRequired: true })).status).toBe(200)
    expect(await isFound(user, 'passwordNeverExpires eq true')).toBe(true)
    expect(await isFound(user, 'passwordNeverExpires eq false')).toBe(false)
    expect(await isFound(user, 'smartcardRequired ne true')).toBe(false)
    const off = { active: false, [AD]: { passwordNeverExpires: false } }
    const answer = await subject.gateway.patch(
      `/Users/${user.id}`,
      patchOf({ op: 'replace', value: off }),
    )
    expect(answer).toMatchObject({ status: 200, body: { active: false } })
    expect(await controlOf(user)).toBe(
      NORMAL_ACCOUNT | NOT_DELEGATED | SMARTCARD_REQUIRED | DISABLED,
    )
    expect(await isFound(user, 'passwordNeverExpires eq false')).toBe(true)
  })

  test('is given to a new account in its one add', async () => {
    const state = { passwordNeverExpires: true, mustChangePassword: false }
    const user = await makeUser(subject, smallUser({ active: false, [AD]: state }))
    expect(await controlOf(user)).toBe(NORMAL_ACCOUNT | DONT_EXPIRE_PASSWORD | DISABLED)
    expect(await stateOf(user)).toMatchObject(state)
  })

  test('is left as it is by a PUT that does not speak of it', async () => {
    const user = await makeUser(subject)
    const accountExpires = '2027-01-31T08:00:00.000Z'
    await set(user, { passwordNeverExpires: true, mustChangePassword: true, accountExpires })
    const put = await subject.gateway.put(`/Users/${user.id}`, { ...user, title: 'New' })
    expect(put).toMatchObject({ status: 200, body: { title: 'New', [AD]: { accountExpires } } })
    expect(await stateOf(user)).toMatchObject({
      passwordNeverExpires: true,
      mustChangePassword: true,
    })
  })

  test('says that the password must be changed: nobody logs on with it until then', async () => {
    const user = await makeUser(
      subject,
      smallUser({ password: PASSWORD, [AD]: { mustChangePassword: true } }),
    )
    const dn = subject.userDn(user)
    expect(await valueOf(user, 'pwdLastSet')).toBe('0')
    expect(await stateOf(user)).toMatchObject({ mustChangePassword: true })
    expect(await isFound(user, 'mustChangePassword eq true')).toBe(true)
    expect(await subject.canLogOn(dn, PASSWORD)).toBe(false)
    expect((await set(user, { mustChangePassword: false })).status).toBe(200)
    expect(await subject.canLogOn(dn, PASSWORD)).toBe(true)
    expect(await isFound(user, 'mustChangePassword eq true')).toBe(false)
    const reset = await subject.gateway.patch(
      `/Users/${user.id}`,
      patchOf({
        op: 'replace',
        value: { password: `${PASSWORD}2`, [AD]: { mustChangePassword: true } },
      }),
    )
    expect(reset.status).toBe(200)
    expect(await valueOf(user, 'pwdLastSet')).toBe('0')
  })

  test('has its password changed first, where the mapping wants that of who is new', async () => {
    const gateway = await mappedOtherwise(subject, {
      'mustChange, omitted': "mustChange, default: '0', omitted",
    })
    const post = async (more: Json) =>
      (await gateway.post('/Users', smallUser({ password: PASSWORD, ...more }))).body
    const user = await post({})
    expect(await valueOf(user, 'pwdLastSet')).toBe('0')
    const other = await post({ [AD]: { mustChangePassword: false } })
    expect(await subject.canLogOn(subject.userDn(other), PASSWORD)).toBe(true)
    const put = await gateway.put(`/Users/${other.id}`, { ...other, title: 'x' })
    expect(put.status).toBe(200)
    expect(await subject.canLogOn(subject.userDn(other), PASSWORD)).toBe(true)
  })

  test('says that failed logons have locked it, and is unlocked', async () => {
    const user = await makeUser(subject, smallUser({ password: PASSWORD }))
    const other = await makeUser(subject)
    const dn = subject.userDn(user)
    await subject.applyLdif(
      `dn: ${subject.server.suffix}\nchangetype: modify\nreplace: lockoutThreshold\nlockoutThreshold: 2\n\n`,
    )
    for (let tries = 0; tries < 3; tries++) await subject.canLogOn(dn, 'wrong')
    expect(await subject.canLogOn(dn, PASSWORD)).toBe(false)
    expect(await stateOf(user)).toMatchObject({ locked: true })
    expect(await isFound(user, 'locked eq true')).toBe(true)
    expect(await isFound(other, 'locked eq true')).toBe(false)
    expect(await isFound(other, 'locked eq false')).toBe(true)
    expect((await set(user, { locked: false })).status).toBe(200)
    expect(await stateOf(user)).toMatchObject({ locked: false })
    expect(await valueOf(user, 'lockoutTime')).toBe('0')
    expect(await subject.canLogOn(dn, PASSWORD)).toBe(true)
  })

  test('is not locked by a client', async () => {
    const user = await makeUser(subject)
    expectError(await set(user, { locked: true }), {
      status: 400,
      scimType: 'invalidValue',
      detail: /:locked must be false: nothing but failed logons locks an account/,
    })
    expect(await stateOf(user)).toMatchObject({ locked: false })
  })

  test('loses no change of a bit when three gateways and an administrator change others', async () => {
    const user = await makeUser(subject)
    const gateways = [
      subject.gateway,
      await subject.anotherGateway(),
      await subject.anotherGateway(),
    ]
    for (let round = 0; round < 10; round++) {
      const on = round % 2 === 0
      const values = [
        { active: !on },
        { [AD]: { passwordNeverExpires: on } },
        { [AD]: { smartcardRequired: on } },
      ]
      const answers = await Promise.all(
        gateways.map((gateway, index) =>
          gateway.patch(`/Users/${user.id}`, patchOf({ op: 'replace', value: values[index] })),
        ),
      )
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
      const all = DISABLED | DONT_EXPIRE_PASSWORD | SMARTCARD_REQUIRED
      expect(await controlOf(user)).toBe(NORMAL_ACCOUNT | (on ? all : 0))
    }
    const changes = [...gateways, ...gateways].map((gateway, index) =>
      gateway.patch(
        `/Users/${user.id}`,
        patchOf({ op: 'replace', value: { active: index % 2 === 0 } }),
      ),
    )
    await byAdministrator(user, 'userAccountControl', NORMAL_ACCOUNT | NOT_DELEGATED)
    expect((await Promise.all(changes)).map(({ status }) => status)).toEqual(
      Array.from({ length: 6 }, () => 200),
    )
    expect((await controlOf(user)) & ~DISABLED).toBe(NORMAL_ACCOUNT | NOT_DELEGATED)
  })
})
