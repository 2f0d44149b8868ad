import type { Dn } from '../ldap/dn.ts'
import { dnKey, printDn } from '../ldap/dn.ts'
import { textsOf } from '../ldap/entry.ts'
import type { Filter } from '../ldap/filter.ts'
import { and, equal, or } from '../ldap/filter.ts'
import { keyOfDnText } from '../ldap/match.ts'
import { attributeKey } from '../ldap/value.ts'
import type { Facts } from '../plan/facts.ts'
import type { Membership } from '../plan/membership.ts'
import { dnsOfMembership } from '../plan/membership.ts'
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
    const { ldap } = membership.rule
    const { come, gone } = dnsOfMembership(membership, facts.references, context.tolerance)
    const found = [
      ...(await heldAmong(context, dn, ldap, come)),
      ...(await heldAmong(context, dn, ldap, gone)),
    ]
    held.set(attributeKey(ldap), new Set(found))
  }
  return { ...facts, held }
}

/** The keys of those DNs that an attribute of the entry has; a replayed request needs two small searches. */
async function heldAmong(
  { directory, signal }: Context,
  base: Dn,
  attribute: string,
  dns: readonly Dn[],
): Promise<readonly string[]> {
  if (dns.length === 0) return []
  const read = (filter: Filter, attributes: readonly string[]) =>
    directory.search({ base, scope: 'base', filter, attributes }, { signal })
  const assertions = dns.map((dn) => equal(attribute, printDn(dn)))
  const found = async (filter: Filter) => (await read(filter, [])).entries.length > 0
  if (!(await found(or(assertions)))) return []
  if (dns.length === 1 || (await found(and(assertions)))) return dns.map(dnKey)
  const { entries } = await read(or(assertions), [attribute])
  return entries.flatMap((entry) => textsOf(entry, attribute).map(keyOfDnText))
}
