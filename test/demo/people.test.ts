import { expect, test } from 'vitest'
import type { NewEntry } from '../../src/demo/ldif.ts'
import { groups, people } from '../../src/demo/people.ts'
import { dnKey, parseDn, printDn } from '../../src/ldap/dn.ts'

const SUFFIX = 'dc=example,dc=test'

function values(entry: NewEntry | undefined, name: string): readonly unknown[] {
  return entry?.attributes.find((attribute) => attribute.name === name)?.values ?? []
}

test('there are thirty people and six groups, always the same', () => {
  const some = people(SUFFIX)
  expect(some).toHaveLength(30)
  expect(groups(SUFFIX, some)).toHaveLength(6)
  expect(people(SUFFIX)).toEqual(some)
})

test('more people have logins and numbers of their own', () => {
  const many = people(SUFFIX, 1000)
  const distinct = (name: string) => new Set(many.flatMap((entry) => values(entry, name))).size
  expect(new Set(many.map(({ dn }) => dnKey(dn))).size).toBe(1000)
  expect(distinct('uid')).toBe(1000)
  expect(distinct('mail')).toBe(1000)
  expect(distinct('employeeNumber')).toBe(1000)
})

test('who there is, is the same however many there are', () => {
  expect(people(SUFFIX, 3)).toEqual(people(SUFFIX, 40).slice(0, 3))
})

test('all but the first have a manager, who is one of them', () => {
  const some = people(SUFFIX)
  const known = new Set(some.map(({ dn }) => printDn(dn)))
  for (const [index, entry] of some.entries()) {
    const manager = values(entry, 'manager')
    expect(manager).toHaveLength(index === 0 ? 0 : 1)
    for (const dn of manager) expect(known).toContain(dn)
  }
})

test('a group without people holds the placeholder', () => {
  const [, , , , , support] = groups(SUFFIX, people(SUFFIX, 2))
  expect(values(support, 'member')).toEqual([`cn=nobody,${SUFFIX}`])
})

test('names hold commas, quotes and other scripts, and a DN escapes them', () => {
  const some = people(SUFFIX)
  const names = some.flatMap((entry) => values(entry, 'displayName'))
  expect(names).toContain('Lewis, Charles, Jr.')
  expect(names).toContain('Robert "Bob" Smith')
  expect(names).toContain('山田花子')
  const support = groups(SUFFIX, some).at(-1)
  expect(printDn(support?.dn ?? parseDn(''))).toBe(
    `cn=Support\\2C \\22first line\\22,ou=groups,${SUFFIX}`,
  )
})
