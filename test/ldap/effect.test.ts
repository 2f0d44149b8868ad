import { describe, expect, test } from 'vitest'
import { parseDn } from '../../src/ldap/dn.ts'
import { effectsOf, filterOfEffect, hasEffect } from '../../src/ldap/effect.ts'
import { entryOf } from '../../src/ldap/entry.ts'
import { parseFilter } from '../../src/ldap/filter-text.ts'
import type { Change } from '../../src/ldap/change.ts'
import type { Value } from '../../src/ldap/value.ts'

const change = (kind: Change['kind'], attribute: string, ...values: readonly Value[]): Change => ({
  kind,
  attribute,
  values,
})

describe('the effect of changes', () => {
  test('is what comes and what goes, attribute by attribute', () => {
    expect(
      effectsOf([
        change('delete', 'title', 'Clerk'),
        change('add', 'Title', 'Head'),
        change('add', 'mail', 'a@example.com'),
      ]),
    ).toEqual([
      { attribute: 'title', there: ['Head'], gone: ['Clerk'], whole: false },
      { attribute: 'mail', there: ['a@example.com'], gone: [], whole: false },
    ])
  })

  test('of a value that comes and goes is that of the last change', () => {
    const [there] = effectsOf([change('delete', 'member', 'cn=a'), change('add', 'member', 'cn=a')])
    expect(there).toMatchObject({ there: ['cn=a'], gone: [] })
    const [gone] = effectsOf([change('add', 'member', 'cn=a'), change('delete', 'member', 'cn=a')])
    expect(gone).toMatchObject({ there: [], gone: ['cn=a'] })
  })

  test('of replacing, or of deleting all, leaves nothing of what was said before', () => {
    const before = change('add', 'title', 'Head')
    const [replaced] = effectsOf([before, change('replace', 'title', 'Clerk')])
    expect(replaced).toMatchObject({ there: ['Clerk'], gone: [], whole: true })
    const [emptied] = effectsOf([before, change('delete', 'title')])
    expect(emptied).toMatchObject({ there: [], gone: [], whole: true })
  })
})

test.each([
  [[change('add', 'title', 'a', 'b')], '(&(title=a)(title=b))'],
  [[change('delete', 'title', 'a'), change('add', 'title', 'b')], '(&(title=b)(!(title=a)))'],
  [[change('replace', 'title')], '(!(title=*))'],
])('the server finds an entry with the effect by a filter: %j', (changes, filter) => {
  expect(effectsOf(changes).map(filterOfEffect)).toEqual([parseFilter(filter)])
})

describe('an entry', () => {
  const octets = Uint8Array.of(0xff, 0xfe)
  const entry = entryOf(parseDn('cn=a'), [['jpegPhoto', [octets]]])
  const has = (...changes: readonly Change[]) =>
    effectsOf(changes).every((effect) => hasEffect(entry, effect))

  test('has the effect, by octets', () => {
    expect(has(change('add', 'jpegPhoto', Uint8Array.of(0xff, 0xfe)))).toBe(true)
    expect(has(change('replace', 'jpegPhoto', octets))).toBe(true)
    expect(has(change('delete', 'jpegPhoto', Uint8Array.of(1)))).toBe(true)
  })

  test('has it not where a value is missing, is still there, or is not alone', () => {
    expect(has(change('add', 'jpegPhoto', Uint8Array.of(1)))).toBe(false)
    expect(has(change('delete', 'jpegPhoto', octets))).toBe(false)
    expect(has(change('delete', 'jpegPhoto'))).toBe(false)
    expect(has(change('replace', 'jpegPhoto', octets, Uint8Array.of(1)))).toBe(false)
  })
})
