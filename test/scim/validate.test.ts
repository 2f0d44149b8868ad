import { expect, test } from 'vitest'
import { normalizeResource } from '../../src/scim/resource.ts'
import { compileValidator } from '../../src/scim/validate.ts'
import { refusalOf } from './refusal.ts'
import { ASSET_SCHEMA, DEVICES, GROUPS, USERS } from './resource-types.ts'

const validateUser = compileValidator(USERS)
const validateDevice = compileValidator(DEVICES)
const asset = { [ASSET_SCHEMA]: { costCenter: '7' } }

test.each(['create', 'replace'] as const)('a user without a userName is refused (%s)', (mode) => {
  expect(refusalOf(() => validateUser(normalizeResource(USERS, { userName: '' }), mode))).toEqual({
    status: 400,
    scimType: 'invalidValue',
    detail: 'userName is required',
  })
})

test('a group without a displayName is refused', () => {
  expect(refusalOf(() => compileValidator(GROUPS)({}, 'create')).detail).toBe(
    'displayName is required',
  )
})

test('a user with a userName is enough', () => {
  expect(() => validateUser({ userName: 'b', name: { givenName: 'B' } }, 'create')).not.toThrow()
})

test('everything that is missing is named', () => {
  expect(refusalOf(() => validateDevice({ firmware: { vendor: 'v' } }, 'create')).detail).toBe(
    `serial, pin, ${ASSET_SCHEMA}, firmware.version are required`,
  )
})

test('an extension that is there must be complete', () => {
  const device = { serial: 's', pin: 'p', [ASSET_SCHEMA]: { tags: ['x'] } }
  expect(refusalOf(() => validateDevice(device, 'create')).detail).toBe(
    `${ASSET_SCHEMA}:costCenter is required`,
  )
})

test('a replacement need not repeat what cannot be read', () => {
  expect(() => validateDevice({ serial: 's', ...asset }, 'replace')).not.toThrow()
  expect(refusalOf(() => validateDevice({ serial: 's', ...asset }, 'create')).detail).toBe(
    'pin is required',
  )
})

test('canonical values are not enforced', () => {
  const user = { userName: 'b', emails: [{ value: 'x@y', type: 'holiday' }] }
  expect(() => validateUser(user, 'create')).not.toThrow()
})

test('a value of another type is refused', () => {
  expect(refusalOf(() => validateUser({ userName: 'b', emails: ['x@y'] }, 'create')).detail).toBe(
    'emails of User must be as its schema says',
  )
})
