import { describe, expect, test } from 'vitest'
import { caseExact, caseIgnore, foldCase, instantOf, keepCase } from '../../src/scim/comparison.ts'

describe('strings that are the same where letter case does not count (RFC 4518)', () => {
  test.each([
    ['BJensen', 'bjensen'],
    ['  a   b ', 'A B'],
    ['a\u00a0b', 'a b'],
    ['Straße', 'STRAßE'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['ﬁle', 'FILE'],
    ['Ａ', 'a'],
    ['e\u0301', 'É'],
    ['\u01f0', 'J\u030c'],
  ])('%j and %j', (left, right) => expect(caseIgnore(left)).toBe(caseIgnore(right)))

  test.each([
    ['ab', 'a b'],
    ['a\tb', 'a b'],
    ['a\n', 'a'],
    [' ', ''],
    ['ı', 'i'],
    ['e', 'é'],
  ])('%j and %j are not', (left, right) => expect(caseIgnore(left)).not.toBe(caseIgnore(right)))

  test('blanks at the ends of a part count', () => expect(foldCase('  A ')).toBe(' a '))
})

describe('strings that are the same where letter case does (RFC 4518)', () => {
  test.each([
    ['  a   b ', 'a b'],
    ['a\u00a0b', 'a b'],
    ['ﬁle', 'file'],
    ['e\u0301', 'é'],
    ['  ', ' '],
  ])('%j and %j', (left, right) => expect(caseExact(left)).toBe(caseExact(right)))

  test.each([
    ['a', 'A'],
    ['a\tb', 'a b'],
    ['ß', 'ss'],
    [' ', ''],
  ])('%j and %j are not', (left, right) => expect(caseExact(left)).not.toBe(caseExact(right)))

  test('blanks at the ends of a part count', () => expect(keepCase('  A ')).toBe(' A '))
})

describe('xsd:dateTime (RFC 7643 §2.3.5)', () => {
  const second = 1_000_000_000n

  test.each([
    ['1970-01-01T00:00:00Z', 0n],
    ['1970-01-01T00:00:01', second],
    ['1970-01-01T01:00:00+01:00', 0n],
    ['1969-12-31T19:00:00-05:00', 0n],
    ['1970-01-01T00:00:00.0000001Z', 100n],
    ['1970-01-01T00:00:00.1234567891234Z', 123_456_789n],
    ['1969-12-31T23:59:59.5Z', -second / 2n],
    ['1970-01-01T24:00:00Z', 86_400n * second],
    ['2024-02-29T12:00:00Z', 1_709_208_000n * second],
  ])('%s', (text, nanoseconds) => expect(instantOf(text)).toBe(nanoseconds))

  test.each([
    '',
    '2026-01-31',
    '2026-01-31T12:00Z',
    '2026-01-31 12:00:00Z',
    '2026-02-30T12:00:00Z',
    '2023-02-29T12:00:00Z',
    '2026-13-01T12:00:00Z',
    '2026-00-01T12:00:00Z',
    '2026-01-00T12:00:00Z',
    '2026-01-31T25:00:00Z',
    '2026-01-31T24:00:01Z',
    '2026-01-31T12:60:00Z',
    '2026-01-31T12:00:60Z',
    '2026-01-31T12:00:00.Z',
    '2026-01-31T12:00:00+15:00',
    '2026-01-31T12:00:00+01:60',
    '2026-01-31T12:00:00+0100',
    '2026-01-31T12:00:00Zjunk',
    '20260131120000Z',
  ])('%j is none', (text) => expect(instantOf(text)).toBeUndefined())
})
