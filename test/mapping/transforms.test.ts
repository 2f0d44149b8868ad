import { describe, expect, test } from 'vitest'
import type { AttributeKind } from '../../src/scim/attribute.ts'
import type { Json } from '../../src/scim/resource.ts'
import type { Value } from '../../src/ldap/value.ts'
import type { Transform } from '../../src/mapping/transform.ts'
import { defaultTransform, TRANSFORMS } from '../../src/mapping/transforms.ts'

const YES_NO = { true: 'yes', false: 'no' }
const KINDS = { Employee: 'E', Contractor: 'C', __proto__x: 'P' }

function octets(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

function transformOf(name: string, argument?: unknown): Transform {
  const kind = TRANSFORMS[name]
  if (kind === undefined) throw new Error(`no transform ${name}`)
  return kind.create(argument)
}

/** Rows that hold in both directions. */
const PAIRS: readonly (readonly [name: string, argument: unknown, scim: Json, ldap: Value])[] = [
  ['string', undefined, 'Ünï (a)*\\', 'Ünï (a)*\\'],
  ['string', undefined, ' ', ' '],
  ['boolean', undefined, true, 'TRUE'],
  ['boolean', undefined, false, 'FALSE'],
  ['boolean', YES_NO, true, 'yes'],
  ['boolean', YES_NO, false, 'no'],
  ['integer', undefined, 0, '0'],
  ['integer', undefined, -42, '-42'],
  ['integer', undefined, Number.MAX_SAFE_INTEGER, '9007199254740991'],
  ['decimal', undefined, 1.5, '1.5'],
  ['decimal', undefined, -1e-7, '-1e-7'],
  ['dateTime', undefined, '2026-01-31T08:00:00.000Z', '20260131080000Z'],
  ['dateTime', undefined, '2026-01-31T08:00:00.250Z', '20260131080000.25Z'],
  ['binary', undefined, 'AP8B', Uint8Array.of(0, 255, 1)],
  ['enum', KINDS, 'Employee', 'E'],
  ['enum', KINDS, '__proto__x', 'P'],
  ['postalAddress', undefined, '1 Main St.\n$5 \\ House\nBonn', '1 Main St.$\\245 \\5C House$Bonn'],
  ['postalAddress', undefined, 'one line', 'one line'],
  ['fileTime', undefined, '2026-11-24T12:36:10.113Z', '134399973701130000'],
  [
    'guid',
    undefined,
    '5f795def-21e3-43f5-b8b6-32669d959188',
    octets('ef5d795fe321f543b8b632669d959188'),
  ],
  ['flag', 0x10000, true, '65536'],
  ['flag', 0x10000, false, '0'],
  ['lockout', undefined, false, '0'],
  ['mustChange', undefined, true, '0'],
  ['mustChange', undefined, false, '-1'],
  ['sid', undefined, 'S-1-5-18', octets('010100000000000512000000')],
  ['tagged', 'SMTP:', 'a@b', 'SMTP:a@b'],
  ['json', undefined, { a: [1, { b: null }], z: 'x' }, '{"a":[1,{"b":null}],"z":"x"}'],
  ['json', undefined, 'text', '"text"'],
]

test('every transform has rows here', () => {
  expect(new Set(PAIRS.map(([name]) => name))).toEqual(new Set(Object.keys(TRANSFORMS)))
})

describe.each(PAIRS)('%s %j: %j', (name, argument, scim, ldap) => {
  const transform = transformOf(name, argument)

  test('goes to LDAP', () => expect(transform.toLdap(scim)).toEqual(ldap))
  test('comes back', () => expect(transform.toScim(ldap)).toEqual(scim))
})

test.each<readonly [string, unknown, Json, Value]>([
  ['boolean', YES_NO, true, 'yes'],
  ['dateTime', undefined, '2026-01-31T09:30:00+01:30', '20260131080000Z'],
  ['enum', KINDS, 'employee', 'E'],
  ['fileTime', undefined, '1970-01-01T01:00:00+01:00', '116444736000000000'],
  ['guid', undefined, '000000FF-0000-0000-0000-000000000000', octets(`ff${'0'.repeat(30)}`)],
  ['postalAddress', undefined, 'a\r\nb', 'a$b'],
  ['json', undefined, { z: 1, a: { d: 1, c: 2 } }, '{"a":{"c":2,"d":1},"z":1}'],
])('%s %j writes %j in one form', (name, argument, scim, ldap) => {
  expect(transformOf(name, argument).toLdap(scim)).toEqual(ldap)
})

test.each<readonly [string, unknown, Value, Json]>([
  ['boolean', undefined, 'true', true],
  ['boolean', YES_NO, 'NO', false],
  ['integer', undefined, '007', 7],
  ['dateTime', undefined, '2026013108Z', '2026-01-31T08:00:00.000Z'],
  ['dateTime', undefined, '20260131080000,5+0100', '2026-01-31T07:00:00.500Z'],
  ['binary', undefined, 'ab', 'YWI='],
  ['enum', KINDS, 'c', 'Contractor'],
  ['fileTime', undefined, '134399973701136140', '2026-11-24T12:36:10.113Z'],
  ['guid', undefined, 'abcdefghijklmnop', '64636261-6665-6867-696a-6b6c6d6e6f70'],
  ['flag', 2, '66050', true],
  ['flag', 2, '66048', false],
  ['flag', 2, '-2147483646', true],
  ['flag', 4, '-2147483646', false],
  ['lockout', undefined, '134399973701136140', true],
  ['mustChange', undefined, '134399973701136140', false],
  ['string', undefined, Uint8Array.of(0x61, 0xff), 'a\ufffd'],
])('%s %j reads %j whatever its form', (name, argument, ldap, scim) => {
  expect(transformOf(name, argument).toScim(ldap)).toEqual(scim)
})

test.each<readonly [string, unknown, Json, string]>([
  ['string', undefined, 1, 'a string'],
  ['boolean', undefined, 'TRUE', 'true or false'],
  ['boolean', YES_NO, 'yes', 'true or false'],
  ['integer', undefined, 1.5, 'a whole number'],
  ['integer', undefined, 2 ** 53, 'a whole number'],
  ['integer', undefined, '1', 'a whole number'],
  ['decimal', undefined, '1', 'a number'],
  ['decimal', undefined, Infinity, 'a number'],
  ['dateTime', undefined, 'yesterday', 'a date and time such as 2026-01-31T08:00:00Z'],
  ['dateTime', undefined, 20260131, 'a string'],
  ['binary', undefined, true, 'a string'],
  ['enum', KINDS, 'Intern', 'one of "Employee", "Contractor", "__proto__x"'],
  ['enum', KINDS, '__proto__', 'one of "Employee", "Contractor", "__proto__x"'],
  ['enum', KINDS, 'E', 'one of "Employee", "Contractor", "__proto__x"'],
  ['fileTime', undefined, 'never', 'a date and time after 1601, such as 2026-01-31T08:00:00Z'],
  [
    'fileTime',
    undefined,
    '1601-01-01T00:00:00Z',
    'a date and time after 1601, such as 2026-01-31T08:00:00Z',
  ],
  ['fileTime', undefined, 0, 'a string'],
  ['flag', 2, 1, 'true or false'],
  ['lockout', undefined, true, 'false: nothing but failed logons locks an account'],
  ['mustChange', undefined, '0', 'true or false'],
  ['guid', undefined, 'x', 'a GUID such as 01234567-89ab-cdef-0123-456789abcdef'],
  ['sid', undefined, 'S-1', 'a security identifier such as S-1-5-21-1-2-3-1104'],
  ['postalAddress', undefined, {}, 'a string'],
])('%s %j refuses %j: %s is expected', (name, argument, scim, expected) => {
  const { toLdap } = transformOf(name, argument)
  expect(() => toLdap(scim)).toThrow(SyntaxError)
  expect(() => toLdap(scim)).toThrow(new SyntaxError(expected))
})

test.each<readonly [string, unknown, Value]>([
  ['boolean', undefined, 'yes'],
  ['boolean', YES_NO, 'TRUE'],
  ['integer', undefined, '1.5'],
  ['integer', undefined, ''],
  ['integer', undefined, ' '],
  ['integer', undefined, '9007199254740993'],
  ['decimal', undefined, 'x'],
  ['decimal', undefined, ''],
  ['decimal', undefined, 'Infinity'],
  ['dateTime', undefined, '2026'],
  ['dateTime', undefined, '20260230080000Z'],
  ['enum', KINDS, 'X'],
  ['enum', KINDS, 'Employee'],
  ['fileTime', undefined, '0'],
  ['flag', 2, 'x'],
  ['flag', 2, ''],
  ['fileTime', undefined, '9223372036854775807'],
  ['fileTime', undefined, '20260131080000Z'],
  ['guid', undefined, 'S-1-5-18'],
  ['sid', undefined, 'S-1-5-18'],
  ['tagged', 'SMTP:', 'smtp:a@b'],
  ['tagged', 'SMTP:', 'a@b'],
  ['json', undefined, '{'],
])('%s %j finds no value in %j', (name, argument, ldap) => {
  expect(transformOf(name, argument).toScim(ldap)).toBeUndefined()
})

test.each<readonly [AttributeKind, string, Transform['compares']]>([
  ['string', 'string', 'text'],
  ['reference', 'string', 'text'],
  ['boolean', 'boolean', 'equality'],
  ['integer', 'integer', 'order'],
  ['decimal', 'decimal', 'nothing'],
  ['dateTime', 'dateTime', 'order'],
  ['binary', 'binary', 'nothing'],
  ['complex', 'complex', 'nothing'],
])('an attribute of type %s makes a %s and compares by %s', (type, made, compares) => {
  expect(defaultTransform(type)).toMatchObject({ type: made, compares })
})

test.each(['guid', 'sid'])('a %s is compared for equality alone', (name) => {
  expect(transformOf(name).compares).toBe('equality')
})

test('the server does not compare a FILETIME: to it, "never" is a time', () => {
  expect(transformOf('fileTime').compares).toBe('nothing')
})

test('text of a list of words is compared for equality alone', () => {
  expect(transformOf('enum', KINDS).compares).toBe('equality')
})
