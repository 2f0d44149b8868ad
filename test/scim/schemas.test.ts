import { describe, expect, test } from 'vitest'
import type { Attribute } from '../../src/scim/attribute.ts'
import { COMMON_ATTRIBUTES } from '../../src/scim/common-attributes.ts'
import { findAttribute } from '../../src/scim/schema.ts'
import { ENTERPRISE_USER } from '../../src/scim/schemas/enterprise-user.ts'
import { GROUP } from '../../src/scim/schemas/group.ts'
import { USER } from '../../src/scim/schemas/user.ts'

const SCHEMAS = [USER, GROUP, ENTERPRISE_USER]
const names = (attributes: readonly Attribute[] | undefined) =>
  (attributes ?? []).map(({ name }) => name)
const sub = (attributes: readonly Attribute[], name: string) =>
  findAttribute(attributes, name)?.subAttributes ?? []

test('User has the attributes of RFC 7643 §8.7.1', () => {
  expect(USER.id).toBe('urn:ietf:params:scim:schemas:core:2.0:User')
  expect(names(USER.attributes)).toEqual([
    ...['externalId', 'userName', 'name', 'displayName', 'nickName', 'profileUrl', 'title'],
    ...['userType', 'preferredLanguage', 'locale', 'timezone', 'active', 'password', 'emails'],
    ...['phoneNumbers', 'ims', 'photos', 'addresses', 'groups', 'entitlements', 'roles'],
    'x509Certificates',
  ])
  expect(names(sub(USER.attributes, 'name'))).toEqual([
    ...['formatted', 'familyName', 'givenName', 'middleName', 'honorificPrefix'],
    'honorificSuffix',
  ])
  expect(names(sub(USER.attributes, 'emails'))).toEqual(['value', 'display', 'type', 'primary'])
  expect(names(sub(USER.attributes, 'addresses'))).toEqual([
    ...['formatted', 'streetAddress', 'locality', 'region', 'postalCode', 'country'],
    ...['type', 'primary'],
  ])
})

test('userName is required, unique and compared without letter case', () => {
  expect(findAttribute(USER.attributes, 'USERNAME')).toMatchObject({
    required: true,
    caseExact: false,
    uniqueness: 'server',
  })
})

test('a password is never returned', () => {
  expect(findAttribute(USER.attributes, 'password')).toMatchObject({
    mutability: 'writeOnly',
    returned: 'never',
  })
})

test('the groups of a user are read-only, and every part of them', () => {
  const groups = findAttribute(USER.attributes, 'groups')
  expect(groups?.mutability).toBe('readOnly')
  expect(groups?.subAttributes?.every(({ mutability }) => mutability === 'readOnly')).toBe(true)
})

test('Group has the attributes of RFC 7643 §8.7.1, its name required (§4.2)', () => {
  expect(names(GROUP.attributes)).toEqual(['externalId', 'displayName', 'members'])
  expect(findAttribute(GROUP.attributes, 'displayName')?.required).toBe(true)
  expect(names(sub(GROUP.attributes, 'members'))).toEqual(['value', '$ref', 'display', 'type'])
  expect(findAttribute(sub(GROUP.attributes, 'members'), 'value')?.mutability).toBe('immutable')
})

test('EnterpriseUser has the attributes of RFC 7643 §4.3', () => {
  expect(names(ENTERPRISE_USER.attributes)).toEqual([
    ...['employeeNumber', 'costCenter', 'organization', 'division', 'department', 'manager'],
  ])
  expect(names(sub(ENTERPRISE_USER.attributes, 'manager'))).toEqual([
    'value',
    '$ref',
    'displayName',
  ])
})

describe.each([
  ...SCHEMAS.map(({ name, attributes }) => [name, attributes] as const),
  ['the common ones', COMMON_ATTRIBUTES] as const,
])('every attribute of %s', (_, attributes) => {
  const all = attributes.flatMap((attribute) => [attribute, ...(attribute.subAttributes ?? [])])

  test('has a description', () => {
    expect(all.filter(({ description }) => description.length < 5)).toEqual([])
  })

  test('has sub-attributes if it is complex, and only then', () => {
    for (const attribute of all) {
      expect(attribute.subAttributes !== undefined, attribute.name).toBe(
        attribute.type === 'complex',
      )
    }
  })

  test('says what it refers to if it is a reference, and only then', () => {
    for (const attribute of all) {
      expect(attribute.referenceTypes !== undefined, attribute.name).toBe(
        attribute.type === 'reference',
      )
    }
  })

  test('is not returned if it is write-only', () => {
    for (const { mutability, returned } of all) {
      if (mutability === 'writeOnly') expect(returned).toBe('never')
    }
  })
})
