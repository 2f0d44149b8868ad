import type { Dn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import { firstText, valuesOf } from '../ldap/entry.ts'
import type { Filter } from '../ldap/filter.ts'
import { and, equal, TRUE } from '../ldap/filter.ts'
import { attributesIn } from '../ldap/match.ts'
import type { Rules } from '../mapping/rules.ts'
import type { Facts } from './facts.ts'
import type { Check } from './plan.ts'

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

/** That the entry is as it was read. */
export function unchangedGuard(rules: Rules, entry: Entry, attributes: readonly string[]): Guard {
  const { version } = rules.dialect
  const stamp = version === undefined ? undefined : firstText(entry, version)
  return {
    ...guardOf(rules, entry),
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
  { dialect }: Rules,
  { identity, state, unchanged, target }: Guard,
  dn: Dn,
  { server }: Pick<Facts, 'server'>,
): Guarding {
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
