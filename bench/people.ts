import type { NewEntry } from '../src/demo/ldif.ts'
import { plain } from '../src/demo/entries.ts'
import { people } from '../src/demo/people.ts'
import { childOf, parseDn, printDn } from '../src/ldap/dn.ts'
import { textOf } from '../src/ldap/value.ts'

/** Members of the large group: the first people, who are measured in no other way. */
export const LARGE_GROUP = 1000
const TEAM = 20

export interface Person {
  /** The SCIM id. */
  readonly id: string
  readonly login: string
  readonly title: string
}

/** What the directory is loaded with. */
export interface Population {
  readonly entries: readonly NewEntry[]
  readonly people: readonly Person[]
  readonly largeGroupId: string
  readonly teamIds: readonly string[]
}

/**
 * The people of the demo with ids known beforehand, one group of a thousand, and a team of twenty
 * for everybody else: nobody who is measured is in a group so large that the server is busy with it
 * alone.
 */
export function populate(suffix: string, count: number): Population {
  const members = people(suffix, count).map((entry, index) => withId(entry, idOf(1, index)))
  const others = members.slice(LARGE_GROUP)
  const teams = Array.from({ length: Math.ceil(others.length / TEAM) }, (_, index) =>
    group(suffix, `Team ${index}`, others.slice(index * TEAM, (index + 1) * TEAM), idOf(2, index)),
  )
  const large = group(suffix, 'Thousand', members.slice(0, LARGE_GROUP), idOf(3, 0))
  return {
    entries: [...members, large, ...teams],
    people: members.map(({ dn, attributes }, index) => ({
      id: idOf(1, index),
      login: textOf(dn.rdns[0]?.[0]?.value ?? ''),
      title: textOf(attributes.find(({ name }) => name === 'title')?.values[0] ?? ''),
    })),
    largeGroupId: idOf(3, 0),
    teamIds: teams.map((_, index) => idOf(2, index)),
  }
}

function group(suffix: string, cn: string, members: readonly NewEntry[], id: string): NewEntry {
  const entry = plain(childOf(parseDn(`ou=groups,${suffix}`), [{ type: 'cn', value: cn }]), {
    objectClass: 'groupOfNames',
    cn,
    member: members.map(({ dn }) => printDn(dn)),
  })
  return withId(entry, id)
}

/** `slapadd` keeps an entryUUID that it is given. */
function withId({ dn, attributes }: NewEntry, id: string): NewEntry {
  return { dn, attributes: [...attributes, { name: 'entryUUID', values: [id] }] }
}

function idOf(kind: number, index: number): string {
  return `0000000${kind}-0000-4000-8000-${index.toString(16).padStart(12, '0')}`
}
