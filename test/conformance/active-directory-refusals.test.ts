import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeSamba } from '../support/here.ts'
import type { Json } from '../support/gateway.ts'
import type { SambaSubject } from './active-directory-subject.ts'
import { mappedOtherwise, startSambaSubject } from './active-directory-subject.ts'
import { comparable, expectError, freshName, makeUser, patchOf, smallUser } from './subject.ts'

const AD = 'urn:scim2ldap:schemas:extension:ActiveDirectory:User'

describeSamba('what Active Directory refuses', () => {
  let subject: SambaSubject
  beforeAll(async () => {
    subject = await startSambaSubject()
  })
  afterAll(() => subject.stop())

  const refusals = () => subject.gateway.log.filter(({ msg }) => msg === 'the directory refused')

  test.each<readonly [string, Json, RegExp]>([
    ['a name too long', { displayName: 'x'.repeat(257) }, /^displayName is not accepted/],
    [
      'a given name too long',
      { name: { familyName: 'x', givenName: 'x'.repeat(65) } },
      /^name\.givenName is not accepted/,
    ],
    [
      'a picture too large',
      { [AD]: { thumbnailPhoto: Buffer.alloc(102_401).toString('base64') } },
      /:thumbnailPhoto is not accepted/,
    ],
    [
      'a part of a value too long',
      { addresses: [{ type: 'work', country: 'Germany' }] },
      /^addresses\[type eq "work"\]\.country is not accepted/,
    ],
    [
      'a password too weak',
      { password: 'short' },
      /^password does not satisfy the password policy/,
    ],
  ])('%s is 400 in the words of SCIM, on a POST and on a PATCH', async (_, value, detail) => {
    const expected = { status: 400, scimType: 'invalidValue', detail }
    const body = smallUser(value)
    expectError(await subject.gateway.post('/Users', body), expected)
    const user = await makeUser(subject)
    const patch = patchOf({ op: 'replace', value: { title: 'x', ...value } })
    expectError(await subject.gateway.patch(`/Users/${user.id}`, patch), expected)
    // A name that was changed before is as it was, but for the version.
    const after = (await subject.gateway.get(`/Users/${user.id}`)).body
    expect(comparable(after)).toEqual(comparable(user))
  })

  test('no refusal tells the log a value', async () => {
    const secret = freshName('secret')
    await makeUser(subject, smallUser({ userName: secret }))
    await subject.applyLdif(subject.personLdif(subject.outsideDn(`${secret}2`), `${secret}x`))
    const before = refusals().length
    for (const body of [{ userName: `${secret}x` }, { password: secret.slice(0, 5) }]) {
      expect((await subject.gateway.post('/Users', smallUser(body))).status).toBeGreaterThan(399)
    }
    // A DN may be told, as ids may.
    const lines = refusals()
      .slice(before)
      .map(({ dn: _, ...line }) => line)
    expect(lines).toHaveLength(2)
    expect(JSON.stringify(lines)).not.toContain(secret.slice(0, 6))
    expect(lines.map(({ reason }) => reason)).toEqual(['notUnique', 'passwordPolicy'])
  })

  test('for want of rights is a 500 to the client, and tells the operator operation, code and DN', async () => {
    // The account may do nothing there.
    const gateway = await mappedOtherwise(subject, { 'ou=People': 'cn=Users' })
    const userName = freshName('stranger')
    const expected = { status: 500, detail: /^the directory does not let this gateway do that$/ }
    expectError(await gateway.post('/Users', smallUser({ userName })), expected)
    await subject.applyLdif(subject.personLdif(subject.outsideDn(userName), userName))
    const id = await subject.idOf(subject.outsideDn(userName))
    const patch = patchOf({ op: 'replace', value: { title: 'x' } })
    expectError(await gateway.patch(`/Users/${id}`, patch), expected)
    expectError(await gateway.delete(`/Users/${id}`), expected)
    const lines = gateway.log.filter(({ msg }) => msg === 'the directory refused')
    const result = 'insufficientAccessRights'
    const shown = lines.map(({ dn, ...line }) => ({
      ...line,
      dn: subject.normalDn(dn as string),
    }))
    expect(shown).toMatchObject(
      ['add', 'modify', 'delete'].map((operation) => ({
        operation,
        result,
        dn: subject.normalDn(subject.outsideDn(userName)),
        diagnostic: expect.stringContaining('CN=Users'),
      })),
    )
  })
})
