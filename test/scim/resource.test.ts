import { describe, expect, test } from 'vitest'
import { ProfileTolerance, STRICT } from '../../src/scim/client-quirks.ts'
import type { Resource } from '../../src/scim/resource.ts'
import { getAttribute, normalizeResource, withAttribute } from '../../src/scim/resource.ts'
import type { ResourceType } from '../../src/scim/resource-type.ts'
import { ENTERPRISE_USER_SCHEMA, USER_SCHEMA } from '../../src/scim/urn.ts'
import { refusalOf } from './refusal.ts'
import { ASSET_SCHEMA, at, DEVICES, GROUPS, USERS } from './resource-types.ts'

const user = (body: unknown) => normalizeResource(USERS, body)
const device = (body: unknown) => normalizeResource(DEVICES, body)

describe('names', () => {
  test('come in the spelling of the schema, whatever letter case was sent', () => {
    expect(
      user({
        USERNAME: 'b',
        Name: { FAMILYNAME: 'J' },
        Emails: [{ Value: 'x@y', TYPE: 'Work' }],
        [ENTERPRISE_USER_SCHEMA.toUpperCase()]: { DEPARTMENT: 'd' },
      }),
    ).toEqual({
      userName: 'b',
      name: { familyName: 'J' },
      emails: [{ value: 'x@y', type: 'Work' }],
      [ENTERPRISE_USER_SCHEMA]: { department: 'd' },
    })
  })

  test('that no schema has are ignored, at every level', () => {
    const body = {
      userName: 'b',
      foo: 1,
      name: { foo: 2 },
      'urn:x:y': { a: 1 },
      'name.givenName': 'x',
    }
    expect(user(body)).toEqual({ userName: 'b' })
  })

  test('that no schema has are refused on demand', () => {
    expect(refusalOf(() => normalizeResource(USERS, { foo: 1 }, STRICT))).toEqual({
      status: 400,
      scimType: 'invalidSyntax',
      detail: 'User has no attribute "foo"',
    })
    const body = { [ENTERPRISE_USER_SCHEMA]: { foo: 1 }, schemas: [], id: 'x', meta: {} }
    expect(refusalOf(() => normalizeResource(USERS, body, STRICT)).detail).toBe(
      `User has no attribute "${ENTERPRISE_USER_SCHEMA}:foo"`,
    )
  })

  test.each([
    ['{"userName": "a", "username": "b"}', 'userName is given more than once'],
    ['{"name": {"givenName": "a", "GIVENNAME": ""}}', 'name.givenName is given more than once'],
    [
      `{"${ENTERPRISE_USER_SCHEMA}": {}, "${ENTERPRISE_USER_SCHEMA.toLowerCase()}": {}}`,
      `${ENTERPRISE_USER_SCHEMA} is given more than once`,
    ],
  ])('given twice in two spellings are refused: %s', (text, detail) => {
    expect(refusalOf(() => user(JSON.parse(text)))).toEqual({
      status: 400,
      scimType: 'invalidSyntax',
      detail,
    })
  })

  test('of what every object inherits are unknown and do no harm', () => {
    const body: unknown = JSON.parse(
      '{"userName":"b","__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},' +
        '"name":{"__proto__":{"givenName":"x"},"familyName":"J"},"toString":"x"}',
    )
    const resource = user(body)
    expect(resource).toEqual({ userName: 'b', name: { familyName: 'J' } })
    expect(Object.getPrototypeOf(resource)).toBe(Object.prototype)
    expect('admin' in resource).toBe(false)
    expect('admin' in {}).toBe(false)
    expect(getAttribute(resource, at(USERS, 'name.givenName'))).toBeUndefined()
  })
})

describe('a value is left out', () => {
  test.each([
    { emails: null },
    { emails: '' },
    { emails: [] },
    { emails: {} },
    { emails: [null] },
    { emails: [''] },
    { emails: [{}] },
    { emails: [[]] },
    { emails: [{ value: null, $ref: null }] },
    { emails: [{ type: 'work', value: '' }] },
    { title: null },
    { title: '' },
    { title: [] },
    { title: {} },
    { name: {} },
    { name: [] },
    { name: { givenName: null, familyName: '' } },
  ])('that is unassigned: %j', (body) => {
    expect(user({ userName: 'b', ...body })).toEqual({ userName: 'b' })
  })

  test('that is read-only, right or wrong', () => {
    const body = { userName: 'b', id: 7, schemas: 'x', meta: 1, groups: [{ value: 'g' }] }
    expect(user(body)).toEqual({ userName: 'b' })
    expect(
      normalizeResource(GROUPS, { members: [{ value: 'u', display: ['x'], $ref: null }] }),
    ).toEqual({ members: [{ value: 'u' }] })
  })

  test('that only says a type or that it is primary', () => {
    expect(
      user({
        addresses: [
          { type: 'work', primary: true },
          { type: 'home', locality: 'X' },
        ],
      }),
    ).toEqual({ addresses: [{ type: 'home', locality: 'X' }] })
  })

  test('that is the whole extension', () => {
    expect(user({ [ENTERPRISE_USER_SCHEMA]: null })).toEqual({})
    expect(user({ [ENTERPRISE_USER_SCHEMA]: { manager: null, department: '' } })).toEqual({})
  })

  test('that is there twice: same value, same type', () => {
    expect(
      user({
        emails: [
          { value: 'A@x', type: 'work' },
          { value: 'a@x', type: 'WORK', display: 'A' },
          { value: 'a@x', type: 'home' },
        ],
      }),
    ).toEqual({
      emails: [
        { value: 'a@x', type: 'WORK', display: 'A' },
        { value: 'a@x', type: 'home' },
      ],
    })
    expect(device({ tags: ['a', 'A', 'b'], ports: [1, 1, 2] })).toEqual({
      tags: ['A', 'b'],
      ports: [1, 2],
    })
    expect(
      normalizeResource(GROUPS, { members: [{ value: 'u' }, { value: 'u', type: 'User' }] }),
    ).toEqual({ members: [{ value: 'u', type: 'User' }] })
  })
})

describe('a value is understood', () => {
  test.each([
    ['True', true],
    ['FALSE', false],
    [true, true],
    [false, false],
  ])('as a boolean: %j', (active, expected) =>
    expect(user({ active })).toEqual({ active: expected }),
  )

  test.each([['m'], [{ value: 'm' }], [[{ value: 'm', $ref: null }]], [['m']], [{ Value: 'm' }]])(
    'as a manager: %j',
    (manager) =>
      expect(user({ [ENTERPRISE_USER_SCHEMA]: { manager } })).toEqual({
        [ENTERPRISE_USER_SCHEMA]: { manager: { value: 'm' } },
      }),
  )

  test.each([['x@y'], [['x@y']], [{ value: 'x@y' }], [[{ value: 'x@y' }]]])(
    'as several: %j',
    (emails) => expect(user({ emails })).toEqual({ emails: [{ value: 'x@y' }] }),
  )

  test.each([
    [['Babs'], ['arrayForOne']],
    [[{ $ref: null, value: 'Babs' }], ['wrappedValue']],
    [[{ value: 'Babs' }], ['wrappedValue']],
  ])('text in an array of one: %j', (title, quirks) => {
    const tolerance = new ProfileTolerance('entra')
    const body = { schemas: [USER_SCHEMA], title }
    expect(normalizeResource(USERS, body, tolerance)).toEqual({ title: 'Babs' })
    expect([...(tolerance.used ?? [])]).toEqual(quirks)
    expect(refusalOf(() => normalizeResource(USERS, body, STRICT)).detail).toBe(
      'title must be a string, not an array',
    )
  })

  test('a boolean in text in an object in an array', () => {
    expect(user({ active: [{ $ref: null, value: 'False' }] })).toEqual({ active: false })
    expect(user({ title: [{ $ref: null, value: null }] })).toEqual({})
  })

  test('as it is', () => {
    const body = {
      serial: ' Ab ',
      ports: [1, -2],
      weight: 1.25,
      bought: '2026-01-31T12:00:00.1234567+01:00',
      locked: false,
      [ASSET_SCHEMA]: { costCenter: '7' },
    }
    expect(device(body)).toEqual(body)
  })
})

describe('a value is refused', () => {
  const manager = `${ENTERPRISE_USER_SCHEMA}:manager`

  test.each<readonly [ResourceType, unknown, string]>([
    [USERS, { userName: 5 }, 'userName must be a string, not a number'],
    [USERS, { userName: ['a', 'b'] }, 'userName must be a string, not an array'],
    [USERS, { userName: [['a']] }, 'userName must be a string, not an array'],
    [USERS, { userName: [7] }, 'userName must be a string, not a number'],
    [USERS, { userName: [{ value: 7 }] }, 'userName must be a string, not a number'],
    [USERS, { userName: [{ value: 'a', type: 'b' }] }, 'userName must be a string, not an object'],
    [USERS, { userName: { a: 1 } }, 'userName must be a string, not an object'],
    [USERS, { userName: 'a\0b' }, 'userName must be Unicode text without NUL'],
    [USERS, { userName: 'a\ud800' }, 'userName must be Unicode text without NUL'],
    [USERS, { name: 'Jensen' }, 'name must be an object, not this string'],
    [USERS, { name: [{}, {}] }, 'name must be an object, not an array'],
    [USERS, { name: { givenName: true } }, 'name.givenName must be a string, not a boolean'],
    [USERS, { emails: [{ value: 1 }] }, 'emails[0].value must be a string, not a number'],
    [USERS, { EMAILS: ['a', { VALUE: 1 }] }, 'emails[1].value must be a string, not a number'],
    [USERS, { emails: { value: 1 } }, 'emails.value must be a string, not a number'],
    [USERS, { emails: [['a@b']] }, 'emails[0] must be an object, not an array'],
    [USERS, { emails: [7] }, 'emails[0] must be a string, not a number'],
    [
      USERS,
      { emails: [{ value: 'a', primary: 'yes' }] },
      'emails[0].primary must be true or false, not this string',
    ],
    [USERS, { active: 1 }, 'active must be true or false, not a number'],
    [USERS, { active: 'yes' }, 'active must be true or false, not this string'],
    [USERS, { x509Certificates: ['a'] }, 'x509Certificates[0] must be base64, not this string'],
    [
      USERS,
      { x509Certificates: [{ value: 'a-_=' }] },
      'x509Certificates[0].value must be base64, not this string',
    ],
    [
      USERS,
      { [ENTERPRISE_USER_SCHEMA]: 'x' },
      `${ENTERPRISE_USER_SCHEMA} must be an object, not a string`,
    ],
    [
      USERS,
      { [ENTERPRISE_USER_SCHEMA]: { manager: 7 } },
      `${manager} must be a string, not a number`,
    ],
    [
      USERS,
      { [ENTERPRISE_USER_SCHEMA]: { manager: ['a', 'b'] } },
      `${manager} must be an object, not an array`,
    ],
    [GROUPS, { members: [{ display: 'Bob' }] }, 'members[0].value is missing'],
    [GROUPS, { members: [{ id: 'u' }] }, 'members[0].value is missing'],
    [DEVICES, { ports: [1.5] }, 'ports[0] must be an integer, not a number'],
    [DEVICES, { ports: [2 ** 53] }, 'ports[0] must be an integer, not a number'],
    [DEVICES, { ports: ['80'] }, 'ports[0] must be an integer, not this string'],
    [DEVICES, { weight: '1.5' }, 'weight must be a number, not this string'],
    [
      DEVICES,
      { bought: 'yesterday' },
      'bought must be a date and time such as 2026-01-31T12:00:00Z, not this string',
    ],
    [DEVICES, { bought: 0 }, 'bought must be a string, not a number'],
    [DEVICES, { tags: [{ value: 'x' }] }, 'tags[0] must be a string, not an object'],
    [
      USERS,
      {
        emails: [
          { value: 'a', primary: true },
          { value: 'b', primary: 'True' },
        ],
      },
      'emails must have one primary value at most',
    ],
  ])('%#: %j', (type, body, detail) => {
    expect(refusalOf(() => normalizeResource(type, body))).toEqual({
      status: 400,
      scimType: 'invalidValue',
      detail,
    })
  })

  test('an array in an array is refused, however deep', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}"m"${']'.repeat(100_000)}`) as unknown
    const body = { [ENTERPRISE_USER_SCHEMA]: { manager: deep } }
    expect(refusalOf(() => user(body)).detail).toBe(`${manager} must be an object, not an array`)
    expect(refusalOf(() => user({ emails: deep })).detail).toBe(
      'emails[0] must be an object, not an array',
    )
  })

  test.each([
    [null, 'null'],
    [[], 'an array'],
    ['x', 'a string'],
    [1, 'a number'],
    [undefined, 'nothing'],
  ])('a body that is no object is refused: %j', (body, kind) => {
    expect(refusalOf(() => user(body))).toEqual({
      status: 400,
      scimType: 'invalidSyntax',
      detail: `A User must be a JSON object, not ${kind}`,
    })
  })
})

test('a hundred thousand members take little time', () => {
  const members = Array.from({ length: 100_000 }, (_, index) => ({ value: `u${index}` }))
  const started = performance.now()
  expect(normalizeResource(GROUPS, { displayName: 'all', members })).toEqual({
    displayName: 'all',
    members,
  })
  expect(performance.now() - started).toBeLessThan(3000)
})

describe('getting and setting', () => {
  const resource: Resource = {
    userName: 'b',
    name: { givenName: 'B' },
    emails: [{ value: 'a', type: 'work' }, { value: 'b' }],
    [ENTERPRISE_USER_SCHEMA]: { manager: { value: 'm' } },
  }

  test.each([
    ['userName', 'b'],
    ['name.givenName', 'B'],
    ['name.familyName', undefined],
    ['emails.value', ['a', 'b']],
    ['emails.type', ['work']],
    ['emails.display', undefined],
    ['manager', { value: 'm' }],
    ['manager.value', 'm'],
    [`${ENTERPRISE_USER_SCHEMA}:department`, undefined],
    [`${USER_SCHEMA}:nickName`, undefined],
  ])('%s is %j', (path, value) => expect(getAttribute(resource, at(USERS, path))).toEqual(value))

  test('a value is set where it belongs, and the resource before stays as it was', () => {
    const before = structuredClone(resource)
    const changed = [
      ['nickName', 'n'],
      ['name.familyName', 'J'],
      ['emails.display', 'd'],
      ['department', 'D'],
      ['manager.value', 'n'],
    ].reduce((all, [path, value]) => withAttribute(all, at(USERS, path ?? ''), value), resource)
    expect(changed).toEqual({
      userName: 'b',
      nickName: 'n',
      name: { givenName: 'B', familyName: 'J' },
      emails: [
        { value: 'a', type: 'work', display: 'd' },
        { value: 'b', display: 'd' },
      ],
      [ENTERPRISE_USER_SCHEMA]: { manager: { value: 'n' }, department: 'D' },
    })
    expect(resource).toEqual(before)
  })

  test.each([{ value: undefined }, { value: null }, { value: '' }, { value: [] }, { value: {} }])(
    'nothing unassigns: %j',
    ({ value }) => {
      expect(withAttribute(resource, at(USERS, 'userName'), value)).not.toHaveProperty('userName')
    },
  )

  test('what becomes empty goes with its last part', () => {
    const changed = ['name.givenName', 'manager.value', 'emails.value', 'emails.type'].reduce(
      (all, path) => withAttribute(all, at(USERS, path), undefined),
      resource,
    )
    expect(changed).toEqual({ userName: 'b' })
  })
})
