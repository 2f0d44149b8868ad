import { expect, test } from 'vitest'
import { isAdoptable } from '../../src/plan/adopt.ts'
import { withImmutable } from '../../src/plan/immutable.ts'
import { userRules } from '../support/rules.ts'

const { user } = userRules(
  [
    'userName: uid',
    'title: { ldap: title, mutability: immutable }',
    'nickName: { ldap: initials, mutability: immutable }',
    'displayName: { ldap: displayName, mutability: immutable }',
  ],
  ['onConflict: { adopt: [title, nickName] }'],
)
const HELD = { userName: 'anna', title: '7', nickName: 'A', displayName: 'Anna' }

test.each([
  [true, { title: '7', nickName: 'A' }],
  [true, { title: '7', nickName: 'A', displayName: 'Anna', userName: 'else' }],
  [false, { title: '7', nickName: 'A', displayName: 'Else' }],
  [false, { title: '7', nickName: 'a' }],
  [false, { title: '7' }],
  [false, {}],
])('that it may be adopted is %s by %j', (adoptable, wanted) => {
  expect(isAdoptable(user, HELD, wanted)).toBe(adoptable)
})

test('a key that the directory does not have is no key, whatever the client sends', () => {
  expect(isAdoptable(user, { userName: 'anna', title: '7' }, { title: '7' })).toBe(false)
  expect(isAdoptable(user, { title: '', nickName: '' }, { title: '', nickName: '' })).toBe(false)
})

test('nothing is adopted where the mapping names no key', () => {
  expect(isAdoptable({ ...user, adoptBy: [] }, HELD, HELD)).toBe(false)
})

test('an immutable attribute that the client leaves out stays', () => {
  const wanted = { userName: 'anna', title: '7' }
  expect(withImmutable(user.attributes, HELD, wanted)).toEqual({ ...HELD, ...wanted })
})
