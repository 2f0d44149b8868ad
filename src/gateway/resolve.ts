import { equal, or } from '../ldap/filter.ts'
import type { Server } from '../ldap/server.ts'
import { isAlone, withLinks } from '../plan/backlinks.ts'
import { referenceOf } from '../plan/facts.ts'
import type { Links, Reference, Sought } from '../plan/facts.ts'
import { keysOfEntry } from '../plan/reference-names.ts'
import type { Unresolved } from '../plan/resource.ts'
import { branchesOfSought, branchOf, chunks, groupedByTree, namesOfAll } from './branches.ts'
import type { Context } from './context.ts'
import { searchAll } from './search.ts'

/** Names that one filter has at most, in so many searches at a time. */
const NAMES_PER_SEARCH = 200
const SEARCHES_AT_ONCE = 8

/** Completes facts with what the values of reference attributes name, in batches. */
export async function resolveNames(
  context: Context,
  names: readonly Unresolved[],
  server: Server,
  byDn: ReadonlyMap<string, Reference | undefined>,
): Promise<ReadonlyMap<string, Reference | undefined>> {
  if (names.length === 0) return byDn
  const { rules } = context
  const all = new Map(byDn)
  for (const { key } of names) all.set(key, undefined)
  const { dn, primaryGroup } = rules.dialect
  const attributes = namesOfAll(rules, server)
  const filterOf = ({ by, text }: Unresolved) =>
    (by === undefined ? primaryGroup?.filterOfName(text) : undefined) ?? equal(by ?? dn, text)
  for (const some of chunks(names, NAMES_PER_SEARCH * SEARCHES_AT_ONCE)) {
    const found = await Promise.all(
      chunks(some, NAMES_PER_SEARCH).flatMap((chunk) => {
        const filter = or(chunk.map(filterOf))
        const branches = rules.resources.map((resource) => branchOf(resource, filter))
        return groupedByTree(branches).map(({ base, filter: either }) =>
          searchAll(context, { base, scope: 'subtree', filter: either, attributes }),
        )
      }),
    )
    for (const entry of found.flat()) {
      const reference = referenceOf(rules, rules.resources, entry.dn, entry)
      if (reference === undefined) continue
      for (const key of keysOfEntry(rules, reference.type, reference)) all.set(key, reference)
      const name = primaryGroup?.nameOf(entry)
      if (name !== undefined && all.has(name)) all.set(name, reference)
    }
  }
  return all
}

/** Completes links with who holds these names: one search, unless they are many. */
export async function resolveLinks(
  context: Context,
  sought: readonly Sought[],
  server: Server,
  links: Links,
): Promise<Links> {
  const { rules } = context
  let all = links
  for (const chunk of chunks(sought, NAMES_PER_SEARCH)) {
    // Who holds one of several is told by what they hold, which may be much.
    const told = chunk.filter((one) => !isAlone(one, chunk)).map(({ holder }) => holder.ldap)
    const attributes = [...new Set([...namesOfAll(rules, server), ...told])]
    const found = await Promise.all(
      groupedByTree(branchesOfSought(rules, chunk)).map(({ base, filter }) =>
        searchAll(context, { base, scope: 'subtree', filter, attributes }),
      ),
    )
    all = withLinks(rules, chunk, found.flat(), all)
  }
  return all
}
