import type { Filter as LdapFilter } from '../ldap/filter.ts'
import { equal, FALSE, TRUE } from '../ldap/filter.ts'
import type { AttributeRule, ResourceRules } from '../mapping/rules.ts'
import { defaultTransform } from '../mapping/transforms.ts'
import { ScimError } from '../scim/error.ts'
import type { Filter as ScimFilter } from '../scim/filter.ts'
import { printFilter } from '../scim/filter.ts'
import { resolvePath } from '../scim/path.ts'
import type { AttributePath, ResolvedPath } from '../scim/path.ts'
import type { Bounds } from './bounds.ts'
import { allOf, anyOf, exactly, isExact, noneOf, within } from './bounds.ts'
import type { Comparison, FilterContext } from './filter-context.ts'
import {
  boundsOfStored,
  booleanOf,
  constantComparison,
  presenceOf,
  presenceOfStored,
} from './filter-context.ts'
import {
  boundsOfReference,
  idsInReferenceFilter,
  presenceOfReference,
} from './filter-references.ts'
import { boundsOfSlots, presenceOfSlots } from './filter-slots.ts'
import { ruleFor, rulesBelow } from './rule-of.ts'

/** A SCIM filter in LDAP's terms. */
export interface Translation {
  /** Finds every resource that the SCIM filter finds. */
  readonly filter: LdapFilter
  /** It finds no others; else each resource found is still to be looked at. */
  readonly exact: boolean
}

/**
 * As much of a SCIM filter (RFC 7644 §3.4.2.2) as LDAP can say. A comparison with an attribute that
 * has no mapping, or with a value that it cannot have, is absolutely false; `ne` is the negation of
 * `eq`.
 *
 * @throws {ScimError} invalidFilter where the filter asks for what is never returned, or where SCIM
 *   gives it no meaning.
 */
export function translateFilter(filter: ScimFilter, context: FilterContext): Translation {
  const bounds = boundsOf(filter, context)
  return { filter: bounds.upper, exact: isExact(bounds) }
}

/** The ids that a filter names, to be looked up before it can be translated. */
export function idsInFilter(
  filter: ScimFilter,
  resource: ResourceRules,
): readonly { readonly id: string; readonly types: readonly string[] }[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.filters.flatMap((inner) => idsInFilter(inner, resource))
    case 'not':
      return idsInFilter(filter.filter, resource)
    case 'present':
      return []
    case 'valuePath':
    case 'compare': {
      const resolved = resolvePath(resource.type, filter.path)
      const rule = resolved && ruleFor(resource, resolved)
      if (rule?.kind !== 'reference') return []
      return idsInReferenceFilter(filter.kind === 'compare' ? filter : filter.filter, rule)
    }
  }
}

/** The rules of the attributes that a filter looks at, by which a resource can be held against it. */
export function rulesInFilter(
  filter: ScimFilter,
  resource: ResourceRules,
): readonly AttributeRule[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return [...new Set(filter.filters.flatMap((inner) => rulesInFilter(inner, resource)))]
    case 'not':
      return rulesInFilter(filter.filter, resource)
    default: {
      const resolved = resolvePath(resource.type, filter.path)
      return resolved === undefined ? [] : rulesOf(resolved, resource)
    }
  }
}

/** The rules by which an attribute gets its value; `schemas` and `meta.version` depend on all. */
export function rulesOf(path: ResolvedPath, resource: ResourceRules): readonly AttributeRule[] {
  if (!path.extension) {
    const whole = path.attribute.name === 'schemas' || path.sub?.name === 'version'
    if (whole) return resource.attributes
  }
  const rule = ruleFor(resource, path)
  return rule === undefined ? rulesBelow(resource, path) : [rule]
}

function boundsOf(filter: ScimFilter, context: FilterContext): Bounds {
  switch (filter.kind) {
    case 'and':
      return allOf(filter.filters.map((inner) => boundsOf(inner, context)))
    case 'or':
      return anyOf(filter.filters.map((inner) => boundsOf(inner, context)))
    case 'not':
      return noneOf(boundsOf(filter.filter, context))
    case 'present':
      return boundsOfPresence(filter.path, context)
    case 'compare':
      return boundsOfCompare(filter, context)
    case 'valuePath':
      return boundsOfValuePath(filter.path, filter.filter, context)
  }
}

function boundsOfPresence(path: AttributePath, context: FilterContext): Bounds {
  const resolved = resolvePath(context.resource.type, path)
  if (resolved === undefined) return exactly(FALSE)
  const common = commonPresence(resolved)
  if (common !== undefined) return common
  const rule = ruleFor(context.resource, resolved)
  const rules = rule === undefined ? rulesBelow(context.resource, resolved) : [rule]
  const sub = rule && resolved.sub?.name
  return anyOf(rules.map((one) => presenceByRule(one, sub, context, path)))
}

function presenceByRule(
  rule: AttributeRule,
  sub: string | undefined,
  context: FilterContext,
  path: AttributePath,
): Bounds {
  switch (rule.kind) {
    case 'value':
      return presenceOfStored(rule, context)
    case 'slots':
      return presenceOfSlots(rule, sub, context)
    case 'activation':
      return exactly(TRUE)
    case 'password':
      throw neverReturned({ kind: 'present', path })
    case 'reference':
      // The directory may hold references that are no resources.
      return within(presenceOfReference(rule, context))
    case 'backlink':
      return within(TRUE)
  }
}

function boundsOfCompare(filter: Comparison, context: FilterContext): Bounds {
  const { path, operator, value } = filter
  if (operator === 'ne') return noneOf(boundsOfCompare({ ...filter, operator: 'eq' }, context))
  if (value === null) {
    // Null has no order and no parts.
    return operator === 'eq' ? noneOf(boundsOfPresence(path, context)) : exactly(FALSE)
  }
  const resolved = resolvePath(context.resource.type, path)
  if (resolved === undefined) return exactly(FALSE)
  const common = commonComparison(resolved, filter, context)
  if (common !== undefined) return common
  const rule = ruleFor(context.resource, resolved)
  return rule === undefined ? exactly(FALSE) : compareByRule(rule, resolved, filter, context)
}

function compareByRule(
  rule: AttributeRule,
  resolved: ResolvedPath,
  filter: Comparison,
  context: FilterContext,
): Bounds {
  switch (rule.kind) {
    case 'value': {
      const { caseExact } = resolved.sub ?? resolved.attribute
      return boundsOfStored(filter, rule, caseExact, context)
    }
    case 'slots':
    case 'reference': {
      // A path without sub-attribute means the value (RFC 7644 §3.4.2.2, `emails co "x"`).
      const inner = { ...filter, path: { attribute: resolved.sub?.name ?? 'value' } }
      return rule.kind === 'reference'
        ? boundsOfReference(inner, rule, context)
        : boundsOfSlots(rule, inner, context)
    }
    case 'backlink':
      return within(TRUE)
    case 'activation': {
      const active = booleanOf(filter.value)
      const { activation } = context.rules.dialect
      if (active === undefined || filter.operator !== 'eq') return exactly(FALSE)
      // Where the server has no such attribute every account is on.
      const isKnown = context.server.schema.attributeType(activation.attribute) !== undefined
      return exactly(isKnown ? activation.filter(active) : active ? TRUE : FALSE)
    }
    case 'password':
      throw neverReturned(filter)
  }
}

function boundsOfValuePath(path: AttributePath, inner: ScimFilter, context: FilterContext): Bounds {
  const resolved = resolvePath(context.resource.type, path)
  if (resolved === undefined) return exactly(FALSE)
  const rule = ruleFor(context.resource, resolved)
  switch (rule?.kind) {
    case 'slots':
      return boundsOfSlots(rule, inner, context)
    case 'reference':
      return boundsOfReference(inner, rule, context)
    case 'backlink':
      return within(TRUE)
    case 'value':
      // Kept in one piece.
      return within(presenceOf(rule.ldap, context))
    case 'activation':
    case 'password':
      return exactly(FALSE)
    case undefined: {
      // A single complex value: its sub-attributes are the resource's own.
      const parts = boundsOf(qualified(inner, path), context)
      return allOf([boundsOfPresence(path, context), parts])
    }
  }
}

/** `id`, `schemas` and `meta`, which no mapping has. */
function commonComparison(
  resolved: ResolvedPath,
  filter: Comparison,
  context: FilterContext,
): Bounds | undefined {
  const { dialect } = context.rules
  const { operator, value } = filter
  const times = (ldap: string) =>
    boundsOfStored(filter, { ldap, transform: defaultTransform('dateTime') }, false, context)
  if (resolved.extension) return undefined
  switch (resolved.attribute.name) {
    case 'id': {
      if (operator !== 'eq') return within(TRUE)
      const id = typeof value === 'string' ? dialect.id.toValue(value) : undefined
      return exactly(id === undefined ? FALSE : equal(dialect.id.attribute, id))
    }
    case 'schemas':
      return within(TRUE)
    case 'meta':
      switch (resolved.sub?.name) {
        case 'resourceType':
          return constantComparison(resolved.sub, context.resource.type.name, filter)
        case 'created':
          return times(dialect.created)
        case 'lastModified':
          return times(dialect.modified)
        default:
          return within(TRUE)
      }
    default:
      return undefined
  }
}

function commonPresence({ extension, attribute, sub }: ResolvedPath): Bounds | undefined {
  if (extension) return undefined
  if (attribute.name === 'id' || attribute.name === 'schemas') return exactly(TRUE)
  if (attribute.name !== 'meta') return undefined
  return sub?.name === 'version' ? within(TRUE) : exactly(TRUE)
}

/** The filter with its bare sub-attribute names put behind the attribute's. */
function qualified(filter: ScimFilter, outer: AttributePath): ScimFilter {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { kind: filter.kind, filters: filter.filters.map((inner) => qualified(inner, outer)) }
    case 'not':
      return { kind: 'not', filter: qualified(filter.filter, outer) }
    case 'compare':
    case 'present':
      return { ...filter, path: { ...outer, sub: filter.path.attribute } }
    case 'valuePath':
      return filter
  }
}

function neverReturned(filter: ScimFilter): ScimError {
  return new ScimError(
    'invalidFilter',
    `"${printFilter(filter)}" cannot be searched for: it is never returned`,
  )
}
