import { expect, test } from 'vitest'
import { isAdoptable } from '../../src/plan/adopt.ts'
import { withImmutable } from '../../src/plan/immutable.ts'
import type { ResourceRules } from '../../src/mapping/rules.ts'
import type { Resource } from '../../src/scim/resource.ts'
import { entry } from '../support/entries.ts'
import { userRules } from '../support/rules.ts'

const { rules, user } = userRules(
  [
    'userName: uid',
    'title: { ldap: title, mutability: immutable }',
    'nickName: { ldap: initials, mutability: immutable }',
    'displayName: { ldap: displayName, mutability: immutable }',
  ],
  ['onConflict: { adopt: [title, nickName] }'],
)
const HELD = { userName: 'anna', title: '7', nickName: 'A', displayName: 'Anna' }

const adoptable = (held: Resource, wanted: Resource, resource: ResourceRules = user) =>
  isAdoptable(rules, resource, entry('uid=anna,ou=people,dc=example', {}), held, wanted)

test.each([
  [true, { title: '7', nickName: 'A' }],
  [true, { title: '7', nickName: 'A', displayName: 'Anna', userName: 'else' }],
  [false, { title: '7', nickName: 'A', displayName: 'Else' }],
  [false, { title: '7', nickName: 'a' }],
  [false, { title: '7' }],
  [false, {}],
])('that it may be adopted is %s by %j', (expected, wanted) => {
  expect(adoptable(HELD, wanted)).toBe(expected)
})

test('a key that the directory does not have is no key, whatever the client sends', () => {
  expect(adoptable({ userName: 'anna', title: '7' }, { title: '7' })).toBe(false)
  expect(adoptable({ title: '', nickName: '' }, { title: '', nickName: '' })).toBe(false)
})

test('nothing is adopted where the mapping names no key', () => {
  expect(adoptable(HELD, HELD, { ...user, adoptBy: [] })).toBe(false)
})

test('an immutable attribute that the client leaves out stays', () => {
  const wanted = { userName: 'anna', title: '7' }
  expect(withImmutable(user.attributes, HELD, wanted)).toEqual({ ...HELD, ...wanted })
})

test('an entry with special rights is adopted by nobody, which is no matter where it is not meant', () => {
  const protection = { ...rules.protection, entries: new Set(['uid=anna,ou=people,dc=example']) }
  const own = entry('uid=Anna,ou=people,dc=example', {})
  const may = (wanted: Resource) => isAdoptable({ ...rules, protection }, user, own, HELD, wanted)
  expect(() => may(HELD)).toThrow(expect.objectContaining({ reason: 'protectedEntry' }))
  expect(may({ ...HELD, title: '8' })).toBe(false)
})
