import type { Dn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import { firstText, valuesOf } from '../ldap/entry.ts'
import type { Filter } from '../ldap/filter.ts'
import { and, equal, TRUE } from '../ldap/filter.ts'
import { attributesIn } from '../ldap/match.ts'
import { attributeKey } from '../ldap/value.ts'
import type { Rules } from '../mapping/rules.ts'
import type { Facts } from './facts.ts'
import type { Check } from './plan.ts'
import { stillUnprotected } from './protection.ts'

/** What must hold of an entry when a write reaches it. */
export interface Guard {
  /** That it has this id, whatever its DN was in the meantime. */
  readonly identity: Filter
  /** What else must hold of it. */
  readonly state: Filter
  /** As it was read, with all that was asked for, where nothing may have changed and no attribute tells. */
  readonly unchanged?: { readonly entry: Entry; readonly attributes: readonly string[] }
  /** What means the entry with this id to the server, whatever its DN. */
  readonly target?: string
}

/** That the entry is still the one with this id. */
export function guardOf({ dialect }: Rules, entry: Pick<Entry, 'attributes'>): Guard {
  const [id] = valuesOf(entry, dialect.id.attribute)
  if (id === undefined) return { identity: TRUE, state: TRUE }
  const target = dialect.id.nameOf?.(id)
  return {
    identity: equal(dialect.id.attribute, id),
    state: TRUE,
    ...(target !== undefined && { target }),
  }
}

/** That the entry is as it was read, as far as these attributes tell. */
export function unchangedGuard(rules: Rules, read: Entry, names: readonly string[]): Guard {
  const { version } = rules.dialect
  const attributes = [...new Set([...names, ...attributesIn(rules.protection.filter)])]
  const entry = only(read, attributes)
  const stamp = version === undefined ? undefined : firstText(read, version)
  return {
    ...guardOf(rules, read),
    ...(version === undefined || stamp === undefined
      ? { unchanged: { entry, attributes } }
      : { state: equal(version, stamp) }),
  }
}

/**
 * How a guard is kept: by the assertion control; else by the pre-read control, which tells the
 * gateway what the server found, so that it can take back what it should not have done. Without
 * either, by naming the entry by its id, as far as the server lets us.
 */
export interface Guarding {
  readonly controls: {
    readonly assertion?: Filter
    readonly preRead?: readonly string[]
    readonly target?: string
  }
  readonly check?: Check
}

/** @param dn Of the entry when the write comes. */
export function guarding(
  rules: Rules,
  { identity, state: given, unchanged, target }: Guard,
  dn: Dn,
  { server }: Pick<Facts, 'server'>,
): Guarding {
  const { dialect } = rules
  const state = and([given, stillUnprotected(rules, dn, server)])
  const filter = and([identity, state])
  const asserts = server.controls.has('assertion')
  const controls = {
    ...(asserts && filter.kind !== 'true' && { assertion: dialect.assertion(filter, dn) }),
    ...(target !== undefined && { target }),
  }
  if (asserts && unchanged === undefined) return { controls }
  const check = { identity, state, ...(unchanged && { unchanged: unchanged.entry }) }
  const preRead = new Set([...attributesIn(filter), ...(unchanged?.attributes ?? [])])
  return server.controls.has('preRead') && preRead.size > 0
    ? { controls: { ...controls, preRead: [...preRead] }, check }
    : { controls, check }
}

function only({ dn, attributes }: Entry, names: readonly string[]): Entry {
  const wanted = new Set(names.map(attributeKey))
  return { dn, attributes: new Map([...attributes].filter(([name]) => wanted.has(name))) }
}
