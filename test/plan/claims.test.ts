import { expect, test } from 'vitest'
import { resourceRules } from '../../src/mapping/rules.ts'
import { claimsOf } from '../../src/plan/claims.ts'
import type { JsonObject } from '../../src/scim/resource.ts'
import { shippedRules } from '../support/rules.ts'

const rules = shippedRules('openldap')
const claims = (type: string, body: JsonObject) => claimsOf(rules, resourceRules(rules, type), body)
const user = (userName: string, more: JsonObject = {}) =>
  claims('User', { userName, name: { familyName: 'X' }, ...more })

test('a new resource claims its DN and its unique values', () => {
  expect(user('Anna')).toEqual(new Set(['uid=anna,ou=people,dc=example', 'uid=anna']))
  expect(claims('Group', { displayName: 'A, B' })?.size).toBe(1)
})

test('letter case and blanks tell no two apart, as they tell no two entries apart', () => {
  expect(user('  ANNA')).toEqual(user('anna'))
  expect(claims('Group', { displayName: 'a  B' })).toEqual(claims('Group', { displayName: 'A b' }))
})

test('what others may have too is not claimed', () => {
  expect(user('anna', { title: 'Dr.', emails: [{ value: 'a@x', type: 'work' }] })).toEqual(
    user('anna'),
  )
})

test('what will be refused claims nothing that can be told', () => {
  expect(claims('User', {})).toBeUndefined()
  expect(claims('User', { userName: 1 })).toBeUndefined()
})
