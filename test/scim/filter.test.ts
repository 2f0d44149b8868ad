import { describe, expect, test } from 'vitest'
import { TOLERANT } from '../../src/scim/client-quirks.ts'
import type { Filter } from '../../src/scim/filter.ts'
import { parseFilter, printFilter } from '../../src/scim/filter.ts'
import { randomFrom } from '../support/random.ts'
import { randomFilter } from './random-filter.ts'
import { refusalOf } from './refusal.ts'
import { readVectors } from './vectors.ts'

const { valid, invalid } = readVectors<Filter>('filter', 'filter')

test.each(valid)('the filter $text is read ($section)', ({ text, parsed }) => {
  expect(parseFilter(text, {}, TOLERANT)).toEqual(parsed)
})

test.each(valid)('the filter $text is printed so that it is read the same', ({ parsed }) => {
  expect(parseFilter(printFilter(parsed))).toEqual(parsed)
})

test.each(invalid)('the filter $text is refused ($section)', ({ text, error }) => {
  expect(refusalOf(() => parseFilter(text))).toEqual({
    status: 400,
    scimType: 'invalidFilter',
    detail: expect.stringContaining(error) as string,
  })
})

test.each([
  ['externalId eq jyoung', 'jyoung'],
  ["userName sw O'Neil", "O'Neil"],
  ['userName eq jyoung@contoso.com', 'jyoung@contoso.com'],
])('where tolerated, a text needs no quotes: %s', (text, value) => {
  expect(parseFilter(text, {}, TOLERANT)).toMatchObject({ kind: 'compare', value })
  expect(refusalOf(() => parseFilter(text)).detail).toMatch(/expected a string in double quotes/)
})

test('single quotes are wrong ones, also where none are needed', () => {
  expect(refusalOf(() => parseFilter("userName eq 'jyoung'", {}, TOLERANT)).detail).toMatch(
    /^The filter is wrong at character 13: expected a string in double quotes/,
  )
})

test('a refusal names the filter and the place', () => {
  expect(refusalOf(() => parseFilter('userName is "x"')).detail).toBe(
    'The filter is wrong at character 10: expected an operator (eq, ne, co, sw, ew, gt, ge, lt, le, pr), found "is"',
  )
})

test('a refusal does not repeat strings, which may be personal data', () => {
  expect(refusalOf(() => parseFilter('a eq "x" "secret"')).detail).not.toContain('secret')
})

test('minus zero is zero, for it has no text of its own', () => {
  expect(parseFilter('a eq -0')).toEqual({
    kind: 'compare',
    path: { attribute: 'a' },
    operator: 'eq',
    value: 0,
  })
})

test('whatever filter is printed is read the same', () => {
  const random = randomFrom(7644)
  for (let round = 0; round < 3000; round++) {
    const filter = randomFilter(random, 4)
    expect(parseFilter(printFilter(filter), { textLength: 1e6, terms: 1e6 })).toEqual(filter)
  }
})

describe('limits', () => {
  const joined = (terms: number) => Array.from({ length: terms }, () => 'a pr').join(' or ')

  test('a thousand comparisons are read, one more is refused', () => {
    const filter = parseFilter(joined(1000))
    expect(filter.kind === 'or' && filter.filters.length).toBe(1000)
    expect(refusalOf(() => parseFilter(joined(1001)))).toEqual({
      status: 400,
      scimType: 'invalidFilter',
      detail: 'The filter has more than 1000 comparisons',
    })
  })

  test.each([
    ['(', ')'],
    ['not (', ')'],
  ])('32 of %s are read, one more is refused', (open, close) => {
    const nested = (depth: number) => open.repeat(depth) + 'a pr' + close.repeat(depth)
    expect(() => parseFilter(nested(32))).not.toThrow()
    expect(refusalOf(() => parseFilter(nested(33)))).toEqual({
      status: 400,
      scimType: 'invalidFilter',
      detail: 'The filter is nested more than 32 deep',
    })
  })

  test('brackets side by side are not nested', () => {
    expect(() =>
      parseFilter(Array.from({ length: 40 }, () => '(a[b pr])').join(' and ')),
    ).not.toThrow()
  })

  test('8192 characters are read, one more is refused', () => {
    expect(() => parseFilter(`a eq "${'x'.repeat(8185)}"`)).not.toThrow()
    expect(refusalOf(() => parseFilter(`a eq "${'x'.repeat(8186)}"`)).detail).toBe(
      'The filter has 8193 characters; at most 8192 are accepted',
    )
  })

  test('the caller may set others', () => {
    expect(refusalOf(() => parseFilter('a pr or b pr', { terms: 1 })).detail).toBe(
      'The filter has more than 1 comparisons',
    )
    expect(refusalOf(() => parseFilter('a[b pr]', { depth: 0 })).detail).toBe(
      'The filter is nested more than 0 deep',
    )
  })

  test('what is hostile takes no time', () => {
    const wide = { textLength: 1e7, terms: 1e6, depth: 32 }
    const started = performance.now()
    expect(() => parseFilter(joined(100_000), wide)).not.toThrow()
    for (const text of [
      joined(100_000),
      '('.repeat(1_000_000),
      'not '.repeat(100_000),
      'a['.repeat(100_000),
      `a eq "${'\\'.repeat(999_999)}`,
      `a eq ${'1'.repeat(1_000_000)}x`,
      `a eq 1${'e1'.repeat(500_000)}`,
      `a eq "${'\\u0041'.repeat(100_000)}`,
      ' '.repeat(1_000_000),
    ]) {
      expect(refusalOf(() => parseFilter(text)).scimType).toBe('invalidFilter')
      expect(refusalOf(() => parseFilter(text, { ...wide, terms: 1000 })).scimType).toBe(
        'invalidFilter',
      )
    }
    expect(performance.now() - started).toBeLessThan(3000)
  })
})
