import type { Dn } from '../ldap/dn.ts'
import { commonAncestor } from '../ldap/dn.ts'
import type { Filter } from '../ldap/filter.ts'
import { and, equal, or } from '../ldap/filter.ts'
import type { Server } from '../ldap/server.ts'
import type { ResourceRules, Rules } from '../mapping/rules.ts'
import type { Sought } from '../plan/facts.ts'
import { namingAttributes } from '../plan/reading.ts'

/** Entries to be looked for, below a base. */
export interface Branch {
  readonly base: Dn
  readonly filter: Filter
}

/** Resources of a type that a filter finds. */
export function branchOf(resource: ResourceRules, filter: Filter): Branch {
  return { base: resource.base, filter: and([resource.filter, filter]) }
}

/** One search for all branches whose bases have an ancestor in common, else one a base. */
export function groupedByTree(branches: readonly Branch[]): readonly Branch[] {
  const base = commonAncestor(branches.map((branch) => branch.base))
  if (base.rdns.length > 0) return [{ base, filter: or(branches.map(({ filter }) => filter)) }]
  return branches
}

/** The resources that hold one of these names. */
export function branchesOfSought(rules: Rules, sought: readonly Sought[]): readonly Branch[] {
  return rules.resources.flatMap((resource) => {
    const own = sought.filter(({ type }) => type === resource.type.name)
    if (own.length === 0) return []
    const filter = or(own.map(({ holder, text }) => equal(holder.ldap, text)))
    return [branchOf(resource, filter)]
  })
}

/** What names the resources of all types: every request asks for it. */
export function namesOfAll(rules: Rules, server: Server): readonly string[] {
  let ofServer = names.get(server)
  if (ofServer === undefined) names.set(server, (ofServer = new WeakMap()))
  let found = ofServer.get(rules)
  if (found === undefined) {
    const types = rules.resources.map(({ type }) => type.name)
    ofServer.set(rules, (found = namingAttributes(rules, types, server)))
  }
  return found
}

const names = new WeakMap<Server, WeakMap<Rules, readonly string[]>>()

export function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const result: (readonly T[])[] = []
  for (let start = 0; start < items.length; start += size) {
    result.push(items.slice(start, start + size))
  }
  return result
}
