import { describe, expect, test } from 'vitest'
import { parseFilter } from '../../src/ldap/filter-text.ts'
import { TRUE } from '../../src/ldap/filter.ts'
import { addsToAbsent, isMeant, passes } from '../../src/plan/check.ts'
import type { Check, Step } from '../../src/plan/plan.ts'
import { entry } from '../support/entries.ts'

const DN = 'uid=anna,ou=people,dc=example'
const IDENTITY = parseFilter('(nsUniqueId=a1)')
const check = (more: Partial<Check> = {}): Check => ({ identity: IDENTITY, state: TRUE, ...more })

describe('what the pre-read control told', () => {
  test('passes where it is the entry that was meant', () => {
    expect(passes(check(), entry(DN, { nsUniqueId: 'a1' }))).toBe(true)
    expect(passes(check(), entry(DN, { nsUniqueId: 'b1' }))).toBe(false)
    expect(isMeant(check(), entry(DN, { nsUniqueId: 'b1' }))).toBe(false)
  })

  test('fails where it told nothing', () => {
    expect(passes(check(), undefined)).toBe(false)
    expect(isMeant(check(), undefined)).toBe(false)
  })

  test('fails where a value is there that was not', () => {
    const absent = check({ state: parseFilter('(!(title=*))') })
    expect(passes(absent, entry(DN, { nsUniqueId: 'a1' }))).toBe(true)
    const other = entry(DN, { nsUniqueId: 'a1', title: 'Dr.' })
    expect(passes(absent, other)).toBe(false)
    expect(isMeant(absent, other)).toBe(true)
  })

  test('is held against all that was read where nothing may have changed', () => {
    const read = { nsUniqueId: 'a1', title: 'Dr.', mail: ['a@x', 'b@x'], photo: Uint8Array.of(255) }
    const unchanged = check({ unchanged: entry(DN, read) })
    expect(passes(unchanged, entry(DN, { ...read, mail: ['b@x', 'a@x'] }))).toBe(true)
    for (const change of [
      { title: 'dr.' },
      { mail: ['a@x'] },
      { mail: ['a@x', 'c@x'] },
      { photo: Uint8Array.of(254) },
      { title: [] },
      { displayName: 'new' },
    ]) {
      expect(passes(unchanged, entry(DN, { ...read, ...change }))).toBe(false)
    }
  })
})

describe('a second value for what is single-valued', () => {
  const step = (values: readonly string[], state: string): Step => ({
    write: {
      kind: 'modify',
      dn: entry(DN, {}).dn,
      changes: [{ kind: 'add', attribute: 'displayName', values }],
    },
    check: check({ state: parseFilter(state) }),
  })

  test('means that somebody else was faster where there was none', () => {
    expect(addsToAbsent(step(['A'], '(!(displayName=*))'), 'DISPLAYNAME')).toBe(true)
    expect(addsToAbsent(step(['A'], '(&(!(title=*))(!(displayName=*)))'), 'displayName')).toBe(true)
  })

  test('is the client’s mistake else', () => {
    expect(addsToAbsent(step(['A', 'B'], '(!(displayName=*))'), 'displayName')).toBe(false)
    expect(addsToAbsent(step(['A'], '(!(title=*))'), 'displayName')).toBe(false)
    expect(addsToAbsent(step(['A'], '(!(displayName=*))'), 'title')).toBe(false)
    const { check: _, ...unchecked } = step(['A'], '(!(displayName=*))')
    expect(addsToAbsent(unchecked, 'displayName')).toBe(false)
  })
})
