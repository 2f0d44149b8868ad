import { describe, expect, test } from 'vitest'
import { printFilter } from '../../src/ldap/filter.ts'
import { resourceRules } from '../../src/mapping/rules.ts'
import { desiredBy } from '../../src/plan/attributes.ts'
import { withReferences } from '../../src/plan/facts.ts'
import { translateFilter } from '../../src/plan/filter.ts'
import { planMemberships } from '../../src/plan/membership.ts'
import { namingAttributes, readingOf } from '../../src/plan/reading.ts'
import { keysOfEntry } from '../../src/plan/reference-names.ts'
import { resourceOf, unresolvedIn } from '../../src/plan/resource.ts'
import { parseFilter } from '../../src/scim/filter.ts'
import { entry, factsOf, reference } from '../support/entries.ts'
import { linesOf } from '../support/plans.ts'
import { ruleOf, shippedRules } from '../support/rules.ts'
import { serverWithout } from '../support/server.ts'

const rules = shippedRules('openldap-posix')
const group = resourceRules(rules, 'Group')
const members = ruleOf(group, 'members', 'reference')
const person = (id: string, uid: string | readonly string[]) =>
  reference('User', id, `cn=${id},ou=people,dc=example`, { uid, displayName: `The ${id}` })
const ANN = person('a1', 'ann')
const BOB = person('b1', ['bob', 'robert'])
const NOBODY = reference('User', 'n1', 'cn=n1,ou=people,dc=example')
const GROUP = reference('Group', 'g1', 'cn=ops,ou=groups,dc=example', { entryUUID: 'g1' })
const known = withReferences(rules, new Map(), [ANN, BOB])
const entryWith = (...memberUid: readonly string[]) =>
  entry('cn=ops,ou=groups,dc=example', { cn: 'ops', entryUUID: 'g1', memberUid })
const valuesFor = (ids: readonly string[], held: readonly string[] = []) => {
  const resource = { members: ids.map((value) => ({ value })) }
  const facts = factsOf([ANN, BOB, NOBODY], { byDn: known })
  return desiredBy(rules, members, resource, facts, entryWith(...held))[0]?.values
}

test('an entry is known by its DN and by each value that names it, letter by letter', () => {
  expect(keysOfEntry(rules, 'User', BOB)).toEqual([
    'cn=b1,ou=people,dc=example',
    'uid\0bob',
    'uid\0robert',
  ])
  expect(keysOfEntry(rules, 'Group', GROUP)).toEqual(['cn=ops,ou=groups,dc=example'])
})

test('what names users is read with them, and is not followed as a DN', () => {
  const server = serverWithout()
  expect(namingAttributes(rules, ['User'], server)).toContain('uid')
  expect(namingAttributes(rules, ['Group'], server)).not.toContain('uid')
  expect(readingOf(rules, group, group.attributes, server)).toMatchObject({ dereference: [] })
})

describe('reading', () => {
  const shown = (...memberUid: readonly string[]) =>
    resourceOf(entryWith(...memberUid), {
      rules,
      resource: group,
      wanted: group.attributes,
      byDn: known,
      links: new Map(),
      baseUrl: '',
    }).members

  test('shows who is named, once, and not what names nobody or in other letters', () => {
    expect(shown('ann', 'robert', 'bob', 'BOB', 'gone')).toEqual([
      { value: 'a1', $ref: '/Users/a1', type: 'User', display: 'The a1' },
      { value: 'b1', $ref: '/Users/b1', type: 'User', display: 'The b1' },
    ])
  })

  test('asks for names that nobody knows, by the attribute', () => {
    expect(unresolvedIn([entryWith('ann', 'gone')], group.attributes, known)).toEqual([
      { text: 'gone', key: 'uid\0gone', by: 'uid' },
    ])
  })
})

describe('writing', () => {
  test('gives the first name, and keeps what names nobody', () => {
    expect(valuesFor(['a1', 'b1'], ['gone'])).toEqual(['ann', 'bob', 'gone'])
  })

  test('keeps the name that is there', () => {
    expect(valuesFor(['b1'], ['ann', 'robert'])).toEqual(['robert'])
  })

  test('refuses who has no name', () => {
    expect(() => valuesFor(['n1'])).toThrow('members: the User "n1" has no uid in the directory')
  })

  test('adds one name and removes all, without reading the group', () => {
    const membership = { rule: members, added: ['a1'], removed: ['b1'] }
    const facts = factsOf([GROUP, ANN, BOB])
    expect(linesOf(planMemberships(rules, group, 'g1', [membership], facts))).toEqual([
      'modify cn=ops,ou=groups,dc=example',
      '+ memberUid: ann',
      '- memberUid: bob | robert',
      expect.stringContaining('entryUUID=g1'),
      'permissive',
    ])
  })
})

describe('a filter', () => {
  const translated = (id: string, uid: string | readonly string[], negated = false) => {
    const text = `members.value eq "${id}"`
    const { filter, exact } = translateFilter(parseFilter(negated ? `not (${text})` : text), {
      rules,
      resource: group,
      server: serverWithout(),
      references: new Map([[id, person(id, uid)]]),
    })
    return [printFilter(filter), exact]
  }

  test('looks for every name', () => {
    expect(translated('a1', 'ann')).toEqual(['(memberUid=ann)', true])
    expect(translated('b1', ['bob', 'robert'])).toEqual([
      '(|(memberUid=bob)(memberUid=robert))',
      true,
    ])
  })

  test('never asks for what cannot be a value, which would make the answer undefined', () => {
    expect(translated('z1', 'zoë', true)).toEqual(['(&)', true])
  })
})
