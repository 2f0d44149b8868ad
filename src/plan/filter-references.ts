import { printDn } from '../ldap/dn.ts'
import { equal, FALSE } from '../ldap/filter.ts'
import type { ReferenceRule } from '../mapping/rules.ts'
import type { Filter as ScimFilter } from '../scim/filter.ts'
import type { Bounds } from './bounds.ts'
import { allOf, anyOf, exactly, within } from './bounds.ts'
import type { FilterContext } from './filter-context.ts'
import { presenceOf } from './filter-context.ts'

/**
 * The inner filter of a value path of references, of one and the same element. The directory holds
 * DNs: it can find the one that an id stands for, and nothing else of it.
 */
export function boundsOfReference(
  filter: ScimFilter,
  rule: ReferenceRule,
  context: FilterContext,
): Bounds {
  const presence = presenceOf(rule.ldap, context)
  if (presence.kind === 'false') return exactly(FALSE)
  const anyElement = within(presence)
  switch (filter.kind) {
    case 'and': {
      // Each part may be met by another element; that all are met by one is more than LDAP can say.
      const all = allOf(filter.filters.map((inner) => boundsOfReference(inner, rule, context)))
      return filter.filters.length === 1 ? all : { upper: all.upper, lower: FALSE }
    }
    case 'or':
      return anyOf(filter.filters.map((inner) => boundsOfReference(inner, rule, context)))
    case 'not':
      return anyElement
    case 'present':
    case 'valuePath':
      return anyElement
    case 'compare': {
      const { path, operator, value } = filter
      const isId = path.attribute.toLowerCase() === 'value' && operator === 'eq'
      if (!isId || value === null) return anyElement
      const reference = typeof value === 'string' ? context.references.get(value) : undefined
      const meant = reference !== undefined && rule.types.includes(reference.type)
      return exactly(meant ? equal(rule.ldap, printDn(reference.dn)) : FALSE)
    }
  }
}

/** The ids that such a filter compares with. */
export function idsInReferenceFilter(
  filter: ScimFilter,
  rule: ReferenceRule,
): readonly { readonly id: string; readonly types: readonly string[] }[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.filters.flatMap((inner) => idsInReferenceFilter(inner, rule))
    case 'not':
      return idsInReferenceFilter(filter.filter, rule)
    case 'compare':
      return typeof filter.value === 'string' ? [{ id: filter.value, types: rule.types }] : []
    default:
      return []
  }
}
