import { describe, expect, test } from 'vitest'
import { resourceRules } from '../../src/mapping/rules.ts'
import type { Reference } from '../../src/plan/facts.ts'
import { idOf, resourceOf, unresolvedIn } from '../../src/plan/resource.ts'
import type { Resource } from '../../src/scim/resource.ts'
import { ENTERPRISE_USER_SCHEMA, GROUP_SCHEMA, USER_SCHEMA } from '../../src/scim/urn.ts'
import { byDn, entry, reference } from '../support/entries.ts'
import { rulesOf, shippedRules, userMapping } from '../support/rules.ts'

const rules = shippedRules('openldap')
const user = resourceRules(rules, 'User')
const group = resourceRules(rules, 'Group')
const DN = 'uid=anna,ou=people,dc=example'
const STAMPS = {
  entryUUID: 'a1',
  entryCSN: '20260131080000.000000Z#000000#000#000000',
  createTimestamp: '20260131080000Z',
  modifyTimestamp: '20260201093000Z',
}
const BOSS = reference('User', 'b1', 'uid=boss,ou=people,dc=example', { displayName: 'Bo Ss' })
const OPS = reference('Group', 'g1', 'cn=ops,ou=groups,dc=example', { cn: 'ops' })

type Known = ReadonlyMap<string, Reference | undefined>
const userOf = (attributes: Parameters<typeof entry>[1], known: Known = new Map(), more = {}) =>
  resourceOf(entry(DN, { ...STAMPS, uid: 'anna', ...attributes }), {
    rules,
    resource: user,
    wanted: user.attributes,
    byDn: known,
    links: new Map(),
    baseUrl: 'https://scim.example/v2',
    ...more,
  })
const groupOf = (member: readonly string[], known: Known) =>
  resourceOf(entry('cn=ops,ou=groups,dc=example', { ...STAMPS, cn: 'ops', member }), {
    rules,
    resource: group,
    wanted: group.attributes,
    byDn: known,
    links: new Map(),
    baseUrl: 'https://scim.example/v2',
  })
const versionOf = (resource: Resource) => (resource.meta as { version?: string }).version

test('an entry is a resource with id, schemas and meta', () => {
  expect(
    userOf({
      sn: 'Ax',
      givenName: 'Anna',
      cn: ['Anna Ax', 'A. Ax'],
      mail: 'anna@x',
      mobile: '1',
      pager: '2',
      l: 'Bonn',
      postalAddress: 'Street 1$53111 Bonn',
      'userCertificate;binary': Uint8Array.of(0, 255),
      departmentNumber: 'R&D',
      objectClass: ['top', 'inetOrgPerson'],
      userPassword: '{SSHA}x',
    }),
  ).toEqual({
    schemas: [USER_SCHEMA, ENTERPRISE_USER_SCHEMA],
    id: 'a1',
    userName: 'anna',
    name: { familyName: 'Ax', givenName: 'Anna', formatted: 'Anna Ax' },
    active: true,
    emails: [{ value: 'anna@x', type: 'work', primary: true }],
    phoneNumbers: [
      { value: '1', type: 'mobile' },
      { value: '2', type: 'pager' },
    ],
    addresses: [{ locality: 'Bonn', formatted: 'Street 1\n53111 Bonn', type: 'work' }],
    x509Certificates: [{ value: 'AP8=' }],
    [ENTERPRISE_USER_SCHEMA]: { department: 'R&D' },
    meta: {
      resourceType: 'User',
      created: '2026-01-31T08:00:00.000Z',
      lastModified: '2026-02-01T09:30:00.000Z',
      location: 'https://scim.example/v2/Users/a1',
      version: expect.stringMatching(/^W\/"[\w-]{22}"$/) as string,
    },
  })
})

test('a bare entry has no nulls, empty lists or objects', () => {
  const { meta: _meta, ...rest } = userOf({})
  expect(rest).toEqual({ schemas: [USER_SCHEMA], id: 'a1', userName: 'anna', active: true })
})

test('names of attributes come in any letter case, options set apart', () => {
  expect(userOf({ GIVENNAME: 'Anna', 'title;lang-de': 'Ärztin' })).toMatchObject({
    name: { givenName: 'Anna' },
  })
  expect(userOf({ 'title;lang-de': 'Ärztin' })).not.toHaveProperty('title')
})

test.each([
  ['000001010000Z', false],
  ['20260101000000Z', true],
])('an account that was locked at %s is active: %s', (time, active) => {
  expect(userOf({ pwdAccountLockedTime: time }).active).toBe(active)
})

test('only what was asked for is shown', () => {
  const wanted = user.attributes.filter(({ key }) => key === 'userName')
  const shown = userOf({ sn: 'Ax', mail: 'a@x' }, new Map(), { wanted })
  expect(Object.keys(shown).sort()).toEqual(['id', 'meta', 'schemas', 'userName'])
})

test('what is no value of its type is not shown', () => {
  const own = rulesOf(`schemas:
  acme:
    id: urn:acme
    name: Acme
    attributes: { number: { type: integer }, days: { type: dateTime, multiValued: true } }
${userMapping(['userName: uid', 'acme.number: uidNumber', 'acme.days: description'])}`)
  const resource = resourceRules(own, 'User')
  const shown = (attributes: Parameters<typeof entry>[1]) =>
    resourceOf(entry(DN, { entryUUID: 'a1', uid: 'anna', ...attributes }), {
      rules: own,
      resource,
      wanted: resource.attributes,
      byDn: new Map(),
      links: new Map(),
      baseUrl: '',
    })
  expect(shown({ uidNumber: '7', description: ['20260131080000Z', 'x'] })).toMatchObject({
    schemas: [USER_SCHEMA, 'urn:acme'],
    'urn:acme': { number: 7, days: ['2026-01-31T08:00:00.000Z'] },
  })
  expect(shown({ uidNumber: 'x', description: 'x' })).not.toHaveProperty('urn:acme')
})

describe('a reference', () => {
  test('shows id, URL and name of what is meant', () => {
    expect(userOf({ manager: 'UID=Boss, OU=People, DC=Example' }, byDn(BOSS))).toMatchObject({
      [ENTERPRISE_USER_SCHEMA]: {
        manager: { value: 'b1', $ref: 'https://scim.example/v2/Users/b1', displayName: 'Bo Ss' },
      },
    })
    expect(userOf({ memberOf: 'cn=ops,ou=groups,dc=example' }, byDn(OPS)).groups).toEqual([
      { value: 'g1', $ref: 'https://scim.example/v2/Groups/g1', display: 'ops' },
    ])
  })

  test('of several types says which', () => {
    const dns = ['uid=boss,ou=people,dc=example', 'cn=ops,ou=groups,dc=example']
    expect(groupOf(dns, byDn(BOSS, OPS)).members).toEqual([
      { value: 'b1', $ref: 'https://scim.example/v2/Users/b1', type: 'User', display: 'Bo Ss' },
      { value: 'g1', $ref: 'https://scim.example/v2/Groups/g1', type: 'Group', display: 'ops' },
    ])
  })

  test('to what is no resource, or none of its types, is not shown', () => {
    const stranger = 'cn=admin,dc=example'
    expect(groupOf([stranger, 'cn=nobody,dc=example'], byDn(stranger))).not.toHaveProperty(
      'members',
    )
    expect(userOf({ manager: 'cn=ops,ou=groups,dc=example' }, byDn(OPS))).not.toHaveProperty(
      ENTERPRISE_USER_SCHEMA,
    )
    expect(groupOf(['not a DN'], new Map())).not.toHaveProperty('members')
  })

  test('that nobody has resolved is asked for once, the placeholder never', () => {
    const entries = [
      entry('cn=a,dc=example', { member: ['uid=boss,ou=people,dc=example', 'uid=x,dc=example'] }),
      entry('cn=b,dc=example', { member: ['UID=X,DC=Example', 'cn=Nobody,dc=example', 'no DN'] }),
      entry('cn=c,dc=example', {}),
    ]
    expect(unresolvedIn(entries, group.attributes, byDn(BOSS))).toEqual([
      { text: 'UID=X,DC=Example', key: 'uid=x,dc=example' },
      { text: 'no DN', key: 'no DN' },
    ])
  })
})

describe('the version', () => {
  const dns = ['uid=boss,ou=people,dc=example', 'cn=ops,ou=groups,dc=example']
  const version = versionOf(groupOf(dns, byDn(BOSS, OPS)))

  test('moves with the entry', () => {
    expect(versionOf(userOf({}))).not.toBe(versionOf(userOf({ entryCSN: 'other' })))
  })

  test('moves with what is shown of references, which the server’s does not', () => {
    const renamed = { ...BOSS, attributes: entry('cn=x', { displayName: 'Bo Tt' }).attributes }
    const versions = [
      version,
      versionOf(groupOf(dns, byDn(renamed, OPS))),
      versionOf(groupOf(dns, byDn(BOSS))),
      versionOf(groupOf(dns, byDn({ ...BOSS, id: 'b2' }, OPS))),
    ]
    expect(new Set(versions).size).toBe(4)
  })

  test('does not depend on the order of values or on the URL', () => {
    expect(versionOf(groupOf(dns.toReversed(), byDn(OPS, BOSS)))).toBe(version)
    expect(versionOf(userOf({ manager: dns[0] ?? '' }, byDn(BOSS), { baseUrl: 'http://x' }))).toBe(
      versionOf(userOf({ manager: dns[0] ?? '' }, byDn(BOSS))),
    )
  })

  test('is none where references were left unread', () => {
    const wanted = user.attributes.filter(({ key }) => key !== 'groups')
    expect(versionOf(userOf({}, new Map(), { wanted }))).toBeUndefined()
  })

  describe('of an entry without a version attribute', () => {
    const unstamped = (
      attributes: Parameters<typeof userOf>[0] = {},
      rendering: Parameters<typeof userOf>[2] = {},
    ) => versionOf(userOf({ entryCSN: [], ...attributes }, byDn(BOSS), rendering))

    test('moves with what is shown, and with nothing else', () => {
      const manager = 'uid=boss,ou=people,dc=example'
      const some = [
        unstamped(),
        unstamped({ displayName: 'other' }),
        unstamped({ mail: 'other@x' }),
        unstamped({ manager }),
        unstamped({ modifyTimestamp: '20200101000000Z' }),
      ]
      expect(some.every((version) => version?.startsWith('W/"'))).toBe(true)
      expect(new Set(some).size).toBe(some.length)
      expect(unstamped({ description: 'nobody sees it' })).toBe(unstamped())
      expect(unstamped({ manager }, { baseUrl: 'http://x' })).toBe(unstamped({ manager }))
    })

    test('is none where something was left unread', () => {
      const wanted = user.attributes.filter(({ key }) => key !== 'displayName')
      expect(unstamped({}, { wanted })).toBeUndefined()
    })
  })
})

test('an entry that came without its id attribute has an empty id', () => {
  expect(idOf(entry(DN, {}), rules)).toBe('')
  expect(idOf(entry(DN, { entryuuid: 'a1' }), rules)).toBe('a1')
})

test('a group is of the Group schema', () => {
  expect(groupOf([], new Map())).toMatchObject({
    schemas: [GROUP_SCHEMA],
    displayName: 'ops',
    meta: { resourceType: 'Group', location: 'https://scim.example/v2/Groups/a1' },
  })
})
