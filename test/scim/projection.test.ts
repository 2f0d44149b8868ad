import { describe, expect, test } from 'vitest'
import { TOLERANT } from '../../src/scim/client-quirks.ts'
import { isReturned, project, readProjection } from '../../src/scim/projection.ts'
import type { Projection } from '../../src/scim/projection.ts'
import { ENTERPRISE_USER_SCHEMA, USER_SCHEMA } from '../../src/scim/urn.ts'
import { refusalOf } from './refusal.ts'
import { ASSET_SCHEMA, at, DEVICE_SCHEMA, DEVICES, USERS } from './resource-types.ts'

const E = ENTERPRISE_USER_SCHEMA
const only = (attributes: string) => readProjection(new Map([['attributes', attributes]]), TOLERANT)
const without = (excluded: string) => readProjection(new Map([['excludedattributes', excluded]]))
const all: Projection = readProjection(new Map())

describe('reading', () => {
  test('paths are separated by commas, blanks do not count', () => {
    expect(only(`userName, name.givenName,,${E}:manager ,`)).toEqual({
      attributes: [
        { attribute: 'userName' },
        { attribute: 'name', sub: 'givenName' },
        { schema: E, attribute: 'manager' },
      ],
    })
    expect(without('members')).toEqual({ excludedAttributes: [{ attribute: 'members' }] })
  })

  test('the same path twice is one', () => {
    expect(only('userName,USERNAME').attributes).toHaveLength(1)
  })

  test('nothing is no wish', () => expect(only('')).toEqual({}))

  test('the filter of a value path is read and left out', () => {
    expect(only('emails[type eq "a,b"].value,emails[type pr]')).toEqual({
      attributes: [{ attribute: 'emails', sub: 'value' }, { attribute: 'emails' }],
    })
  })

  test('both lists at once are refused', () => {
    const both = new Map([
      ['attributes', 'userName'],
      ['excludedattributes', 'emails'],
    ])
    expect(refusalOf(() => readProjection(both))).toEqual({
      status: 400,
      scimType: 'invalidValue',
      detail: 'attributes and excludedAttributes exclude each other',
    })
  })

  test.each([
    [
      'a b',
      'The list of attributes is wrong at character 3: expected a comma or the end, found "b"',
    ],
    ['__proto__', 'The list of attributes is wrong at character 1: "__proto__" is not the name'],
    ['a,b.', 'The list of attributes is wrong at character 5: expected the name of an attribute'],
  ])('%s is refused', (text, detail) => {
    expect(refusalOf(() => only(text))).toEqual({
      status: 400,
      scimType: 'invalidValue',
      detail: expect.stringContaining(detail) as string,
    })
  })
})

const user = {
  schemas: ['something old'],
  id: '1',
  externalId: 'e',
  userName: 'b',
  password: 'secret',
  name: { givenName: 'B', familyName: 'J' },
  emails: [{ value: 'a@x', type: 'work' }, { type: 'home' }],
  unknown: 'x',
  meta: { resourceType: 'User', version: 'W/"1"' },
  [E]: { department: 'd', manager: { value: 'm', displayName: 'M' } },
  'urn:x:y': { a: 1 },
}
const schemas = [USER_SCHEMA]

describe('a user', () => {
  test('is shown without what is never returned and what is not of its schemas', () => {
    const { password: _, unknown: __, 'urn:x:y': ___, ...shown } = user
    expect(project(USERS, user, all)).toEqual({ ...shown, schemas: [USER_SCHEMA, E] })
  })

  test.each([
    ['userName', { userName: 'b' }],
    ['USERNAME', { userName: 'b' }],
    ['name.givenName', { name: { givenName: 'B' } }],
    ['name', { name: user.name }],
    ['name,name.givenName', { name: user.name }],
    ['emails.value', { emails: [{ value: 'a@x' }] }],
    ['emails.display', {}],
    ['emails[type eq "work"]', { emails: user.emails }],
    ['meta.version', { meta: { version: 'W/"1"' } }],
    ['password', {}],
    ['unknown,constructor', {}],
    ['schemas', {}],
    ['manager.value', { schemas: [USER_SCHEMA, E], [E]: { manager: { value: 'm' } } }],
    [`${E}:department`, { schemas: [USER_SCHEMA, E], [E]: { department: 'd' } }],
    [E, { schemas: [USER_SCHEMA, E], [E]: user[E] }],
    [USER_SCHEMA, { externalId: 'e', userName: 'b', name: user.name, emails: user.emails }],
  ])('is shown with only %s, its id and schemas', (attributes, shown) => {
    expect(project(USERS, user, only(attributes))).toEqual({ schemas, id: '1', ...shown })
  })

  test('is shown without what is excluded', () => {
    const excluded = `emails,name.familyName,meta,externalId,${E},id,schemas,unknown`
    expect(project(USERS, user, without(excluded))).toEqual({
      schemas,
      id: '1',
      userName: 'b',
      name: { givenName: 'B' },
    })
    expect(project(USERS, user, without('department,name,emails,meta,externalId'))).toEqual({
      schemas: [USER_SCHEMA, E],
      id: '1',
      userName: 'b',
      [E]: { manager: { value: 'm', displayName: 'M' } },
    })
  })
})

describe('what is returned', () => {
  const device = {
    id: '1',
    serial: 's',
    pin: 'p',
    notes: 'n',
    tags: ['a'],
    firmware: { vendor: 'v', version: '1', log: 'l', key: 'k' },
    [ASSET_SCHEMA]: { costCenter: '7' },
  }
  const asset = { [ASSET_SCHEMA]: { costCenter: '7' } }
  const whole = { schemas: [DEVICE_SCHEMA, ASSET_SCHEMA], id: '1', serial: 's', ...asset }
  const bare = { schemas: [DEVICE_SCHEMA], id: '1', serial: 's' }

  test('always, never, by default and on request (RFC 7643 §7)', () => {
    const firmware = { vendor: 'v', version: '1' }
    expect(project(DEVICES, device, all)).toEqual({ ...whole, tags: ['a'], firmware })
    expect(project(DEVICES, device, only('notes,pin'))).toEqual({ ...bare, notes: 'n' })
    expect(project(DEVICES, device, only('firmware'))).toEqual({ ...bare, firmware })
    expect(project(DEVICES, device, only('firmware.log,firmware.key'))).toEqual({
      ...bare,
      firmware: { vendor: 'v', log: 'l' },
    })
    expect(project(DEVICES, device, only('firmware,firmware.log'))).toEqual({
      ...bare,
      firmware: { ...firmware, log: 'l' },
    })
    expect(
      project(DEVICES, device, without('serial,firmware.vendor,firmware.version,tags')),
    ).toEqual({
      ...whole,
      firmware: { vendor: 'v' },
    })
  })

  test.each<readonly [Projection, string, boolean]>([
    [all, 'serial', true],
    [all, 'pin', false],
    [all, 'notes', false],
    [all, 'firmware', true],
    [all, 'firmware.version', true],
    [all, 'firmware.log', false],
    [all, 'firmware.key', false],
    [all, 'id', true],
    [only('tags'), 'id', true],
    [only('tags'), 'schemas', true],
    [only('tags'), 'meta', false],
    [only('tags'), 'tags', true],
    [only('tags'), 'serial', true],
    [only('tags'), 'weight', false],
    [only('tags'), 'firmware.vendor', false],
    [only('tags'), `${ASSET_SCHEMA}:tags`, false],
    [only('firmware.log'), 'firmware', true],
    [only('firmware.log'), 'firmware.log', true],
    [only('firmware.log'), 'firmware.version', false],
    [only('firmware.log'), 'firmware.vendor', true],
    [only('notes,pin'), 'notes', true],
    [only('notes,pin'), 'pin', false],
    [without('tags'), 'tags', false],
    [without('tags'), `${ASSET_SCHEMA}:tags`, true],
    [without('tags'), 'weight', true],
    [without('serial'), 'serial', true],
    [without('firmware'), 'firmware.vendor', false],
    [without('firmware.version'), 'firmware', true],
    [without('firmware.version'), 'firmware.version', false],
    [without(ASSET_SCHEMA), `${ASSET_SCHEMA}:costCenter`, false],
    [without('meta.version'), 'meta.version', false],
    [without('meta.version'), 'meta.location', true],
  ])('%#: %j has %s: %s', (projection, path, expected) => {
    expect(isReturned(DEVICES, projection, at(DEVICES, path))).toBe(expected)
  })

  test('an excluded complex attribute of which all parts are named is not asked for', () => {
    expect(
      isReturned(
        USERS,
        without('manager.value,manager.$ref,manager.displayName'),
        at(USERS, 'manager'),
      ),
    ).toBe(false)
  })
})
