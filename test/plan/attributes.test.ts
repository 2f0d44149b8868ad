import { describe, expect, test } from 'vitest'
import type { Entry } from '../../src/ldap/entry.ts'
import type { Value } from '../../src/ldap/value.ts'
import { resourceRules } from '../../src/mapping/rules.ts'
import { desiredBy, referencesOf, idsIn, isReadOnly } from '../../src/plan/attributes.ts'
import type { Facts } from '../../src/plan/facts.ts'
import type { Resource } from '../../src/scim/resource.ts'
import { ENTERPRISE_USER_SCHEMA } from '../../src/scim/urn.ts'
import { refusalOf } from '../scim/refusal.ts'
import { byDn, entry, factsOf, reference } from '../support/entries.ts'
import { ruleOf, shippedRules, userRules } from '../support/rules.ts'
import { serverWithout } from '../support/server.ts'

const rules = shippedRules('openldap')
const user = resourceRules(rules, 'User')
const group = resourceRules(rules, 'Group')
const BOSS = reference('User', 'b1', 'uid=boss,ou=people,dc=example')
const OPS = reference('Group', 'g1', 'cn=ops,ou=groups,dc=example')
const PLACEHOLDER = 'cn=nobody,dc=example'

/** The values by LDAP attribute that a rule wants. */
function wanted(
  key: string,
  body: Resource,
  {
    facts = factsOf([BOSS, OPS]),
    now,
    of = user,
  }: { facts?: Facts; now?: Entry; of?: typeof user } = {},
): Readonly<Record<string, readonly Value[]>> {
  const rule = of.attributes.find((candidate) => candidate.key === key)
  if (rule === undefined) throw new Error(`no rule ${key}`)
  return Object.fromEntries(
    desiredBy(rules, rule, body, facts, now).map(({ ldap, values }) => [ldap, values]),
  )
}

describe('a value', () => {
  test('is written as it is, or none', () => {
    expect(wanted('userName', { userName: 'a,b' })).toEqual({ uid: ['a,b'] })
    expect(wanted('title', {})).toEqual({ title: [] })
  })

  test('that is missing has its default, where that says something', () => {
    expect(wanted('name.formatted', { name: { givenName: 'A', familyName: 'B' } })).toEqual({
      cn: ['A B'],
    })
    expect(wanted('name.formatted', { displayName: 'D', userName: 'u' })).toEqual({ cn: ['D'] })
    expect(wanted('name.familyName', { userName: 'u' })).toEqual({ sn: ['u'] })
    expect(wanted('name.familyName', {})).toEqual({ sn: [] })
    expect(wanted('name.familyName', { name: { familyName: 'B' }, displayName: 'D' })).toEqual({
      sn: ['B'],
    })
  })

  test('knows what there is now', () => {
    const rule = ruleOf(user, 'title', 'value')
    expect(
      desiredBy(rules, rule, { title: 'b' }, factsOf(), entry('uid=a', { TITLE: 'a' })),
    ).toEqual([{ ldap: 'title', current: ['a'], values: ['b'] }])
  })

  test('that LDAP cannot hold is refused', () => {
    const own = userRules([
      'userName: uid',
      'userType: { ldap: employeeType, as: { enum: { Employee: E, Contractor: C } } }',
    ])
    const rule = ruleOf(own.user, 'userType', 'value')
    expect(refusalOf(() => desiredBy(own.rules, rule, { userType: 'Intern' }, factsOf()))).toEqual({
      status: 400,
      scimType: 'invalidValue',
      detail: 'userType must be one of "Employee", "Contractor"',
    })
  })
})

describe('values of several types', () => {
  test('go to the place of their type, whatever its letter case', () => {
    expect(
      wanted('phoneNumbers', {
        phoneNumbers: [
          { value: '1', type: 'Mobile' },
          { value: '2', type: 'work' },
        ],
      }),
    ).toEqual({
      telephoneNumber: ['2'],
      mobile: ['1'],
      homePhone: [],
      facsimileTelephoneNumber: [],
      pager: [],
    })
  })

  test('without a type go to the primary place, else to the first that is free', () => {
    expect(wanted('emails', { emails: [{ value: 'a@x' }] })).toEqual({ mail: ['a@x'] })
    expect(
      wanted('phoneNumbers', {
        phoneNumbers: [{ value: '1', type: 'work' }, { value: '2' }],
      }),
    ).toMatchObject({ telephoneNumber: ['1'], mobile: ['2'] })
  })

  test('are taken apart, a sub-attribute each', () => {
    expect(
      wanted('addresses', {
        addresses: [
          { type: 'work', locality: 'Bonn', formatted: 'A 1\nBonn' },
          { type: 'home', formatted: 'B 2' },
        ],
      }),
    ).toEqual({
      street: [],
      l: ['Bonn'],
      st: [],
      postalCode: [],
      postalAddress: ['A 1$Bonn'],
      homePostalAddress: ['B 2'],
    })
  })

  test.each([
    [{ type: 'home', formatted: 'B', locality: 'Bonn' }, 'addresses[type eq "home"].locality'],
    [{ type: 'work', locality: 'Bonn', country: 'DE' }, 'addresses[type eq "work"].country'],
    [{ type: 'work', locality: 'Bonn', primary: true }, 'addresses[type eq "work"].primary'],
  ])('with a part that has no place are not cut without a word: %j', (address, name) => {
    expect(refusalOf(() => wanted('addresses', { addresses: [address] }))).toEqual({
      status: 400,
      scimType: 'invalidValue',
      detail: `the directory has no place for ${name}`,
    })
  })

  test('are primary where their place says so, whatever the client says', () => {
    expect(wanted('emails', { emails: [{ value: 'a@x', type: 'work' }] })).toEqual({
      mail: ['a@x'],
    })
    const email = { value: 'a@x', type: 'work', primary: false }
    expect(refusalOf(() => wanted('emails', { emails: [email] })).detail).toBe(
      'the directory has no place for emails[type eq "work"].primary',
    )
  })

  test('share an attribute that holds all of them', () => {
    expect(
      wanted('x509Certificates', { x509Certificates: [{ value: 'AA==' }, { value: '/w==' }] }),
    ).toEqual({ 'userCertificate;binary': [Uint8Array.of(0), Uint8Array.of(255)] })
  })

  test.each([
    [
      [{ value: 'a@x', type: 'home' }],
      'emails: the directory has no place for a value of type "home"; types with a place: work',
    ],
    [
      [
        { value: 'a@x', type: 'work' },
        { value: 'b@x', type: 'work' },
      ],
      'emails: the directory keeps one value of type "work"',
    ],
    [
      [
        { value: 'a@x', type: 'work' },
        { value: 'b@x', type: 'WORK' },
      ],
      'emails: the directory keeps one value of type "WORK"',
    ],
    [[{ value: 'a@x' }, { value: 'b@x' }], 'emails: the directory has no place for another value'],
  ])('that find no place are refused: %j', (emails, detail) => {
    expect(refusalOf(() => wanted('emails', { emails }))).toEqual({
      status: 400,
      scimType: 'invalidValue',
      detail,
    })
  })

  test('that find no place are left out where the mapping says so', () => {
    const own = userRules([
      'userName: uid',
      'emails: { slots: [ { type: work, value: mail } ], unmapped: ignore }',
    ])
    const emails = [
      { value: 'h@x', type: 'home' },
      { value: 'w@x', type: 'work' },
    ]
    expect(wanted('emails', { emails }, { of: own.user })).toEqual({ mail: ['w@x'] })
  })
})

describe('references', () => {
  test('become DNs', () => {
    expect(
      wanted('enterprise.manager', { [ENTERPRISE_USER_SCHEMA]: { manager: { value: 'b1' } } }),
    ).toEqual({ manager: ['uid=boss,ou=people,dc=example'] })
    expect(
      wanted('members', { members: [{ value: 'g1' }, { value: 'b1' }] }, { of: group }),
    ).toEqual({ member: ['cn=ops,ou=groups,dc=example', 'uid=boss,ou=people,dc=example'] })
  })

  test('that mean nothing, or another type, are refused together', () => {
    expect(
      refusalOf(() =>
        wanted(
          'members',
          { members: [{ value: 'x' }, { value: 'b1' }, { value: 'y"' }] },
          { of: group },
        ),
      ),
    ).toEqual({
      status: 400,
      scimType: 'invalidValue',
      detail: 'members: no User or Group has the id "x", "y\\""',
    })
    const manager = { [ENTERPRISE_USER_SCHEMA]: { manager: { value: 'g1' } } }
    expect(refusalOf(() => wanted('enterprise.manager', manager)).detail).toBe(
      `${ENTERPRISE_USER_SCHEMA}:manager: no User has the id "g1"`,
    )
  })

  test('that are there keep the directory’s spelling', () => {
    const now = entry('cn=x', { member: 'UID=Boss,OU=People,DC=Example' })
    expect(wanted('members', { members: [{ value: 'b1' }] }, { of: group, now })).toEqual({
      member: ['UID=Boss,OU=People,DC=Example'],
    })
  })

  test('to what is no resource stay, for clients cannot see them', () => {
    const stranger = 'cn=admin,dc=example'
    const now = entry('cn=x', { member: [stranger, 'uid=boss,ou=people,dc=example'] })
    const facts = factsOf([OPS], { byDn: byDn(stranger, BOSS) })
    expect(wanted('members', { members: [{ value: 'g1' }] }, { of: group, now, facts })).toEqual({
      member: ['cn=ops,ou=groups,dc=example', stranger],
    })
    expect(wanted('members', {}, { of: group, now, facts })).toEqual({ member: [stranger] })
    const managed = entry('uid=a', { manager: stranger })
    expect(wanted('enterprise.manager', {}, { now: managed, facts })).toEqual({
      manager: [stranger],
    })
    const boss = { [ENTERPRISE_USER_SCHEMA]: { manager: { value: 'b1' } } }
    expect(wanted('enterprise.manager', boss, { now: managed, facts })).toEqual({
      manager: ['uid=boss,ou=people,dc=example'],
    })
  })

  test('leave a placeholder where there are none', () => {
    expect(wanted('members', {}, { of: group })).toEqual({ member: [PLACEHOLDER] })
    const facts = factsOf([BOSS], { byDn: byDn(BOSS) })
    const one = entry('cn=x', { member: 'uid=boss,ou=people,dc=example' })
    expect(wanted('members', {}, { of: group, now: one, facts })).toEqual({ member: [PLACEHOLDER] })
    const none = entry('cn=x', { member: 'CN=Nobody,DC=Example' })
    expect(wanted('members', {}, { of: group, now: none, facts })).toEqual({
      member: ['CN=Nobody,DC=Example'],
    })
    expect(
      wanted('members', { members: [{ value: 'b1' }] }, { of: group, now: none, facts }),
    ).toEqual({ member: ['uid=boss,ou=people,dc=example'] })
  })

  test('are asked for beforehand, save those that are readOnly', () => {
    const body = {
      groups: [{ value: 'g1' }],
      [ENTERPRISE_USER_SCHEMA]: { manager: { value: 'b1' } },
    }
    expect(idsIn(user.attributes, body)).toEqual([{ id: 'b1', types: ['User'] }])
    expect(idsIn(group.attributes, { members: [{ value: 'b1' }, { value: 'g1' }] })).toEqual([
      { id: 'b1', types: ['User', 'Group'] },
      { id: 'g1', types: ['User', 'Group'] },
    ])
    expect(isReadOnly(ruleOf(user, 'groups', 'reference'))).toBe(true)
    expect(
      referencesOf(ruleOf(group, 'members', 'reference'), ['b1'], factsOf([BOSS]).references),
    ).toEqual([BOSS])
  })
})

describe('whether an account is active', () => {
  const LOCKED = '000001010000Z'
  const now = (values: readonly string[]) => entry('uid=a', { pwdAccountLockedTime: values })

  test.each<readonly [boolean, readonly string[], readonly string[]]>([
    [false, [], [LOCKED]],
    [false, [LOCKED], [LOCKED]],
    [false, ['20260101000000Z'], [LOCKED]],
    [true, [], []],
    [true, [LOCKED], []],
    // Locked by failed logons: not for a client to lift.
    [true, ['20260101000000Z'], ['20260101000000Z']],
  ])('%s: from %j to %j', (active, from, to) => {
    expect(wanted('active', { active }, { now: now(from) })).toEqual({ pwdAccountLockedTime: to })
  })

  test('is left alone where nothing is said', () => {
    expect(wanted('active', {}, { now: now([LOCKED]) })).toEqual({})
  })

  test('cannot be said to a server without the attribute', () => {
    const facts = factsOf([], { server: serverWithout('ppolicy') })
    expect(refusalOf(() => wanted('active', { active: false }, { facts }))).toEqual({
      status: 400,
      scimType: 'invalidValue',
      detail: "active cannot be false: the directory's schema has no pwdAccountLockedTime",
    })
    expect(wanted('active', { active: true }, { facts })).toEqual({ pwdAccountLockedTime: [] })
  })
})

test('a password is no attribute to be written', () => {
  expect(wanted('password', { password: 'x' })).toEqual({})
})
