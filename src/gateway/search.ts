import type { Dn } from '../ldap/dn.ts'
import { commonAncestor } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import type { Search } from '../ldap/operation.ts'
import type { Context } from './context.ts'

/** Entries that one page of a paged search asks for; below the limits of all three products. */
export const PAGE_SIZE = 1000

/**
 * All entries of a search, by pages where the server's size limit would cut it.
 *
 * @param large They may have references by the thousand.
 */
export async function searchAll(
  { directory, signal }: Context,
  search: Search,
  large = false,
): Promise<readonly Entry[]> {
  const { entries, complete } = await directory.search(search, { signal, large })
  if (complete) return entries
  const all: Entry[] = []
  for await (const page of directory.pages(search, PAGE_SIZE, { signal })) all.push(...page)
  return all
}

/** Where to search for what lies in any of these bases: what they have in common, else each of them. */
export function commonBase(bases: readonly Dn[]): readonly Dn[] {
  const base = commonAncestor(bases)
  return base.rdns.length > 0 ? [base] : bases
}
