import { dnKey } from '../../src/ldap/dn.ts'
import type { NewEntry } from '../../src/demo/ldif.ts'
import { parseDn } from '../../src/ldap/dn.ts'
import { textOf } from '../../src/ldap/value.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { filterProperty } from './filter-property.ts'
import { POSIX } from './mapping-subjects.ts'

filterProperty({
  mapping: POSIX.mapping,
  keepsEverything: false,
  start: (suffix, entries) => startOpenLdap({ suffix, entries: asPosix(entries) }),
})

/** People with numbers, and groups that have names of them. */
function asPosix(entries: readonly NewEntry[]): readonly NewEntry[] {
  const uids = new Map(entries.map(({ dn }) => [dnKey(dn), textOf(dn.rdns[0]?.[0]?.value ?? '')]))
  return entries.map(({ dn, attributes }, index) => {
    const named = (name: string) => attributes.find((one) => one.name === name)?.values ?? []
    const number = String(10_000 + index)
    if (named('member').length === 0 && !named('objectClass').includes('groupOfNames')) {
      const more = Object.entries({
        uidNumber: number,
        gidNumber: String(100 + (index % 3)),
        homeDirectory: `/home/${index}`,
      })
      return {
        dn,
        attributes: [
          ...attributes.filter(({ name }) => name !== 'objectClass'),
          { name: 'objectClass', values: [...named('objectClass'), 'posixAccount'] },
          ...more.map(([name, value]) => ({ name, values: [value] })),
        ],
      }
    }
    const memberUid = named('member').flatMap(
      (member) => uids.get(dnKey(parseDn(textOf(member)))) ?? [],
    )
    return {
      dn,
      attributes: [
        { name: 'objectClass', values: ['posixGroup'] },
        { name: 'cn', values: named('cn') },
        { name: 'gidNumber', values: [number] },
        { name: 'memberUid', values: memberUid },
      ],
    }
  })
}
