import { describe, expect, test } from 'vitest'
import { TOLERANT } from '../../src/scim/client-quirks.ts'
import { parseFilter } from '../../src/scim/filter.ts'
import type { Filter } from '../../src/scim/filter.ts'
import { matches, matchesResource, valueMatcher } from '../../src/scim/match.ts'
import { findAttribute } from '../../src/scim/schema.ts'
import { ENTERPRISE_USER_SCHEMA } from '../../src/scim/urn.ts'
import { refusalOf } from './refusal.ts'
import { DEVICES, USERS } from './resource-types.ts'

const barbara = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', ENTERPRISE_USER_SCHEMA],
  id: 'aB-1',
  userName: 'BJensen',
  title: 'Vice  President ',
  name: { familyName: 'Jensen' },
  active: true,
  emails: [
    { value: 'bj@example.com', type: 'work', primary: true },
    { value: 'babs@example.org', type: 'home' },
  ],
  [ENTERPRISE_USER_SCHEMA]: { department: 'Tours', manager: { value: 'm1' } },
  meta: { lastModified: '2026-01-31T12:00:00.5Z' },
}

const device = {
  serial: 'Ab',
  tags: ['red', 'Blue'],
  ports: [80, 443],
  weight: 1.5,
  bought: '2026-01-31T12:00:00+01:00',
  locked: false,
}

describe('the resource of a user', () => {
  test.each([
    'userName eq "bjensen"',
    'USERNAME eq " BJENSEN "',
    'userName sw "bj"',
    'userName ew "SEN"',
    'userName co "jens"',
    'userName ge "bjensen" and userName le "bjensen"',
    'userName gt "a" and userName lt "c"',
    'title eq "vice president"',
    'title co "E P"',
    'title sw "vice "',
    'title sw "  vice"',
    'title ew " president"',
    'title ew "president  "',
    'id eq "aB-1"',
    'name.familyName eq "jensen"',
    'name pr',
    'not (nickName pr)',
    'nickName ne "x"',
    'nickName eq null',
    'unknown eq null',
    'unknown ne "x"',
    'not (unknown pr)',
    'userName ne null',
    'emails eq "BABS@example.org"',
    'emails.value eq "babs@example.org"',
    'emails co "example.org"',
    'emails.type eq "home"',
    'emails[type eq "work" and value sw "bj"]',
    'emails[type eq "work"].value eq "bj@example.com"',
    'emails[primary eq "True"]',
    'emails[not (primary pr)]',
    'emails ne "nobody@example.com"',
    'active eq true',
    'active eq "TRUE"',
    'active ne false',
    'manager eq "m1"',
    `${ENTERPRISE_USER_SCHEMA}:manager.value eq "m1"`,
    `${ENTERPRISE_USER_SCHEMA}:manager[value eq "m1"]`,
    `${ENTERPRISE_USER_SCHEMA}.manager eq "m1"`,
    `schemas eq "${ENTERPRISE_USER_SCHEMA}"`,
    'meta.lastModified gt "2026-01-31T12:00:00Z"',
    'meta.lastModified gt "2026-01-31T12:00:00.4999999Z"',
    'meta.lastModified eq "2026-01-31T13:00:00.500+01:00"',
    'meta.lastModified sw "2026-01"',
    'title pr and (nickName pr or active eq true)',
  ])('satisfies %s', (text) => {
    expect(matchesResource(USERS, barbara, parseFilter(text, {}, TOLERANT))).toBe(true)
  })

  test.each([
    'userName eq "bjensens"',
    'userName ne "bjensen"',
    'userName eq 1',
    'userName eq true',
    'userName gt "bjensen"',
    'userName gt null',
    'userName co null',
    'id eq "ab-1"',
    'id sw "AB"',
    'title co "eP"',
    'title sw "ice"',
    'nickName co ""',
    'nickName le "z"',
    'unknown eq "x"',
    'unknown eq ""',
    'unknown pr',
    'unknown[type eq "work"]',
    'emails.value ne "babs@example.org"',
    'emails[type eq "work" and value eq "babs@example.org"]',
    'emails[type eq "other"]',
    'emails[unknown pr]',
    'active eq false',
    'active eq "yes"',
    'active eq 1',
    'active co "tr"',
    'active ne true',
    'meta.lastModified gt "2026-01-31T12:00:00.5Z"',
    'meta.lastModified lt "2026-01-31T12:00:00"',
    'meta.lastModified eq "yesterday"',
    'schemas eq "URN:ietf:params:scim:schemas:core:2.0:User"',
    'constructor pr',
    'name.constructor pr',
    'not (title pr)',
  ])('does not satisfy %s', (text) => {
    expect(matchesResource(USERS, barbara, parseFilter(text))).toBe(false)
  })
})

describe('the resource of a device', () => {
  test.each([
    ['serial eq "Ab"', true],
    ['serial eq "ab"', false],
    ['serial co "b"', true],
    ['serial ew "B"', false],
    ['serial lt "a"', true],
    ['tags eq "blue"', true],
    ['tags[value eq "blue"]', true],
    ['tags[value eq "green"]', false],
    ['tags ne "red"', false],
    ['ports eq 443', true],
    ['ports gt 443', false],
    ['ports[value gt 100 and value lt 500]', true],
    ['ports co 4', false],
    ['ports eq "443"', false],
    ['weight le 1.5', true],
    ['weight lt 1.5', false],
    ['bought eq "2026-01-31T11:00:00Z"', true],
    ['locked eq false', true],
    ['firmware eq null', true],
  ])('%s is %s', (text, expected) => {
    expect(matchesResource(DEVICES, device, parseFilter(text))).toBe(expected)
  })
})

test.each([
  ['active gt true', '"gt" cannot be used with active, which is boolean'],
  ['emails[primary le true]', '"le" cannot be used with primary, which is boolean'],
  ['x509Certificates ge "YQ=="', '"ge" cannot be used with value, which is binary'],
  ['name eq "Jensen"', '"eq" cannot be used with name, which is complex'],
  ['name ne "Jensen"', '"ne" cannot be used with name, which is complex'],
])('%s is refused (RFC 7644 §3.4.2.2)', (text, detail) => {
  expect(refusalOf(() => matchesResource(USERS, barbara, parseFilter(text)))).toEqual({
    status: 400,
    scimType: 'invalidFilter',
    detail,
  })
})

describe('the filter of a value path', () => {
  const inner = (text: string): Filter => {
    const filter = parseFilter(`x[${text}]`)
    if (filter.kind !== 'valuePath') throw new Error('no value path')
    return filter.filter
  }
  const emails = findAttribute(USERS.schema.attributes, 'emails')
  const tags = findAttribute(DEVICES.schema.attributes, 'tags')
  if (emails === undefined || tags === undefined) throw new Error('attributes are missing')

  test('looks at sub-attributes', () => {
    const work = { type: 'work', value: 'x@y' }
    expect(matches(emails.subAttributes ?? [], work, inner('TYPE eq "Work"'))).toBe(true)
    expect(matches(emails.subAttributes ?? [], work, inner('primary eq "True"'))).toBe(false)
  })

  test('calls a simple value "value"', () => {
    expect(valueMatcher(tags, inner('value eq "red"'))('Red')).toBe(true)
    expect(valueMatcher(tags, inner('value eq "blue"'))('Red')).toBe(false)
    expect(valueMatcher(tags, inner('tags eq "red"'))('Red')).toBe(false)
  })

  test('finds nothing in what every object inherits', () => {
    expect(matches([], {}, inner('constructor pr'))).toBe(false)
  })
})
