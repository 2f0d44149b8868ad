import { describe, expect, test } from 'vitest'
import { ds389 } from '../../../src/ldap/dialects/ds389.ts'

test('an id has the form of nsUniqueId, in the letters that the server writes', () => {
  const { id } = ds389
  const own = '7703330e-e75911f1-b9f388aa-553e92a7'
  expect(id.toValue(own)).toBe(own)
  expect(id.toId(own)).toBe(own)
  for (const other of [own.toUpperCase(), own.slice(1), `${own} `, 'nonsense', '']) {
    expect(id.toValue(other)).toBeUndefined()
  }
  expect(id.toValue('01234567-0123-4123-8123-0123456789ab')).toBeUndefined()
})

describe('an account', () => {
  const { activation } = ds389

  test.each([
    [[], true],
    [['true'], false],
    [['TRUE'], false],
    [['false'], true],
    [['yes'], true],
  ])('with nsAccountLock %j is active: %s', (values, active) => {
    expect(activation.isActive(values)).toBe(active)
  })

  test('is switched off by "true", and on by its absence', () => {
    expect(activation.valuesFor(false, [])).toEqual(['true'])
    expect(activation.valuesFor(false, ['false'])).toEqual(['true'])
    expect(activation.valuesFor(true, ['True'])).toEqual([])
    expect(activation.valuesFor(true, ['false'])).toEqual(['false'])
  })
})

test('a refusal without a word may be of an entry that is not there', () => {
  expect(ds389.mayHideAbsence('insufficientAccessRights', '')).toBe(true)
  const words = "Insufficient 'delete' privilege to delete the entry 'uid=a,dc=x'.\n"
  expect(ds389.mayHideAbsence('insufficientAccessRights', words)).toBe(false)
  expect(ds389.mayHideAbsence('unwillingToPerform', '')).toBe(false)
})

// What the server of Debian 12 (2.3.1) wrote.
test.each([
  [
    'Another entry with the same attribute value already exists (attribute: "uid ")',
    { attribute: 'uid', reason: 'notUnique' },
  ],
  [
    'missing attribute "sn" required by object class "inetOrgPerson"\n',
    { attribute: 'sn', reason: 'missing' },
  ],
  ['attribute "gidNumber" not allowed\n', { attribute: 'gidNumber', reason: 'notAllowed' }],
  [
    'single-valued attribute "displayName" has multiple values\n',
    { attribute: 'displayName', reason: 'multipleValues' },
  ],
  ['telephoneNumber: value #0 invalid per syntax\n', { attribute: 'telephoneNumber' }],
  ['Failed to update password\n', { reason: 'passwordPolicy' }],
  ['invalid password syntax - password based off of user entry', { reason: 'passwordPolicy' }],
  ["Insufficient 'write' privilege to the 'title' attribute of entry 'uid=a'.\n", {}],
  ['The value is not 7-bit clean: Łukasz', { quotesValue: true }],
  ['', {}],
])('the diagnostic %j is understood', (diagnostic, diagnosis) => {
  expect(ds389.readDiagnostic(diagnostic)).toEqual(diagnosis)
})
