import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { describeSamba } from '../support/here.ts'
import type { Json } from '../support/gateway.ts'
import { folderWith } from '../support/folder.ts'
import { startGateway } from '../support/gateway.ts'
import { ldapread } from '../support/ldapsearch.ts'
import { SHIPPED_MAPPINGS } from '../support/rules.ts'
import type { SambaSubject } from './active-directory-subject.ts'
import { startSambaSubject } from './active-directory-subject.ts'
import {
  expectError,
  filtered,
  freshName,
  groupBody,
  makeUser,
  patchOf,
  smallUser,
} from './subject.ts'

const AD = 'urn:scim2ldap:schemas:extension:ActiveDirectory:User'

const tagged = (tag: string) => ({ ldap: 'proxyAddresses', as: { tagged: tag } })

/** Maps laid over maps; anything else takes the place of what was there. */
function merged(under: Json, over: Json): Json {
  const isMap = (value: Json) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isMap(under) || !isMap(over)) return over
  const entries = Object.entries(over).map(([key, value]) => [key, merged(under[key], value)])
  return { ...under, ...Object.fromEntries(entries) }
}

describeSamba('accounts of Active Directory', () => {
  let subject: SambaSubject
  beforeAll(async () => {
    subject = await startSambaSubject()
  })
  afterAll(() => subject.stop())

  /** What the entry of a user has, beside what every mapping writes. */
  async function entryOf(user: Json): Promise<Readonly<Record<string, readonly string[]>>> {
    return (await ldapread(subject.server, subject.userDn(user)))?.attributes ?? {}
  }

  async function replace(user: Json, value: Json): Promise<Json> {
    const answer = await subject.gateway.patch(
      `/Users/${user.id}`,
      patchOf({ op: 'replace', value }),
    )
    expect(answer.status).toBe(200)
    return answer.body
  }

  test('the id is what Windows shows of objectGUID', async () => {
    const user = await makeUser(subject)
    expect(user.id).toBe(await subject.idOf(subject.userDn(user)))
  })

  test('a new account is an ordinary one that is on, though nobody knows its password', async () => {
    const user = await makeUser(subject)
    const entry = await entryOf(user)
    expect(entry.userAccountControl).toEqual(['512'])
    expect(entry.pwdLastSet).not.toEqual(['0'])
    expect(await subject.canLogOn(subject.userDn(user), 'Aa1-guess')).toBe(false)
  })

  test('switching it off and on leaves the other bits of userAccountControl', async () => {
    const user = await makeUser(subject)
    const DONT_EXPIRE_PASSWORD_SMARTCARD_REQUIRED = 0x10000 | 0x40000 | 0x200
    await subject.applyLdif(
      `dn: ${subject.userDn(user)}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: ${DONT_EXPIRE_PASSWORD_SMARTCARD_REQUIRED}\n\n`,
    )
    expect(await replace(user, { active: false })).toMatchObject({ active: false })
    expect((await entryOf(user)).userAccountControl).toEqual([
      String(DONT_EXPIRE_PASSWORD_SMARTCARD_REQUIRED | 2),
    ])
    expect(await replace(user, { active: true })).toMatchObject({ active: true })
    expect((await entryOf(user)).userAccountControl).toEqual([
      String(DONT_EXPIRE_PASSWORD_SMARTCARD_REQUIRED),
    ])
  })

  test('a userPrincipalName that an account elsewhere in the forest has is 409, by its name', async () => {
    const userName = freshName('elsewhere')
    await subject.applyLdif(subject.personLdif(subject.outsideDn(userName), userName))
    const answer = await subject.gateway.post('/Users', smallUser({ userName }))
    expectError(answer, { status: 409, scimType: 'uniqueness', detail: /^userName is taken/ })
  })

  test('a country is there in letters, in words and as a number', async () => {
    const address = { type: 'work', locality: 'Köln', country: 'DE' }
    const user = await makeUser(subject, smallUser({ addresses: [address] }))
    expect(user.addresses).toEqual([address])
    expect(await entryOf(user)).toMatchObject({ c: ['DE'], co: ['Germany'], countryCode: ['276'] })
    await replace(user, { addresses: [{ ...address, country: 'FR' }] })
    expect(await entryOf(user)).toMatchObject({ c: ['FR'], co: ['France'], countryCode: ['250'] })
    await replace(user, { addresses: [] })
    expect(await entryOf(user)).not.toHaveProperty('co')
    expect(await entryOf(user)).toMatchObject({ countryCode: ['0'] })
  })

  test('an account expires when it is told to, and never again', async () => {
    const accountExpires = '2027-01-31T08:00:00.000Z'
    const user = await makeUser(subject, smallUser({ [AD]: { accountExpires } }))
    expect(user[AD]).toEqual({ accountExpires })
    expect((await entryOf(user)).accountExpires).toEqual(['134458560000000000'])
    const path = filtered('/Users', `${AD}:accountExpires gt "2027-01-01T00:00:00Z"`)
    expect((await subject.gateway.get(path)).body.Resources).toMatchObject([{ id: user.id }])
    const after = await subject.gateway.patch(
      `/Users/${user.id}`,
      patchOf({ op: 'remove', path: `${AD}:accountExpires` }),
    )
    expect(after.body).not.toHaveProperty(AD)
    expect((await entryOf(user)).accountExpires).toEqual(['9223372036854775807'])
  })

  test('a picture is kept as it is, and changed', async () => {
    const first = Buffer.from('ffd8ffe000104a46494600', 'hex').toString('base64')
    const second = Buffer.from('89504e470d0a1a0a00', 'hex').toString('base64')
    const user = await makeUser(subject, smallUser({ [AD]: { thumbnailPhoto: first } }))
    expect(user[AD]).toEqual({ thumbnailPhoto: first })
    expect(await replace(user, { [AD]: { thumbnailPhoto: second } })).toMatchObject({
      [AD]: { thumbnailPhoto: second },
    })
  })

  test('sAMAccountName and objectSid are shown to who asks, and found by', async () => {
    const user = await makeUser(subject)
    expect(user).not.toHaveProperty(AD)
    const { body } = await subject.gateway.get(
      `/Users/${user.id}?attributes=${AD}:sAMAccountName,${AD}:objectSid`,
    )
    expect(body[AD]).toEqual({
      sAMAccountName: user.userName,
      objectSid: expect.stringMatching(/^S-1-5-21-\d+-\d+-\d+-\d+$/),
    })
    const found = await subject.gateway.get(
      filtered('/Users', `${AD}:objectSid eq "${body[AD].objectSid}"`),
    )
    expect(found.body.Resources).toMatchObject([{ id: user.id }])
  })

  test('what the domain itself needs is out of reach', async () => {
    const administrator = await subject.idOf(subject.server.adminDn)
    expectError(await subject.gateway.get(`/Users/${administrator}`), { status: 404 })
    const group = groupBody(freshName(), [{ id: administrator }])
    expectError(await subject.gateway.post('/Groups', group), {
      status: 400,
      scimType: 'invalidValue',
    })
  })

  test('proxyAddresses has the primary address by its capital letters, and mail follows', async () => {
    const shipped = readFileSync(join(SHIPPED_MAPPINGS, 'active-directory.yaml'), 'utf8')
    const mapping = stringify(
      merged(parse(shipped), {
        resources: {
          User: {
            attributes: {
              emails: [
                { type: 'work', primary: true, value: tagged('SMTP:') },
                { type: 'other', each: tagged('smtp:') },
              ],
            },
            write: {
              mail: {
                on: 'always',
                value: '{% assign main = emails | where: "type", "work" | first %}{{ main.value }}',
              },
            },
          },
        },
      }),
    )
    const folder = folderWith({ 'mapping.yaml': mapping })
    const gateway = await startGateway(subject.server, { mapping: join(folder, 'mapping.yaml') })
    try {
      const emails = [
        { type: 'work', value: 'a@corp.example' },
        { type: 'other', value: 'b@corp.example' },
      ]
      const { body: user } = await gateway.post('/Users', smallUser({ emails }))
      const dn = subject.userDn(user)
      await subject.applyLdif(
        `dn: ${dn}\nchangetype: modify\nadd: proxyAddresses\nproxyAddresses: X500:/o=x\n\n`,
      )
      const swapped = emails.map(({ type }, index) => ({ type, value: emails[1 - index]?.value }))
      const put = await gateway.put(`/Users/${user.id}`, { ...user, emails: swapped })
      expect(put.status).toBe(200)
      expect(put.body.emails).toEqual([{ ...swapped[0], primary: true }, swapped[1]])
      const entry = await ldapread(subject.server, dn)
      expect(entry?.attributes.mail).toEqual(['b@corp.example'])
      expect(new Set(entry?.attributes.proxyAddresses)).toEqual(
        new Set(['SMTP:b@corp.example', 'smtp:a@corp.example', 'X500:/o=x']),
      )
      const found = await gateway.get(
        filtered('/Users', 'emails[type eq "work"].value eq "b@corp.example"'),
      )
      expect(found.body.Resources).toMatchObject([{ id: user.id }])
      const none = await gateway.get(
        filtered('/Users', 'emails[type eq "work"].value eq "a@corp.example"'),
      )
      expect(none.body.totalResults).toBe(0)
    } finally {
      await gateway.stop()
    }
  })
})
