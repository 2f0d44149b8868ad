import { describe, expect, test } from 'vitest'
import { printFilter } from '../../src/ldap/filter.ts'
import { resourceRules } from '../../src/mapping/rules.ts'
import { planCreate, questionOfCreate, refuseReadOnly } from '../../src/plan/create.ts'
import type { Facts } from '../../src/plan/facts.ts'
import type { Resource } from '../../src/scim/resource.ts'
import { ENTERPRISE_USER_SCHEMA } from '../../src/scim/urn.ts'
import { refusalOf } from '../scim/refusal.ts'
import { entry, factsOf, reference } from '../support/entries.ts'
import { linesOf } from '../support/plans.ts'
import { shippedRules, userRules } from '../support/rules.ts'
import { serverWithout } from '../support/server.ts'

const rules = shippedRules('openldap')
const user = resourceRules(rules, 'User')
const group = resourceRules(rules, 'Group')
const BOSS = reference('User', 'b1', 'uid=boss,ou=people,dc=example')

const plan = (body: Resource, facts: Facts = factsOf([BOSS]), resource = user) =>
  planCreate(rules, resource, body, facts)

describe('a POST', () => {
  test('is one add with everything in it', () => {
    const { steps, readAfter, moved } = plan({
      userName: 'anna',
      name: { givenName: 'Anna', familyName: 'Ax' },
      active: false,
      emails: [{ value: 'a@x', type: 'work' }],
      [ENTERPRISE_USER_SCHEMA]: { manager: { value: 'b1' } },
    })
    expect(linesOf({ steps })).toEqual([
      'add uid=anna,ou=people,dc=example',
      '+ objectClass: inetOrgPerson',
      '+ uid: anna',
      '+ sn: Ax',
      '+ givenName: Anna',
      '+ cn: Anna Ax',
      '+ pwdAccountLockedTime: 000001010000Z',
      '+ mail: a@x',
      '+ manager: uid=boss,ou=people,dc=example',
      'postRead',
    ])
    expect([readAfter, moved]).toEqual([false, undefined])
  })

  test('can be undone', () => {
    const { steps } = plan({ userName: 'anna' })
    expect(steps[0]?.undo).toEqual({ kind: 'delete', dn: steps[0]?.write.dn })
  })

  test('sets the password when the entry is there, so that the server hashes it', () => {
    const { steps, readAfter } = plan({ userName: 'anna', password: 'geheim' })
    expect(linesOf({ steps })).toEqual([
      'add uid=anna,ou=people,dc=example',
      '+ objectClass: inetOrgPerson',
      '+ uid: anna',
      '+ sn: anna',
      '+ cn: anna',
      'password uid=anna,ou=people,dc=example: geheim',
    ])
    expect(readAfter).toBe(true)
  })

  test('of an account that is off switches it off again after the password, which switched it on', () => {
    const lines = linesOf(plan({ userName: 'anna', password: 'geheim', active: false }))
    expect(lines).toContain('+ pwdAccountLockedTime: 000001010000Z')
    expect(lines.slice(-3)).toEqual([
      'password uid=anna,ou=people,dc=example: geheim',
      'modify uid=anna,ou=people,dc=example',
      '= pwdAccountLockedTime: 000001010000Z',
    ])
  })

  test('is read afterwards where the server has no post-read control', () => {
    const { steps, readAfter } = plan(
      { userName: 'anna' },
      factsOf([], { server: serverWithout('postRead') }),
    )
    expect(linesOf({ steps })).not.toContain('postRead')
    expect(readAfter).toBe(true)
  })

  test('asks back what the server knows', () => {
    const { steps } = plan({ userName: 'anna' }, factsOf([], { server: serverWithout('memberof') }))
    const [write] = steps.map((step) => step.write)
    const asked = write !== undefined && 'postRead' in write ? write.postRead : []
    expect(asked).toEqual(
      expect.arrayContaining(['entryUUID', 'entryCSN', 'createTimestamp', 'uid']),
    )
    expect(asked).not.toContain('memberOf')
    expect(asked).not.toContain('userPassword')
  })

  test('of a group without members puts the placeholder in', () => {
    expect(linesOf(plan({ displayName: 'ops' }, factsOf(), group))).toEqual([
      'add cn=ops,ou=groups,dc=example',
      '+ objectClass: groupOfNames',
      '+ cn: ops',
      '+ member: cn=nobody,dc=example',
      'postRead',
    ])
    expect(
      linesOf(plan({ displayName: 'ops', members: [{ value: 'b1' }] }, factsOf([BOSS]), group)),
    ).toContain('+ member: uid=boss,ou=people,dc=example')
  })

  test('writes what no attribute carries, and the RDN’s values', () => {
    const own = userRules(
      ['userName: mail', 'displayName: cn', 'nickName: ou;x-nick'],
      [
        'dn: uid={{ userName }}+ou={{ displayName }},ou=people,{{ suffix }}',
        'write:',
        "  gecos: { on: create, value: '{{ displayName }}' }",
        "  title: { on: always, value: '{{ nickName }}' }",
        '  description: { on: always, value: fixed }',
      ],
    )
    const { steps } = planCreate(
      own.rules,
      own.user,
      { userName: 'a', displayName: 'A' },
      factsOf(),
    )
    expect(linesOf({ steps })).toEqual([
      'add uid=a+ou=A,ou=people,dc=example',
      '+ objectClass: inetOrgPerson',
      '+ mail: a',
      '+ cn: A',
      '+ gecos: A',
      '+ description: fixed',
      '+ uid: a',
      '+ ou: A',
      'postRead',
    ])
  })

  test('refuses what cannot be said, before anything is done', () => {
    const manager = { [ENTERPRISE_USER_SCHEMA]: { manager: { value: 'x' } } }
    expect(refusalOf(() => plan({ userName: 'anna', ...manager })).scimType).toBe('invalidValue')
    expect(refusalOf(() => plan({ displayName: 'x' })).detail).toBe(
      'userName is required: it names the entry',
    )
  })
})

describe('what shall be unique', () => {
  const own = userRules([
    'userName: uid',
    'externalId: { ldap: employeeNumber, uniqueness: server }',
    'displayName: cn',
  ])
  const body = { userName: 'an(n)a', externalId: '7', displayName: 'A' }

  test('is looked for beforehand, with the ids that the body names', () => {
    const { ids, clashes, read } = questionOfCreate(user, {
      userName: 'anna',
      [ENTERPRISE_USER_SCHEMA]: { manager: { value: 'b1' } },
    })
    expect(ids).toEqual([{ id: 'b1', types: ['User'] }])
    expect(clashes).toEqual({
      type: 'User',
      filter: { kind: 'equal', attribute: 'uid', value: 'anna' },
    })
    expect(read).toBeUndefined()
    const several = questionOfCreate(own.user, body).clashes
    expect(several && printFilter(several.filter)).toBe('(|(uid=an\\28n\\29a)(employeeNumber=7))')
    expect(questionOfCreate(group, { displayName: 'ops' })).toEqual({ ids: [] })
  })

  test('and cannot be is refused as everywhere', () => {
    const kinds = userRules([
      'userName: uid',
      'userType: { ldap: employeeType, uniqueness: server, as: { enum: { Boss: B } } }',
    ]).user
    expect(refusalOf(() => questionOfCreate(kinds, { userName: 'a', userType: 'Intern' }))).toEqual(
      {
        status: 400,
        scimType: 'invalidValue',
        detail: 'userType must be one of "Boss"',
      },
    )
  })

  test.each([
    [{ uid: 'AN(N)A' }, 'userName'],
    [{ uid: 'x', employeeNumber: ['5', '7'] }, 'externalId'],
  ])('and taken by %j is refused', (attributes, name) => {
    const clashes = [entry('uid=x,ou=people,dc=example', attributes)]
    expect(
      refusalOf(() => planCreate(own.rules, own.user, body, factsOf([], { clashes }))),
    ).toEqual({
      status: 409,
      scimType: 'uniqueness',
      detail: `${name} is taken by another User`,
    })
  })
})

describe('a value for a readOnly attribute', () => {
  const own = userRules([
    'userName: uid',
    'title: { ldap: title, mutability: readOnly, onWrite: refuse }',
    'name.givenName: { ldap: givenName, mutability: readOnly, onWrite: refuse }',
    'enterprise.division: { ldap: ou, mutability: readOnly, onWrite: refuse }',
    'displayName: { ldap: cn, mutability: readOnly }',
  ]).user

  test.each<readonly [unknown, string]>([
    [{ TITLE: 'x' }, 'title is readOnly'],
    [{ Name: { GivenName: 'x' } }, 'name.givenName is readOnly'],
    [
      { [ENTERPRISE_USER_SCHEMA.toLowerCase()]: { division: 'x' } },
      `${ENTERPRISE_USER_SCHEMA}:division is readOnly`,
    ],
  ])('is refused where the mapping says so: %j', (body, detail) => {
    expect(refusalOf(() => refuseReadOnly(own.attributes, body))).toEqual({
      status: 400,
      scimType: 'mutability',
      detail,
    })
  })

  test.each([{ displayName: 'x' }, { name: { familyName: 'x' } }, { name: 'x' }, {}, null, []])(
    'is ignored elsewhere: %j',
    (body) => expect(() => refuseReadOnly(own.attributes, body)).not.toThrow(),
  )

  test('is never written', () => {
    const { steps } = planCreate(
      rules,
      own,
      { userName: 'a', title: 'x', displayName: 'x' },
      factsOf(),
    )
    expect(linesOf({ steps })).toEqual([
      'add uid=a,ou=people,dc=example',
      '+ objectClass: inetOrgPerson',
      '+ uid: a',
      'postRead',
    ])
  })
})
