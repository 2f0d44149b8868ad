import { describe, expect, test } from 'vitest'
import { dnKey, parseDn } from '../../src/ldap/dn.ts'
import { dereferencedIn, referenceOf, typeOfEntry, withReferences } from '../../src/plan/facts.ts'
import { readingOf } from '../../src/plan/reading.ts'
import { resourceRules } from '../../src/mapping/rules.ts'
import { entry, reference } from '../support/entries.ts'
import { shippedRules } from '../support/rules.ts'
import { serverWithout } from '../support/server.ts'

const rules = shippedRules('openldap')
const PERSON = { objectClass: ['top', 'inetOrgPerson'], entryUUID: 'a1', displayName: 'A' }

describe('an entry', () => {
  const typeOf = (dn: string, attributes: Parameters<typeof entry>[1]) =>
    typeOfEntry(rules.resources, parseDn(dn), entry(dn, attributes))?.type.name

  test('is of the type whose base and filter it meets', () => {
    expect(typeOf('UID=a, OU=People, DC=Example', PERSON)).toBe('User')
    expect(typeOf('uid=a,ou=x,ou=people,dc=example', PERSON)).toBe('User')
    expect(typeOf('cn=a,ou=groups,dc=example', { objectClass: 'GroupOfNames' })).toBe('Group')
  })

  test('is of none elsewhere, or when it is something else', () => {
    expect(typeOf('uid=a,ou=groups,dc=example', PERSON)).toBeUndefined()
    expect(typeOf('uid=a,dc=example', PERSON)).toBeUndefined()
    expect(typeOf('uid=a,ou=people,dc=example', { objectClass: 'account' })).toBeUndefined()
    expect(typeOf('uid=a,ou=people,dc=example', {})).toBeUndefined()
  })

  test('can be pointed to where it is a resource with an id', () => {
    const dn = parseDn('uid=a,ou=people,dc=example')
    const { attributes } = entry('uid=a', PERSON)
    expect(referenceOf(rules, rules.resources, dn, { attributes })).toEqual({
      id: 'a1',
      type: 'User',
      dn,
      attributes,
    })
    const anonymous = entry('uid=a', { objectClass: 'inetOrgPerson' })
    expect(referenceOf(rules, rules.resources, dn, anonymous)).toBeUndefined()
  })
})

test('what the dereference control says is known by DN; nothing said means no resource', () => {
  const group = {
    ...entry('cn=ops,ou=groups,dc=example', {}),
    dereferenced: new Map([
      [
        'member',
        [
          {
            dn: 'UID=A,OU=People,DC=Example',
            attributes: entry('uid=a', PERSON).attributes,
          },
          { dn: 'cn=nobody,dc=example', attributes: new Map() },
        ],
      ],
    ]),
  }
  const found = dereferencedIn(rules, [group], [])
  const key = dnKey(parseDn('uid=a,ou=people,dc=example'))
  expect([...found.keys()]).toEqual([key, 'cn=nobody,dc=example'])
  expect(found.get(key)).toMatchObject({ id: 'a1', type: 'User' })
  expect(found.get('cn=nobody,dc=example')).toBeUndefined()
})

test('where a directory leaves out what dangles, what was asked for and is not told is no resource', () => {
  const dangling = 'cn=gone,dc=example'
  const asked = [{ attribute: 'member', attributes: ['nsUniqueId'] }]
  const group = entry('cn=ops,ou=groups,dc=example', { member: dangling, manager: 'cn=unasked' })
  const known = (name: string) => [...dereferencedIn(shippedRules(name), [group], asked)]
  expect(known('389ds')).toEqual([[dangling, undefined]])
  expect(known('openldap')).toEqual([])
})

test('references that are known by id are known by DN as well', () => {
  const boss = reference('User', 'b1', 'UID=Boss,DC=Example')
  const all = withReferences(rules, new Map([['cn=x', undefined]]), [boss])
  expect([...all]).toEqual([
    ['cn=x', undefined],
    ['uid=boss,dc=example', boss],
  ])
})

describe('what is asked of an entry', () => {
  const group = resourceRules(rules, 'Group')

  test('is what the rules fill, each once, and what tells its type and version', () => {
    expect(readingOf(rules, group, group.attributes, serverWithout('dereference'))).toEqual({
      attributes: [
        'entryUUID',
        'entryCSN',
        'createTimestamp',
        'modifyTimestamp',
        'objectClass',
        'cn',
        'member',
      ],
      dereference: [],
    })
  })

  test('follows references where the server can, for their ids and names', () => {
    const { dereference } = readingOf(rules, group, group.attributes, serverWithout())
    expect(dereference.map(({ attribute }) => attribute)).toEqual(['member'])
    expect([...(dereference[0]?.attributes ?? [])].sort()).toEqual([
      'cn',
      'displayName',
      'entryUUID',
      'objectClass',
    ])
  })

  test('leaves out what is not wanted and what the server does not know', () => {
    const user = resourceRules(rules, 'User')
    const some = user.attributes.filter(({ key }) => ['groups', 'active', 'password'].includes(key))
    const reading = readingOf(rules, user, some, serverWithout('memberof'))
    expect(reading.attributes).toContain('pwdAccountLockedTime')
    expect(reading.attributes).not.toContain('memberOf')
    expect(reading.attributes).not.toContain('userPassword')
    expect(reading.attributes).not.toContain('mail')
    expect(reading.dereference).toEqual([])
  })
})
