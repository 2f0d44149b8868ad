import type { Dn } from '../ldap/dn.ts'
import { textsOf } from '../ldap/entry.ts'
import type { Filter } from '../ldap/filter.ts'
import { and, equal, or } from '../ldap/filter.ts'
import { attributeKey } from '../ldap/value.ts'
import type { Facts } from '../plan/facts.ts'
import type { Membership } from '../plan/membership.ts'
import { movesOf } from '../plan/membership.ts'
import { keyOfName } from '../plan/reference-names.ts'
import type { ReferenceName } from '../plan/reference-names.ts'
import type { ReferenceRule } from '../mapping/rules.ts'
import type { Context } from './context.ts'

/**
 * Facts with which of the members that come or go are there, for a server that refuses to add what
 * is there and to remove what is not. Others are not read, unless some of those that come, or some
 * of those that go, are there and some are not.
 */
export async function withHeld(
  context: Context,
  dn: Dn,
  memberships: readonly Membership[],
  facts: Facts,
): Promise<Facts> {
  if (memberships.length === 0 || facts.server.controls.has('permissiveModify')) return facts
  const held = new Map<string, ReadonlySet<string>>()
  for (const membership of memberships) {
    const { rule } = membership
    const { come, gone } = movesOf(membership, facts.references, context.tolerance)
    const found = [
      ...(await heldAmong(context, dn, rule, come)),
      ...(await heldAmong(context, dn, rule, gone)),
    ]
    held.set(attributeKey(rule.ldap), new Set(found))
  }
  return { ...facts, held }
}

/** How many of those names an attribute of the entry has. */
export async function presentAmong(
  context: Context,
  base: Dn,
  rule: ReferenceRule,
  names: readonly ReferenceName[],
): Promise<number> {
  const wanted = new Set(names.map(({ key }) => key))
  const held = await heldAmong(context, base, rule, names)
  return new Set(held.filter((key) => wanted.has(key))).size
}

/** The keys of those names that an attribute of the entry has; a replayed request needs two small searches. */
async function heldAmong(
  { directory, signal }: Context,
  base: Dn,
  rule: ReferenceRule,
  names: readonly ReferenceName[],
): Promise<readonly string[]> {
  if (names.length === 0) return []
  const { ldap: attribute } = rule
  const read = (filter: Filter, attributes: readonly string[]) =>
    directory.search({ base, scope: 'base', filter, attributes }, { signal })
  const assertions = names.map(({ text }) => equal(attribute, text))
  const found = async (filter: Filter) => (await read(filter, [])).entries.length > 0
  if (!(await found(or(assertions)))) return []
  if (names.length === 1 || (await found(and(assertions)))) return names.map(({ key }) => key)
  const { entries } = await read(or(assertions), [attribute])
  return entries.flatMap((entry) => textsOf(entry, attribute).map((text) => keyOfName(rule, text)))
}
