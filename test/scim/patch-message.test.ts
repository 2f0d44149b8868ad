import { describe, expect, test } from 'vitest'
import { printFilter } from '../../src/scim/filter.ts'
import { readPatch } from '../../src/scim/patch-message.ts'
import { printResolved } from '../../src/scim/path.ts'
import type { ResourceType } from '../../src/scim/resource-type.ts'
import { ENTERPRISE_USER_SCHEMA, PATCH_OP } from '../../src/scim/urn.ts'
import { refusalOf } from './refusal.ts'
import { DEVICES, GROUPS, USERS } from './resource-types.ts'

/** Operations as `[op, path, value]`. */
function read(type: ResourceType, ...operations: readonly unknown[]): readonly unknown[] {
  return readPatch(type, { schemas: [PATCH_OP], Operations: operations }).map(
    ({ op, target: { resolved, filter, sub }, value }) => {
      const selection = filter === undefined ? '' : `[${printFilter(filter)}]`
      const path = `${printResolved(resolved)}${selection}${sub === undefined ? '' : `.${sub.name}`}`
      return value === undefined ? [op, path] : [op, path, value]
    },
  )
}

const refusal = (type: ResourceType, operation: unknown) => refusalOf(() => read(type, operation))
const E = ENTERPRISE_USER_SCHEMA

describe('the message', () => {
  test('may have its names and operations in any letter case, and no schemas', () => {
    const body = { operations: [{ OP: 'Add', Path: 'NickName', VALUE: 'Babs' }] }
    const [operation] = readPatch(USERS, body)
    expect(operation?.op).toBe('add')
    expect(operation?.target.resolved.attribute.name).toBe('nickName')
    expect(operation?.value).toBe('Babs')
  })

  test('may have no operations at all', () => expect(read(USERS)).toEqual([]))

  test.each([
    [[], 'invalidSyntax', 'A PATCH must be a JSON object, not an array'],
    [{}, 'invalidSyntax', 'Operations must be an array, not nothing'],
    [{ Operations: {} }, 'invalidSyntax', 'Operations must be an array, not an object'],
    [
      JSON.parse('{"__proto__":{"Operations":[]}}') as unknown,
      'invalidSyntax',
      'Operations must be an array, not nothing',
    ],
  ] as readonly (readonly [unknown, string, string])[])(
    'is refused as %j',
    (body, scimType, detail) => {
      expect(refusalOf(() => readPatch(USERS, body))).toEqual({ status: 400, scimType, detail })
    },
  )

  test('may have a thousand operations', () => {
    const many = (count: number) =>
      Array.from({ length: count }, () => ({ op: 'add', path: 'title', value: 'x' }))
    expect(read(USERS, ...many(1000))).toHaveLength(1000)
    const refused = {
      status: 413,
      scimType: undefined,
      detail: 'A PATCH may have at most 1000 operations',
    }
    expect(refusalOf(() => read(USERS, ...many(1001)))).toEqual(refused)
    const keys = (count: number) =>
      Object.fromEntries(
        Array.from(
          { length: count },
          (_, index) => [`emails[type eq "${index}"].value`, 'x'] as const,
        ),
      )
    expect(read(USERS, { op: 'add', value: keys(1000) })).toHaveLength(1000)
    expect(refusalOf(() => read(USERS, { op: 'add', value: keys(1001) }))).toEqual(refused)
    const idle = Array.from({ length: 1001 }, () => ({ op: 'add', path: 'title', value: '' }))
    expect(refusalOf(() => read(USERS, ...idle))).toEqual(refused)
  })
})

describe('an operation with a path', () => {
  test.each<readonly [ResourceType, unknown, unknown]>([
    [USERS, { op: 'replace', path: 'active', value: 'False' }, ['replace', 'active', false]],
    [USERS, { op: 'add', path: 'NAME.givenname', value: 'B' }, ['add', 'name.givenName', 'B']],
    [
      USERS,
      { op: 'replace', path: 'name', value: { GIVENNAME: 'B' } },
      ['replace', 'name', { givenName: 'B' }],
    ],
    [
      USERS,
      { op: 'add', path: 'emails', value: { value: 'a' } },
      ['add', 'emails', [{ value: 'a' }]],
    ],
    [USERS, { op: 'add', path: 'emails', value: 'a' }, ['add', 'emails', [{ value: 'a' }]]],
    [
      USERS,
      { op: 'replace', path: 'emails[TYPE eq "work"].VALUE', value: 'a' },
      ['replace', 'emails[TYPE eq "work"].value', 'a'],
    ],
    [
      USERS,
      { op: 'replace', path: 'emails[type eq "work"].primary', value: 'true' },
      ['replace', 'emails[type eq "work"].primary', true],
    ],
    [
      USERS,
      { op: 'replace', path: 'emails[type eq "work"]', value: [{ value: 'a' }] },
      ['replace', 'emails[type eq "work"]', { value: 'a' }],
    ],
    [
      USERS,
      { op: 'replace', path: 'roles[primary eq "True"].value', value: 'r' },
      ['replace', 'roles[primary eq "True"].value', 'r'],
    ],
    [
      USERS,
      { op: 'add', path: `${E}:manager`, value: 'm' },
      ['add', `${E}:manager`, { value: 'm' }],
    ],
    [
      USERS,
      { op: 'Add', path: 'manager', value: [{ $ref: 'u', value: 'm' }] },
      ['add', `${E}:manager`, { $ref: 'u', value: 'm' }],
    ],
    [
      USERS,
      { op: 'replace', path: `${E}.manager`, value: { value: 'm', $ref: null } },
      ['replace', `${E}:manager`, { value: 'm' }],
    ],
    [USERS, { op: 'remove', path: 'manager', value: [{ value: 'm' }] }, ['remove', `${E}:manager`]],
    [
      USERS,
      { op: 'remove', path: 'emails[type eq "work"].value', value: 'a' },
      ['remove', 'emails[type eq "work"].value'],
    ],
    [DEVICES, { op: 'add', path: 'tags', value: ['a', 'A'] }, ['add', 'tags', ['A']]],
    [DEVICES, { op: 'remove', path: 'tags[value eq "a"]' }, ['remove', 'tags[value eq "a"]']],
  ])('%#: is read', (type, operation, expected) =>
    expect(read(type, operation)).toEqual([expected]),
  )

  test.each([{ value: null }, { value: '' }, { value: [] }])(
    'replaces by nothing: %j',
    ({ value }) => {
      const work = 'emails[type eq "work"]'
      for (const path of ['emails', 'title', 'name', work, `${work}.value`, `${E}:manager`]) {
        expect(read(USERS, { op: 'replace', path, value })).toEqual([['remove', path]])
        expect(read(USERS, { op: 'add', path, value })).toEqual([])
      }
    },
  )

  test('replaces a complex attribute: what is null goes, what is not named stays', () => {
    const value = { givenName: 'B', middleName: null, honorificPrefix: '' }
    expect(read(USERS, { op: 'replace', path: 'name', value })).toEqual([
      ['replace', 'name', { givenName: 'B' }],
      ['remove', 'name.middleName'],
      ['remove', 'name.honorificPrefix'],
    ])
    expect(read(USERS, { op: 'add', path: 'name', value })).toEqual([
      ['add', 'name', { givenName: 'B' }],
    ])
    expect(read(USERS, { op: 'replace', path: 'name', value: { middleName: null } })).toEqual([
      ['remove', 'name.middleName'],
    ])
    expect(read(USERS, { op: 'replace', path: 'name', value: {} })).toEqual([])
    expect(read(USERS, { op: 'replace', path: 'manager', value: { value: null } })).toEqual([
      ['remove', `${E}:manager`],
    ])
  })

  test('to a whole extension is one to each attribute', () => {
    expect(
      read(USERS, { op: 'add', path: E, value: { Department: 'd', manager: 'm', x: 1 } }),
    ).toEqual([
      ['add', `${E}:department`, 'd'],
      ['add', `${E}:manager`, { value: 'm' }],
    ])
    expect(read(USERS, { op: 'remove', path: E })).toContainEqual(['remove', `${E}:department`])
    expect(read(USERS, { op: 'replace', value: { [E]: null } })).toContainEqual([
      'remove',
      `${E}:manager`,
    ])
    expect(read(USERS, { op: 'add', value: { [E]: null } })).toEqual([])
  })

  test('to schemas changes nothing: they follow from the attributes', () => {
    expect(read(USERS, { op: 'add', path: 'schemas', value: [E] })).toEqual([])
  })

  test.each<readonly [ResourceType, unknown, string, string]>([
    [USERS, 'x', 'invalidSyntax', 'an operation must be an object, not a string'],
    [USERS, {}, 'invalidSyntax', 'op must be "add", "replace" or "remove"'],
    [
      USERS,
      { op: 'move', path: 'title' },
      'invalidSyntax',
      'op must be "add", "replace" or "remove"',
    ],
    [
      USERS,
      { op: 'constructor', path: 'title' },
      'invalidSyntax',
      'op must be "add", "replace" or "remove"',
    ],
    [USERS, { op: 'add', path: 7, value: 1 }, 'invalidPath', 'path must be a string, not a number'],
    [USERS, { op: 'add', path: 'title' }, 'invalidValue', 'value is missing; "add" needs one'],
    [USERS, { op: 'replace' }, 'invalidValue', 'value is missing; "replace" needs one'],
    [USERS, { op: 'remove' }, 'noTarget', '"remove" needs a path'],
    [USERS, { op: 'remove', path: '', value: { title: 'x' } }, 'noTarget', '"remove" needs a path'],
    [
      USERS,
      { op: 'add', value: ['x'] },
      'invalidValue',
      'without a path, value must be an object of attributes, not an array',
    ],
    [
      USERS,
      { op: 'replace', path: 'foo', value: 'x' },
      'invalidPath',
      'User has no attribute "foo"',
    ],
    [
      USERS,
      { op: 'replace', path: 'name.foo', value: 'x' },
      'invalidPath',
      'User has no attribute "name.foo"',
    ],
    [
      USERS,
      { op: 'replace', path: 'constructor', value: 'x' },
      'invalidPath',
      'User has no attribute "constructor"',
    ],
    [
      USERS,
      { op: 'replace', path: '__proto__', value: 'x' },
      'invalidPath',
      'The path is wrong at character 1: "__proto__" is not the name',
    ],
    [
      USERS,
      { op: 'replace', path: 'name.__proto__', value: 'x' },
      'invalidPath',
      'character 6: "__proto__" is not the name',
    ],
    [
      USERS,
      { op: 'replace', path: 'urn:x:y:title', value: 'x' },
      'invalidPath',
      'User has no attribute "urn:x:y:title"',
    ],
    [
      USERS,
      { op: 'replace', path: 'emails[type eq "work"].foo', value: 'x' },
      'invalidPath',
      'User has no attribute "emails[…].foo"',
    ],
    [
      USERS,
      { op: 'replace', path: 'emails[foo eq "work"].value', value: 'x' },
      'invalidFilter',
      'emails has no sub-attribute "foo"',
    ],
    [
      USERS,
      { op: 'replace', path: 'emails[constructor pr].value', value: 'x' },
      'invalidFilter',
      'emails has no sub-attribute "constructor"',
    ],
    [
      USERS,
      { op: 'remove', path: 'emails[primary gt true]' },
      'invalidFilter',
      '"gt" cannot be used with primary',
    ],
    [
      USERS,
      { op: 'remove', path: 'emails[type is "work"]' },
      'invalidFilter',
      'The path is wrong at character 13: expected an operator',
    ],
    [
      USERS,
      { op: 'replace', path: 'name[givenName eq "B"]', value: {} },
      'invalidPath',
      'name has one value; only multi-valued attributes are filtered',
    ],
    [
      USERS,
      { op: 'replace', path: 'emails.value[value eq "B"]', value: {} },
      'invalidPath',
      'emails.value has one value',
    ],
    [
      USERS,
      { op: 'replace', path: 'emails[type eq "work"]', value: ['a', 'b'] },
      'invalidValue',
      'emails after a filter takes one value, not 2',
    ],
    [
      USERS,
      { op: 'replace', path: 'active', value: 'maybe' },
      'invalidValue',
      'active must be true or false, not this string',
    ],
    [
      USERS,
      { op: 'add', path: 'emails', value: [{ value: 1 }] },
      'invalidValue',
      'emails[0].value must be a string, not a number',
    ],
    [
      USERS,
      { op: 'add', path: 'emails[type eq "x"].value', value: 1 },
      'invalidValue',
      'emails.value must be a string, not a number',
    ],
    [USERS, { op: 'replace', path: 'id', value: 'x' }, 'mutability', 'id is read-only'],
    [USERS, { op: 'remove', path: 'META.created' }, 'mutability', 'meta.created is read-only'],
    [
      USERS,
      { op: 'add', path: 'groups', value: [{ value: 'g' }] },
      'mutability',
      'groups is read-only',
    ],
    [USERS, { op: 'remove', path: 'groups[value eq "g"]' }, 'mutability', 'groups is read-only'],
    [
      USERS,
      { op: 'replace', path: 'manager.displayName', value: 'x' },
      'mutability',
      `${E}:manager.displayName is read-only`,
    ],
    [
      GROUPS,
      { op: 'replace', path: 'members[value eq "u"].display', value: 'x' },
      'mutability',
      'members.display is read-only',
    ],
    [
      GROUPS,
      { op: 'replace', path: 'members', value: [{ display: 'x' }] },
      'invalidValue',
      'members[0].value is missing',
    ],
    [
      GROUPS,
      { op: 'remove', path: 'members', value: [{ display: 'x' }] },
      'invalidValue',
      'members[0].value is missing',
    ],
  ])('%#: is refused', (type, operation, scimType, detail) => {
    expect(refusal(type, operation)).toEqual({
      status: 400,
      scimType,
      detail: expect.stringMatching(/^Operations\[0\]: /) as string,
    })
    expect(refusal(type, operation).detail).toContain(detail)
  })

  test('is refused by its number', () => {
    const fine = { op: 'add', path: 'title', value: 'x' }
    expect(refusalOf(() => read(USERS, fine, fine, { ...fine, path: 'foo' })).detail).toBe(
      'Operations[2]: User has no attribute "foo"',
    )
  })
})

describe('an operation without a path', () => {
  test('is one to each attribute in its value, as identity providers write them', () => {
    const value = {
      displayName: 'd',
      'name.givenName': 'g',
      name: { familyName: 'f' },
      ACTIVE: 'True',
      [`${E}:employeeNumber`]: '7',
      [E.toLowerCase()]: { department: 'x', 'manager.value': 'm' },
      'emails[type eq "work"].value': 'a@b',
      manager: 'm',
      'urn:ietf:params:scim:schemas:core:2.0:User': { title: 't' },
    }
    expect(read(USERS, { op: 'Replace', value })).toEqual([
      ['replace', 'displayName', 'd'],
      ['replace', 'name.givenName', 'g'],
      ['replace', 'name', { familyName: 'f' }],
      ['replace', 'active', true],
      ['replace', `${E}:employeeNumber`, '7'],
      ['replace', `${E}:department`, 'x'],
      ['replace', `${E}:manager.value`, 'm'],
      ['replace', 'emails[type eq "work"].value', 'a@b'],
      ['replace', `${E}:manager`, { value: 'm' }],
      ['replace', 'title', 't'],
    ])
  })

  test("leaves out what is not the client's to write, and what no schema has", () => {
    const value: unknown = JSON.parse(
      '{"id":"1","schemas":["x"],"meta":{"created":1},"groups":[],"foo":1,"name.foo":1,"a.b.c":1,' +
        '"__proto__":{"x":1},"constructor":{"prototype":{"x":1}},"":1,"members[":1}',
    )
    expect(refusal(USERS, { op: 'replace', value }).scimType).toBe('invalidFilter')
    const { 'members[': _, ...rest } = value as Record<string, unknown>
    expect(read(USERS, { op: 'replace', value: rest })).toEqual([])
    expect('x' in {}).toBe(false)
  })

  test('empties a group only if it says so', () => {
    const rename = { id: 'g', displayName: 'n', externalId: 'e' }
    expect(read(GROUPS, { op: 'replace', value: rename })).toEqual([
      ['replace', 'displayName', 'n'],
      ['replace', 'externalId', 'e'],
    ])
    expect(read(GROUPS, { op: 'replace', value: { ...rename, members: [] } })).toContainEqual([
      'remove',
      'members',
    ])
  })
})

describe('the removal of members', () => {
  test('of a list is of just these', () => {
    const value = [
      { $ref: null, value: 'a' },
      { value: 'b', display: 'B' },
    ]
    expect(read(GROUPS, { op: 'Remove', path: 'members', value })).toEqual([
      ['remove', 'members', [{ value: 'a' }, { value: 'b' }]],
    ])
  })

  test.each([
    { value: [] },
    { value: '' },
    { value: [null] },
    { value: {} },
    { value: [{ value: null }] },
  ])('of an empty list is of nobody: %j', ({ value }) =>
    expect(read(GROUPS, { op: 'remove', path: 'members', value })).toEqual([]),
  )

  test('without a list, or of null, is of all', () => {
    expect(read(GROUPS, { op: 'remove', path: 'members' })).toEqual([['remove', 'members']])
    expect(read(GROUPS, { op: 'remove', path: 'members', value: null })).toEqual([
      ['remove', 'members'],
    ])
  })

  test('by a filter keeps the filter', () => {
    expect(read(GROUPS, { op: 'remove', path: 'members[value eq "a"]' })).toEqual([
      ['remove', 'members[value eq "a"]'],
    ])
  })
})
