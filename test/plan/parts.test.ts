import { describe, expect, test } from 'vitest'
import type { Entry } from '../../src/ldap/entry.ts'
import { valuesOf } from '../../src/ldap/entry.ts'
import { resourceRules } from '../../src/mapping/rules.ts'
import { partsOf, remainderOf, rulesInParts } from '../../src/plan/parts.ts'
import { entry } from '../support/entries.ts'
import { ruleOf, shippedRules } from '../support/rules.ts'

const group = resourceRules(shippedRules('openldap'), 'Group')
const members = ruleOf(group, 'members', 'reference')
const dns = (count: number) =>
  Array.from({ length: count }, (_, index) => `uid=${index},ou=people,dc=example`)
const groupWith = (count: number) =>
  entry('cn=ops,ou=groups,dc=example', { cn: 'ops', member: dns(count) })
const memberDns = (parts: Iterable<Entry>) => [...parts].map((part) => valuesOf(part, 'member'))

describe('an entry with many references', () => {
  test('is one from 401 on, where they are wanted', () => {
    expect(rulesInParts(groupWith(400), group.attributes)).toEqual([])
    expect(rulesInParts(groupWith(401), group.attributes)).toEqual([members])
    expect(rulesInParts(groupWith(401), [])).toEqual([])
  })

  test('comes in parts that have all of them together', () => {
    const parts = memberDns(partsOf(groupWith(1001), members))
    expect(parts.map(({ length }) => length)).toEqual([400, 400, 201])
    expect(parts.flat()).toEqual(dns(1001))
  })

  test('comes with what the server has told of each part', () => {
    const told = dns(700).map((dn) => ({ dn, attributes: new Map() }))
    const whole = { ...groupWith(701), dereferenced: new Map([['member', told]]) }
    const parts = [...partsOf(whole, members)]
    expect(memberDns(parts).flat()).toEqual(dns(700))
    for (const part of parts) {
      const names = [...(part.dereferenced?.get('member') ?? [])].map(({ dn }) => dn)
      expect(names).toEqual(valuesOf(part, 'member'))
    }
  })

  test('leaves a remainder without them', () => {
    const whole = { ...groupWith(401), dereferenced: new Map([['member', []]]) }
    const rest = remainderOf(whole, [members])
    expect([...rest.attributes.keys()]).toEqual(['cn'])
    expect(rest.dereferenced?.size).toBe(0)
    expect(rest.dn).toBe(whole.dn)
  })
})
