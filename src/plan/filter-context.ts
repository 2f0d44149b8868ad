import type { Filter as LdapFilter } from '../ldap/filter.ts'
import { FALSE, present, TRUE } from '../ldap/filter.ts'
import type { Server } from '../ldap/server.ts'
import type { ResourceRules, Rules, SlotPart } from '../mapping/rules.ts'
import type { Attribute } from '../scim/attribute.ts'
import type { Comparand, Filter as ScimFilter } from '../scim/filter.ts'
import { testOf } from '../scim/operator.ts'
import type { Bounds } from './bounds.ts'
import { exactly, within } from './bounds.ts'
import { boundsOfComparison } from './comparison.ts'
import type { Reference } from './facts.ts'

/** What a filter is translated with. */
export interface FilterContext {
  readonly rules: Rules
  readonly resource: ResourceRules
  readonly server: Pick<Server, 'schema'>
  /** By id: those that `idsInFilter` asked for. */
  readonly references: ReadonlyMap<string, Reference>
}

export type Comparison = Extract<ScimFilter, { kind: 'compare' }>

/** A comparison with what an LDAP attribute holds; an attribute that the server does not know holds nothing. */
export function boundsOfStored(
  { operator, value }: Comparison,
  { ldap, transform }: SlotPart,
  caseExact: boolean,
  context: FilterContext,
): Bounds {
  const type = context.server.schema.attributeType(ldap)
  if (type === undefined) {
    const isSo = transform.absent !== undefined && booleanOf(value) === transform.absent
    return exactly(isSo && operator === 'eq' ? TRUE : FALSE)
  }
  return boundsOfComparison(operator, value, { ldap, type, transform, caseExact })
}

/** Whether an LDAP attribute has a value. An unknown one makes OpenLDAP's answer undefined, and so the negation too. */
export function presenceOf(ldap: string, { server }: FilterContext): LdapFilter {
  return server.schema.attributeType(ldap) === undefined ? FALSE : present(ldap)
}

/** Whether an LDAP attribute has a value that SCIM shows; of text any is. */
export function presenceOfStored({ ldap, transform }: SlotPart, context: FilterContext): Bounds {
  if (transform.absent !== undefined) return exactly(TRUE)
  const filter = presenceOf(ldap, context)
  const isPlain = transform.compares === 'text' && transform.tag === undefined
  return isPlain ? exactly(filter) : within(filter)
}

/** A comparison, `ne` and null aside, with what is the same for all resources: decided here. */
export function constantComparison(
  attribute: Attribute | undefined,
  constant: string | undefined,
  { operator, value }: Comparison,
): Bounds {
  if (attribute === undefined || constant === undefined || value === null) return exactly(FALSE)
  return exactly(testOf(attribute, operator, value)(constant) ? TRUE : FALSE)
}

/** A boolean, or what clients write for one. */
export function booleanOf(value: Comparand): boolean | undefined {
  if (typeof value === 'boolean') return value
  const word = String(value).toLowerCase()
  return word === 'true' ? true : word === 'false' ? false : undefined
}
