import { describe, expect, test } from 'vitest'
import { failedCondition, parseEntityTags } from '../../src/scim/version.ts'
import { refusalOf } from './refusal.ts'

describe('entity tags (RFC 9110 §8.8.3)', () => {
  test.each([
    ['*', '*'],
    [' * ', '*'],
    ['"1"', ['1']],
    ['W/"1"', ['1']],
    ['W/"1", "b,c" ,W/""', ['1', 'b,c', '']],
    [',"1",,', ['1']],
  ])('%s', (header, tags) => expect(parseEntityTags(header)).toEqual(tags))

  test.each(['', ' ', ',', '1', '"1', 'W/1', 'w/"1"', '"1" "2"', '"1"x', '*, "1"', "'1'"])(
    '%j are none',
    (header) =>
      expect(refusalOf(() => parseEntityTags(header))).toEqual({
        status: 400,
        scimType: 'invalidValue',
        detail: 'An entity tag must be quoted, such as W/"3", or be *',
      }),
  )

  test('a long header takes no time', () => {
    const started = performance.now()
    expect(parseEntityTags('"1",'.repeat(100_000))).toHaveLength(100_000)
    expect(refusalOf(() => parseEntityTags(`${','.repeat(100_000)}"`)).status).toBe(400)
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

describe('conditions (RFC 7644 §3.14)', () => {
  test.each([
    [undefined, 'W/"1"', true],
    ['*', 'W/"1"', true],
    ['W/"1"', 'W/"1"', true],
    ['"1"', 'W/"1"', true],
    ['"0", W/"1"', 'W/"1"', true],
    ['W/"2"', 'W/"1"', false],
    ['"W/1"', 'W/"1"', false],
    ['W/"1"', undefined, false],
    ['*', undefined, true],
  ])('If-Match: %s for version %s is %s', (header, version, expected) => {
    const given = (name: 'ifMatch' | 'ifNoneMatch') =>
      failedCondition(header === undefined ? {} : { [name]: header }, version)
    expect(given('ifMatch')).toBe(expected ? undefined : 'If-Match')
    const excluded = header !== undefined && expected
    expect(given('ifNoneMatch')).toBe(excluded ? 'If-None-Match' : undefined)
  })
})
