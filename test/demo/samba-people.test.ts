import { expect, test } from 'vitest'
import type { NewEntry } from '../../src/demo/ldif.ts'
import { groups, people } from '../../src/demo/people.ts'
import { sambaEntries } from '../../src/demo/samba-people.ts'
import { printDn } from '../../src/ldap/dn.ts'

const SUFFIX = 'dc=example,dc=test'

function sampleOf(count: number): readonly NewEntry[] {
  const some = people(SUFFIX, count)
  return sambaEntries([...some, ...groups(SUFFIX, some)])
}

function values(entry: NewEntry | undefined, name: string): readonly unknown[] {
  return entry?.attributes.find((attribute) => attribute.name === name)?.values ?? []
}

test('a person is named by display name and domain, a manager by the DN there', () => {
  const [, soren] = sampleOf(2)
  expect(printDn(soren?.dn ?? { rdns: [] })).toBe(
    'CN=Søren Kjærgaard,OU=People,DC=corp,DC=example,DC=test',
  )
  expect(values(soren, 'userPrincipalName')).toEqual(['soren.kjaergaard@corp.example.test'])
  expect(values(soren, 'manager')).toEqual(['CN=Amara Okafor,OU=People,DC=corp,DC=example,DC=test'])
})

test('account names are distinct, however long logins are, and have no forbidden letter', () => {
  const names = sampleOf(1000).map((entry) => String(values(entry, 'sAMAccountName')[0]))
  expect(names).toContain('theodora.papadopou15')
  expect(new Set(names).size).toBe(1006)
  expect(names).toContain('Support_ _first line_')
  for (const name of names.slice(0, 1000)) expect(name).toMatch(/^[\w.]{1,20}$/)
})

test('a group has the people who are there, and no placeholder', () => {
  const groupsHere = sampleOf(2).slice(2)
  expect(values(groupsHere[0], 'member')).toHaveLength(2)
  expect(values(groupsHere.at(-1), 'member')).toEqual([])
})
