import { describe, expect, test } from 'vitest'
import {
  formatFileTime,
  formatGuid,
  formatSid,
  parseFileTime,
  parseGuid,
  parseSid,
} from '../../src/ldap/windows-syntax.ts'

const octets = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

describe('FILETIME', () => {
  test.each([
    ['116444736000000000', '1970-01-01T00:00:00.000Z'],
    ['132537600000000000', '2020-12-30T00:00:00.000Z'],
    ['10000', '1601-01-01T00:00:00.001Z'],
    ['134399973701130000', '2026-11-24T12:36:10.113Z'],
  ])('%s is %s', (text, iso) => {
    expect(new Date(parseFileTime(text) ?? NaN).toISOString()).toBe(iso)
    expect(formatFileTime(Date.parse(iso))).toBe(text)
  })

  test.each(['0', '9223372036854775807', '9223372036854775808', '', '-1', '1.5', 'never', '1e9'])(
    '%j is no time',
    (text) => expect(parseFileTime(text)).toBeUndefined(),
  )

  test('ticks below a millisecond are cut off', () => {
    expect(parseFileTime('116444736000019999')).toBe(1)
  })

  test.each(['1601-01-01T00:00:00Z', '1500-06-01T00:00:00Z'])('%s has no FILETIME', (iso) => {
    expect(() => formatFileTime(Date.parse(iso))).toThrow(RangeError)
  })
})

describe('GUID', () => {
  // As Samba 4.17 returned and took it.
  const TEXT = '5f795def-21e3-43f5-b8b6-32669d959188'
  const OCTETS = octets('ef5d795f e321 f543 b8b6 32669d959188')

  test('the first three fields are turned round', () => {
    expect(formatGuid(OCTETS)).toBe(TEXT)
    expect(parseGuid(TEXT)).toEqual(OCTETS)
  })

  test('its text is read in either case', () => {
    expect(parseGuid(TEXT.toUpperCase())).toEqual(OCTETS)
  })

  test.each(['', 'x', TEXT.replaceAll('-', ''), `{${TEXT}}`, `${TEXT}0`, TEXT.replace('f', 'g')])(
    '%j is none',
    (text) => expect(parseGuid(text)).toBeUndefined(),
  )

  test('octets of another number are none', () => {
    expect(formatGuid(OCTETS.slice(1))).toBeUndefined()
  })
})

describe('SID', () => {
  test.each([
    ['S-1-5-18', '01 01 000000000005 12000000'],
    [
      'S-1-5-21-251043801-1326490503-2741841257-1102',
      '01 05 000000000005 15000000 d99ff60e 87a3104f 692d6da3 4e040000',
    ],
    ['S-1-0', '01 00 000000000000'],
    ['S-1-5-4294967295', '01 01 000000000005 ffffffff'],
    ['S-1-281474976710655-1', '01 01 ffffffffffff 01000000'],
  ])('%s in octets', (text, hex) => {
    expect(formatSid(octets(hex))).toBe(text)
    expect(parseSid(text)).toEqual(octets(hex))
  })

  test.each([
    '',
    'S-1',
    'S-2-5-18',
    'S-1-5-',
    'S-1-5-4294967296',
    'S-1-281474976710656',
    'S-1-5-x',
    `S-1-5${'-1'.repeat(16)}`,
  ])('%j is none', (text) => expect(parseSid(text)).toBeUndefined())

  test.each([
    '',
    '01',
    '02 00 000000000005',
    '01 02 000000000005 12000000',
    '01 00 000000000005 00',
  ])('octets %j are none', (hex) => expect(formatSid(octets(hex))).toBeUndefined())
})
