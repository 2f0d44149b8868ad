import { expect, test } from 'vitest'
import {
  formatBoolean,
  formatGeneralizedTime,
  formatPostalAddress,
  isUuid,
  parseBoolean,
  parseGeneralizedTime,
  parseInteger,
  parsePostalAddress,
} from '../../src/ldap/syntax.ts'

test('a Boolean is TRUE or FALSE in capitals', () => {
  expect([formatBoolean(true), formatBoolean(false)]).toEqual(['TRUE', 'FALSE'])
  expect(['TRUE', 'FALSE', 'true', ''].map(parseBoolean)).toEqual([
    true,
    false,
    undefined,
    undefined,
  ])
})

test('an Integer has no bounds, no plus sign and no leading zeros', () => {
  expect(parseInteger('-9223372036854775809')).toBe(-9_223_372_036_854_775_809n)
  expect(parseInteger('0')).toBe(0n)
  for (const text of ['', '+1', '01', '-0', '1.0', ' 1', '0x1']) {
    expect(parseInteger(text)).toBeUndefined()
  }
})

test.each([
  ['199412161032Z', '1994-12-16T10:32:00.000Z'],
  ['199412160532-0500', '1994-12-16T10:32:00.000Z'],
  ['20261123162354.0Z', '2026-11-23T16:23:54.000Z'],
  ['20261123162354.285480Z', '2026-11-23T16:23:54.285Z'],
  ['20261123162354,9Z', '2026-11-23T16:23:54.900Z'],
  ['2026112316.5Z', '2026-11-23T16:30:00.000Z'],
  ['202611231623.25Z', '2026-11-23T16:23:15.000Z'],
  ['20261123162354+0130', '2026-11-23T14:53:54.000Z'],
  ['20261123162354+01', '2026-11-23T15:23:54.000Z'],
  ['20240229235960Z', '2024-03-01T00:00:00.000Z'],
  ['00010101000000Z', '0001-01-01T00:00:00.000Z'],
])('the Generalized Time %s is %s', (text, iso) => {
  const millis = parseGeneralizedTime(text)
  expect(millis === undefined ? undefined : new Date(millis).toISOString()).toBe(iso)
})

test.each([
  ['20230229000000Z'],
  ['20261301000000Z'],
  ['20261100000000Z'],
  ['20261123240000Z'],
  ['20261123162354'],
  ['20261123162354.Z'],
  ['20261123162354+1'],
  ['2026-11-23T16:23:54Z'],
  ['20261123Z'],
  [''],
])('%s is no Generalized Time', (text) => expect(parseGeneralizedTime(text)).toBeUndefined())

test('every millisecond is read back', () => {
  const start = Date.UTC(2026, 1, 3, 4, 5, 6)
  for (let millis = start; millis < start + 1_000; millis++) {
    expect(parseGeneralizedTime(formatGeneralizedTime(millis))).toBe(millis)
  }
})

test('a fraction is printed only where there is one', () => {
  expect(formatGeneralizedTime(Date.UTC(2026, 10, 23, 1, 2, 3))).toBe('20261123010203Z')
  expect(formatGeneralizedTime(Date.UTC(2026, 10, 23, 1, 2, 3, 50))).toBe('20261123010203.05Z')
  expect(() => formatGeneralizedTime(Date.UTC(10_000, 0))).toThrow(RangeError)
})

test('a Postal Address escapes dollars and backslashes in its lines', () => {
  const lines = ['1234 Main St.', '$1,000,000 \\ Sweepstakes', 'PO Box 1000000', '\\24']
  const text = '1234 Main St.$\\241,000,000 \\5C Sweepstakes$PO Box 1000000$\\5C24'
  expect(formatPostalAddress(lines)).toBe(text)
  expect(parsePostalAddress(text)).toEqual(lines)
  expect(parsePostalAddress('a\\5cb')).toEqual(['a\\b'])
})

test('a UUID has its five groups, in either case', () => {
  expect(isUuid('fcd00d4a-7ba5-1041-9de7-5157191e495e')).toBe(true)
  expect(isUuid('FCD00D4A-7BA5-1041-9DE7-5157191E495E')).toBe(true)
  expect(isUuid('fcd00d4a7ba510419de75157191e495e')).toBe(false)
  expect(isUuid('{fcd00d4a-7ba5-1041-9de7-5157191e495e}')).toBe(false)
})
