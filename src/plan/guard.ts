import type { Dn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import { firstText, valuesOf } from '../ldap/entry.ts'
import type { Filter } from '../ldap/filter.ts'
import { and, equal } from '../ldap/filter.ts'
import type { Rules } from '../mapping/rules.ts'
import type { Facts } from './facts.ts'

/** That the entry is still the one with this id, and where asked, as it was read. */
export function guardOf(
  rules: Rules,
  entry: Pick<Entry, 'attributes'>,
  unchanged: boolean,
): Filter {
  const { version } = rules.dialect
  const stamp = firstText(entry, version)
  return and([
    identity(rules, entry),
    ...(unchanged && stamp !== undefined ? [equal(version, stamp)] : []),
  ])
}

/** That the entry has this id, whatever its DN was in the meantime. */
export function identity({ dialect }: Rules, entry: Pick<Entry, 'attributes'>): Filter {
  const [id] = valuesOf(entry, dialect.id.attribute)
  return id === undefined ? and([]) : equal(dialect.id.attribute, id)
}

/** The assertion control of a write, where the server has it. */
export function asserting(
  { dialect }: Rules,
  filter: Filter,
  dn: Dn,
  { server }: Pick<Facts, 'server'>,
): { readonly assertion?: Filter } {
  if (filter.kind === 'true' || !server.controls.has('assertion')) return {}
  return { assertion: dialect.assertion(filter, dn) }
}
