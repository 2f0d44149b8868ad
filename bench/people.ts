import { DEFAULT_SUFFIX } from '../src/demo/directory.ts'
import type { NewEntry } from '../src/demo/ldif.ts'
import { plain } from '../src/demo/entries.ts'
import { people } from '../src/demo/people.ts'
import type { Product } from '../src/demo/products.ts'
import { childOf, parseDn, printDn } from '../src/ldap/dn.ts'
import { textOf } from '../src/ldap/value.ts'

/** Members of the large group: the first people, who are measured in no other way. */
export const LARGE_GROUP = 1000
const LARGE_GROUP_NAME = 'Thousand'
const TEAM = 20

export interface Person {
  /** The SCIM id. */
  readonly id: string
  readonly userName: string
  readonly title: string
}

/** Who is in the directory. */
export interface Population {
  readonly people: readonly Person[]
  readonly largeGroupId: string
  readonly teamIds: readonly string[]
  /** What somebody new of this login is called. */
  userName(login: string): string
}

/** Resources of a list, read page by page. */
export type Listing = (path: string) => Promise<readonly Readonly<Record<string, string>>[]>

/**
 * The people of the demo, one group of a thousand, and a team of twenty for everybody else: nobody
 * who is measured is in a group so large that the server is busy with it alone.
 */
export function populationEntries(count: number): readonly NewEntry[] {
  const members = people(DEFAULT_SUFFIX, count)
  const others = members.slice(LARGE_GROUP)
  const teams = Array.from({ length: Math.ceil(others.length / TEAM) }, (_, index) =>
    group(`Team ${index}`, others.slice(index * TEAM, (index + 1) * TEAM)),
  )
  return [...members, group(LARGE_GROUP_NAME, members.slice(0, LARGE_GROUP)), ...teams]
}

/** The resources that a directory with `populationEntries` has, by the ids that it gave. */
export async function populationOf(
  { userName }: Product,
  count: number,
  list: Listing,
): Promise<Population> {
  const users = await list('/Users?attributes=userName,title')
  const groups = await list('/Groups?attributes=displayName')
  const byName = new Map(users.map((user) => [user.userName, user]))
  const idOf = new Map(groups.map(({ displayName, id }) => [displayName, id]))
  const found = people(DEFAULT_SUFFIX, count).map(({ dn }): Person => {
    const name = userName(textOf(dn.rdns[0]?.[0]?.value ?? ''))
    const { id = '', title = '' } = byName.get(name) ?? {}
    return { id, userName: name, title }
  })
  if (found.some(({ id }) => id === '')) throw new Error('not everybody is in the directory')
  return {
    people: found,
    largeGroupId: idOf.get(LARGE_GROUP_NAME) ?? '',
    teamIds: [...idOf].flatMap(([name = '', id = '']) => (name.startsWith('Team ') ? [id] : [])),
    userName,
  }
}

function group(cn: string, members: readonly NewEntry[]): NewEntry {
  const base = parseDn(`ou=groups,${DEFAULT_SUFFIX}`)
  return plain(childOf(base, [{ type: 'cn', value: cn }]), {
    objectClass: 'groupOfNames',
    cn,
    member: members.map(({ dn }) => printDn(dn)),
  })
}
