import type { SearchResult } from '../ldap/directory.ts'
import type { Entry } from '../ldap/entry.ts'
import { TRUE } from '../ldap/filter.ts'
import type { Search } from '../ldap/operation.ts'
import type { Value } from '../ldap/value.ts'

/** A part of an attribute's values (MS-ADTS §3.1.1.3.1.3.3); the last part ends with `*`. */
const RANGE = /^(.+);range=[0-9]+-([0-9]+|\*)$/

/**
 * Entries with all values of their attributes, where the server returned the first 1500 or so under
 * a name such as `member;range=0-1499`: the rest is asked for, part by part.
 */
export async function withWholeAttributes(
  entries: readonly Entry[],
  search: (search: Search) => Promise<SearchResult>,
): Promise<readonly Entry[]> {
  if (!entries.some(hasRanges)) return entries
  const all: Entry[] = []
  for (const entry of entries) all.push(hasRanges(entry) ? await completed(entry, search) : entry)
  return all
}

function hasRanges({ attributes }: Entry): boolean {
  for (const key of attributes.keys()) if (RANGE.test(key)) return true
  return false
}

async function completed(
  entry: Entry,
  search: (search: Search) => Promise<SearchResult>,
): Promise<Entry> {
  const attributes = new Map<string, readonly Value[]>()
  for (const [key, values] of entry.attributes) {
    const [, name, last] = RANGE.exec(key) ?? []
    if (name === undefined || last === undefined) attributes.set(key, values)
    else {
      const rest = last === '*' ? [] : await valuesFrom(entry, name, Number(last) + 1, search)
      // Who comes and goes meanwhile may move a value from one part to another.
      attributes.set(name, [...new Set([...values, ...rest])])
    }
  }
  return { ...entry, attributes }
}

/** The values from a position on; none where the entry or the attribute is gone by now. */
async function valuesFrom(
  { dn }: Entry,
  name: string,
  start: number,
  search: (search: Search) => Promise<SearchResult>,
): Promise<readonly Value[]> {
  const all: Value[] = []
  for (let next: number | undefined = start; next !== undefined;) {
    const attribute = `${name};range=${next}-*`
    const { entries } = await search({
      base: dn,
      scope: 'base',
      filter: TRUE,
      attributes: [attribute],
    })
    next = undefined
    for (const [key, values] of entries[0]?.attributes ?? []) {
      const [, found, last] = RANGE.exec(key) ?? []
      if (found !== name) continue
      all.push(...values)
      if (last !== '*') next = Number(last) + 1
    }
  }
  return all
}
