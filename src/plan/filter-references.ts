import { equal, FALSE, or } from '../ldap/filter.ts'
import type { ReferenceRule } from '../mapping/rules.ts'
import type { Filter as ScimFilter } from '../scim/filter.ts'
import type { Bounds } from './bounds.ts'
import { allOf, anyOf, exactly, within } from './bounds.ts'
import type { FilterContext } from './filter-context.ts'
import { presenceOf } from './filter-context.ts'
import type { Reference } from './facts.ts'
import { namesOf } from './reference-names.ts'
import type { ReferenceName } from './reference-names.ts'

/**
 * The inner filter of a value path of references, of one and the same element. The directory holds
 * DNs, or other names: it can find the one that an id stands for, and nothing else of it.
 */
export function boundsOfReference(
  filter: ScimFilter,
  rule: ReferenceRule,
  context: FilterContext,
): Bounds {
  const presence = presenceOfReference(rule, context)
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
      if (reference === undefined || !rule.types.includes(reference.type)) return exactly(FALSE)
      return boundsOfNames(rule, reference, context)
    }
  }
}

function boundsOfNames(
  rule: ReferenceRule,
  reference: Reference,
  { server }: FilterContext,
): Bounds {
  const equality = server.schema.attributeType(rule.ldap)?.equality ?? ''
  // What cannot be a value would make the answer undefined, and that of the negation.
  const possible = ({ text }: ReferenceName) =>
    rule.by === undefined || !equality.includes('IA5') || /^[\0-\x7f]*$/.test(text)
  const names = namesOf(rule, reference).filter(possible)
  const named = names.map(({ text }) => equal(rule.ldap, text))
  const filter = or(
    rule.primary === undefined ? named : [...named, rule.primary.filterOfUsers(reference)],
  )
  // Whether the server takes for a name what `keyOfName` does, and nothing more.
  const exact = rule.by === undefined || /^(caseExact|integer)/.test(equality)
  return exact ? exactly(filter) : within(filter)
}

/** Who may have a reference. */
export function presenceOfReference({ ldap, primary }: ReferenceRule, context: FilterContext) {
  const presence = presenceOf(ldap, context)
  return primary === undefined ? presence : or([presence, primary.any])
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
