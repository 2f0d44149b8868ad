import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Subject } from '../conformance/subject.ts'
import { freshName, makeUser, patchOf, smallUser, USER } from '../conformance/subject.ts'
import type { Json } from '../support/gateway.ts'
import { onEveryDirectory } from './grounds.ts'

const FORBIDDEN_LDAP = [
  ...['objectClass', 'memberOf', 'userAccountControl', 'adminCount', 'servicePrincipalName'],
  ...['aci', 'userPassword', 'pwdAccountLockedTime', 'nsRoleDN', 'primaryGroupID'],
]

// Mass assignment and prototype pollution: only what the mapping maps is ever written.
onEveryDirectory((subjectOf) => {
  let subject: Subject
  let user: Json

  beforeAll(async () => {
    subject = subjectOf()
    user = await makeUser(subject)
  })
  afterEach(() => {
    expect(({} as Json).polluted).toBeUndefined()
    expect(subject.gateway.log.filter(({ level }) => level >= 50)).toEqual([])
  })

  const path = () => `/Users/${user.id}`
  const stored = () => subject.read(subject.userDn(user.userName))

  it('what is readOnly stays, whatever a body says', async () => {
    const before = await stored()
    const evil: Json = { id: 'evil', meta: { version: 'x', created: '1970-01-01T00:00:00Z' } }
    const put = await subject.gateway.put(path(), { ...user, ...evil })
    expect([put.status, put.body?.id ?? user.id]).toEqual([200, user.id])
    for (const name of ['id', 'meta', 'meta.created', 'schemas', 'groups']) {
      const value = name === 'groups' ? [{ value: user.id }] : 'evil'
      await subject.gateway.patch(path(), patchOf({ op: 'replace', path: name, value }))
    }
    expect(await stored()).toEqual(before)
    const posted = await subject.gateway.post('/Users', smallUser({ ...evil, id: user.id }))
    expect(posted.body.id).not.toBe('evil')
    expect(posted.body.id).not.toBe(user.id)
  })

  it.each(FORBIDDEN_LDAP)('no attribute of SCIM is called %s, in whatever way', async (name) => {
    const before = await stored()
    const urn = `urn:ietf:params:scim:schemas:core:2.0:User:${name}`
    for (const operation of [
      { op: 'add', path: name, value: '1' },
      { op: 'add', path: urn, value: '1' },
      { op: 'add', value: { [name]: '1' } },
      { op: 'replace', value: { [urn]: '1' } },
    ]) {
      await subject.gateway.patch(path(), patchOf(operation))
    }
    await subject.gateway.put(path(), { ...user, [name]: ['1'] })
    expect(await stored()).toEqual(before)
    const body = smallUser({
      [name]: ['1'],
      schemas: [USER, 'urn:evil:schema'],
      'urn:evil:schema': { [name]: '1' },
    })
    const posted = await subject.gateway.post('/Users', body)
    if (posted.status === 201) {
      const entry = await subject.read(subject.userDn(body.userName))
      expect(entry?.attributes[name] ?? []).not.toContain('1')
    } else expect(posted.status).toBe(400)
  })

  describe('prototype pollution', () => {
    it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
      '%s is no name',
      async (name) => {
        const before = await stored()
        const quoted = JSON.stringify(name)
        const bodies = [
          `{"schemas":["${USER}"],"userName":"${freshName()}","name":{"familyName":"x"},${quoted}:{"polluted":true}}`,
          `{"schemas":["${USER}"],"userName":"${freshName()}","name":{"familyName":"x",${quoted}:{"polluted":true}}}`,
        ]
        for (const body of bodies) await subject.gateway.post('/Users', body)
        for (const at of [
          name,
          `${name}.polluted`,
          `name.${name}`,
          `emails[${name} eq "x"].value`,
        ]) {
          const answer = await subject.gateway.patch(
            path(),
            patchOf({ op: 'add', path: at, value: { polluted: true } }),
          )
          expect(answer.status).toBe(400)
        }
        await subject.gateway.patch(
          path(),
          `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","value":{${quoted}:{"polluted":true}}}]}`,
        )
        expect(await stored()).toEqual(before)
      },
    )
  })
})
