import { printDn } from '../ldap/dn.ts'
import type { Filter as LdapFilter } from '../ldap/filter.ts'
import { and, equal, FALSE, not, or, present, TRUE } from '../ldap/filter.ts'
import type { Server } from '../ldap/server.ts'
import type { AttributeRule, ReferenceRule, ResourceRules, Rules, Slot } from '../mapping/rules.ts'
import { defaultTransform } from '../mapping/transforms.ts'
import type { Transform } from '../mapping/transforms.ts'
import { ScimError } from '../scim/error.ts'
import type { Comparand, Filter as ScimFilter, Operator } from '../scim/filter.ts'
import { printFilter } from '../scim/filter.ts'
import { resolvePath } from '../scim/path.ts'
import type { AttributePath, ResolvedPath } from '../scim/path.ts'
import { pushedComparison } from './comparison.ts'
import type { Reference } from './facts.ts'
import { ruleFor, rulesBelow } from './rule-of.ts'

/** What a filter is translated with. */
export interface FilterContext {
  readonly rules: Rules
  readonly resource: ResourceRules
  readonly server: Pick<Server, 'schema'>
  /** By id: those that `idsInFilter` asked for. */
  readonly references: ReadonlyMap<string, Reference>
}

type Comparison = Extract<ScimFilter, { kind: 'compare' }>

/**
 * The LDAP filter that finds exactly the resources of a SCIM filter (RFC 7644 §3.4.2.2). A
 * comparison with an attribute that has no mapping, or with a value that it cannot have, is
 * absolutely false; `ne` is the negation of `eq`.
 *
 * @throws {ScimError} invalidFilter where LDAP cannot say it, or where SCIM gives it no meaning.
 */
export function translateFilter(filter: ScimFilter, context: FilterContext): LdapFilter {
  switch (filter.kind) {
    case 'and':
      return and(filter.filters.map((inner) => translateFilter(inner, context)))
    case 'or':
      return or(filter.filters.map((inner) => translateFilter(inner, context)))
    case 'not':
      return not(translateFilter(filter.filter, context))
    case 'present':
      return translatePresence(filter.path, context)
    case 'compare':
      return translateComparison(filter, context)
    case 'valuePath':
      return translateValuePath(filter.path, filter.filter, context)
  }
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
    case 'valuePath': {
      const rule = referenceRule(filter.path, resource)
      return rule === undefined ? [] : idsInside(filter.filter, rule)
    }
    case 'compare': {
      const rule = referenceRule(filter.path, resource)
      return rule === undefined || typeof filter.value !== 'string'
        ? []
        : [{ id: filter.value, types: rule.types }]
    }
  }
}

function idsInside(
  filter: ScimFilter,
  rule: ReferenceRule,
): readonly { readonly id: string; readonly types: readonly string[] }[] {
  if (filter.kind === 'compare' && typeof filter.value === 'string') {
    return [{ id: filter.value, types: rule.types }]
  }
  if (filter.kind === 'and' || filter.kind === 'or') {
    return filter.filters.flatMap((inner) => idsInside(inner, rule))
  }
  return filter.kind === 'not' ? idsInside(filter.filter, rule) : []
}

function referenceRule(path: AttributePath, resource: ResourceRules): ReferenceRule | undefined {
  const resolved = resolvePath(resource.type, path)
  const rule = resolved && ruleFor(resource, resolved)
  return rule?.kind === 'reference' ? rule : undefined
}

function translatePresence(path: AttributePath, context: FilterContext): LdapFilter {
  const resolved = resolvePath(context.resource.type, path)
  if (resolved === undefined) return FALSE
  const common = commonPresence(resolved)
  if (common !== undefined) return common
  const rule = ruleFor(context.resource, resolved)
  if (rule === undefined) {
    const below = rulesBelow(context.resource, resolved)
    return or(below.map((inner) => rulePresence(inner, undefined, context, path)))
  }
  return rulePresence(rule, resolved.sub?.name, context, path)
}

function rulePresence(
  rule: AttributeRule,
  sub: string | undefined,
  context: FilterContext,
  path: AttributePath,
): LdapFilter {
  switch (rule.kind) {
    case 'value':
      return presentIn(rule.ldap, context)
    case 'slots':
      return or(rule.slots.map((slot) => slotPresence(slot, sub, context)))
    case 'activation':
      return TRUE
    case 'password':
      throw refused({ kind: 'present', path }, 'it is never returned')
    case 'reference':
      throw refused(
        { kind: 'present', path },
        'the directory may hold references that are no resources',
      )
  }
}

function slotPresence(slot: Slot, sub: string | undefined, context: FilterContext): LdapFilter {
  const any = or([...slot.parts.values()].map(({ ldap }) => presentIn(ldap, context)))
  if (sub === undefined) return any
  if (sub === 'type') return slot.type === undefined ? FALSE : any
  if (sub === 'primary') return slot.primary ? any : FALSE
  const part = slot.parts.get(sub)
  return part === undefined ? FALSE : presentIn(part.ldap, context)
}

function translateComparison(filter: Comparison, context: FilterContext): LdapFilter {
  const { path, operator, value } = filter
  if (operator === 'ne') return not(translateComparison({ ...filter, operator: 'eq' }, context))
  if (value === null) {
    if (operator === 'eq') return not(translatePresence(path, context))
    throw new ScimError(
      'invalidFilter',
      `"${printFilter(filter)}": null can be compared with eq and ne only`,
    )
  }
  const resolved = resolvePath(context.resource.type, path)
  if (resolved === undefined) return FALSE
  const common = commonComparison(resolved, filter, context)
  if (common !== undefined) return common
  const rule = ruleFor(context.resource, resolved)
  if (rule === undefined)
    throw refused(filter, 'a complex attribute is compared by one of its sub-attributes')
  switch (rule.kind) {
    case 'value': {
      const subject = resolved.sub ?? resolved.attribute
      return pushed(filter, rule.ldap, rule.transform, subject.caseExact, context)
    }
    case 'slots': {
      // A path without sub-attribute means the value (RFC 7644 §3.4.2.2, `emails co "x"`).
      const sub = resolved.sub?.name ?? 'value'
      const inner = { ...filter, path: { attribute: sub } }
      return or(rule.slots.map((slot) => slotFilter(slot, inner, rule, context)))
    }
    case 'reference': {
      const sub = resolved.sub?.name ?? 'value'
      return referenceComparison({ ...filter, path: { attribute: sub } }, rule, context)
    }
    case 'activation': {
      if (operator !== 'eq')
        throw new ScimError(
          'invalidFilter',
          `"${printFilter(filter)}": a boolean can be compared with eq and ne only`,
        )
      const active = booleanOf(value)
      return active === undefined ? FALSE : context.rules.dialect.activation.filter(active)
    }
    case 'password':
      throw refused(filter, 'it is never returned')
  }
}

function translateValuePath(
  path: AttributePath,
  inner: ScimFilter,
  context: FilterContext,
): LdapFilter {
  const resolved = resolvePath(context.resource.type, path)
  if (resolved === undefined) return FALSE
  const rule = ruleFor(context.resource, resolved)
  if (rule?.kind === 'slots') {
    return or(rule.slots.map((slot) => slotFilter(slot, inner, rule, context)))
  }
  if (rule?.kind === 'reference') {
    if (inner.kind === 'compare') return referenceComparison(inner, rule, context)
    throw refused(
      { kind: 'valuePath', path, filter: inner },
      'of references only a comparison of "value" can be searched for',
    )
  }
  if (rule === undefined && !resolved.attribute.multiValued) {
    // A single complex value: its sub-attributes are the resource's own.
    return and([translatePresence(path, context), translateFilter(qualified(inner, path), context)])
  }
  throw refused({ kind: 'valuePath', path, filter: inner }, 'the attribute is kept in one piece')
}

/**
 * The inner filter of a value path, of the element that a slot holds. The element must exist; what
 * the slot itself says of it (type, primary) is decided here.
 */
function slotFilter(
  slot: Slot,
  filter: ScimFilter,
  rule: Extract<AttributeRule, { kind: 'slots' }>,
  context: FilterContext,
): LdapFilter {
  const several = slot.many && comparesValue(filter) > 1
  const negated = slot.many && hasNegation(filter)
  if (several || negated) throw refused(filter, 'the values cannot be told apart in a search')
  return and([slotPresence(slot, undefined, context), elementFilter(slot, filter, rule, context)])
}

function elementFilter(
  slot: Slot,
  filter: ScimFilter,
  rule: Extract<AttributeRule, { kind: 'slots' }>,
  context: FilterContext,
): LdapFilter {
  const inside = (inner: ScimFilter) => elementFilter(slot, inner, rule, context)
  switch (filter.kind) {
    case 'and':
      return and(filter.filters.map(inside))
    case 'or':
      return or(filter.filters.map(inside))
    case 'not':
      return not(inside(filter.filter))
    case 'present':
      return slotPresence(slot, filter.path.attribute.toLowerCase(), context)
    case 'valuePath':
      throw new ScimError('invalidFilter', 'a value path cannot stand inside of another')
    case 'compare':
      return elementComparison(slot, filter, rule, context)
  }
}

function elementComparison(
  slot: Slot,
  filter: Comparison,
  rule: Extract<AttributeRule, { kind: 'slots' }>,
  context: FilterContext,
): LdapFilter {
  if (filter.operator === 'ne')
    return not(elementComparison(slot, { ...filter, operator: 'eq' }, rule, context))
  const name = filter.path.attribute.toLowerCase()
  if (name === 'primary') {
    if (filter.operator !== 'eq')
      throw new ScimError(
        'invalidFilter',
        `"${printFilter(filter)}": a boolean can be compared with eq and ne only`,
      )
    // An element that does not say so is not primary (RFC 7643 §2.4).
    return booleanOf(filter.value) === slot.primary ? TRUE : FALSE
  }
  if (name === 'type') return constantComparison(slot.type, filter)
  const attribute = rule.path.attribute.subAttributes?.find(
    (sub) => sub.name.toLowerCase() === name,
  )
  const part = attribute && slot.parts.get(attribute.name)
  if (attribute === undefined || part === undefined) return FALSE
  if (filter.value === null)
    return filter.operator === 'eq' ? not(presentIn(part.ldap, context)) : FALSE
  return pushed(filter, part.ldap, part.transform, attribute.caseExact, context)
}

function referenceComparison(
  filter: Comparison,
  { ldap }: ReferenceRule,
  { references }: FilterContext,
): LdapFilter {
  const { path, operator, value } = filter
  if (operator === 'ne')
    return not(
      referenceComparison(
        { ...filter, operator: 'eq' },
        { ldap } as ReferenceRule,
        { references } as FilterContext,
      ),
    )
  if (path.attribute.toLowerCase() !== 'value' || operator !== 'eq') {
    throw refused(filter, 'of references only eq and ne of "value" can be searched for')
  }
  const reference = typeof value === 'string' ? references.get(value) : undefined
  return reference === undefined ? FALSE : equal(ldap, printDn(reference.dn))
}

/** `id`, `schemas` and `meta`, which no mapping has. */
function commonComparison(
  resolved: ResolvedPath,
  filter: Comparison,
  context: FilterContext,
): LdapFilter | undefined {
  const { rules, resource } = context
  const { operator, value } = filter
  if (resolved.extension) return undefined
  if (resolved.attribute.name === 'id') {
    if (operator !== 'eq') throw refused(filter, 'ids can be compared with eq and ne only')
    const id = typeof value === 'string' ? rules.dialect.id.toValue(value) : undefined
    return id === undefined ? FALSE : equal(rules.dialect.id.attribute, id)
  }
  if (resolved.attribute.name === 'schemas') {
    throw refused(filter, 'schemas follow from the attributes that are there')
  }
  if (resolved.attribute.name !== 'meta') return undefined
  switch (resolved.sub?.name) {
    case 'resourceType':
      return constantComparison(resource.type.name, filter)
    case 'created':
      return pushed(filter, rules.dialect.created, defaultTransform('dateTime'), false, context)
    case 'lastModified':
      return pushed(filter, rules.dialect.modified, defaultTransform('dateTime'), false, context)
    default:
      throw refused(filter, 'the directory does not hold it')
  }
}

function commonPresence({ extension, attribute, sub }: ResolvedPath): LdapFilter | undefined {
  if (extension) return undefined
  const always =
    attribute.name === 'id' || attribute.name === 'schemas' || attribute.name === 'meta'
  return always && sub?.name !== 'version' ? TRUE : undefined
}

function pushed(
  filter: Comparison,
  ldap: string,
  transform: Transform,
  caseExact: boolean,
  { server }: FilterContext,
): LdapFilter {
  const type = server.schema.attributeType(ldap)
  if (type === undefined) return FALSE
  const result = pushedComparison(filter.operator, filter.value, {
    ldap,
    type,
    transform,
    caseExact,
  })
  if ('filter' in result) return result.filter
  throw refused(filter, result.because)
}

function presentIn(ldap: string, { server }: FilterContext): LdapFilter {
  // An unknown attribute makes OpenLDAP's answer undefined, and so the negation too.
  return server.schema.attributeType(ldap) === undefined ? FALSE : present(ldap)
}

/** A comparison with what is the same for all resources, decided here; letter case does not matter. */
function constantComparison(
  constant: string | undefined,
  { operator, value }: Comparison,
): LdapFilter {
  if (constant === undefined || typeof value !== 'string') return FALSE
  const [held, wanted] = [constant.toLowerCase(), value.toLowerCase()]
  const holds: Readonly<Record<Operator, boolean>> = {
    eq: held === wanted,
    ne: held !== wanted,
    co: held.includes(wanted),
    sw: held.startsWith(wanted),
    ew: held.endsWith(wanted),
    gt: held > wanted,
    ge: held >= wanted,
    lt: held < wanted,
    le: held <= wanted,
  }
  return holds[operator] ? TRUE : FALSE
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

/** How often a filter looks at the `value` of an element. */
function comparesValue(filter: ScimFilter): number {
  switch (filter.kind) {
    case 'and':
      return filter.filters.reduce((sum, inner) => sum + comparesValue(inner), 0)
    case 'or':
      return Math.max(...filter.filters.map(comparesValue))
    case 'not':
      return comparesValue(filter.filter)
    case 'compare':
      return filter.path.attribute.toLowerCase() === 'value' ? 1 : 0
    default:
      return 0
  }
}

function hasNegation(filter: ScimFilter): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.filters.some(hasNegation)
    case 'not':
      return comparesValue(filter.filter) > 0
    case 'compare':
      return filter.operator === 'ne' && comparesValue(filter) > 0
    default:
      return false
  }
}

function booleanOf(value: Comparand): boolean | undefined {
  if (typeof value === 'boolean') return value
  const word = String(value).toLowerCase()
  return word === 'true' ? true : word === 'false' ? false : undefined
}

function refused(filter: ScimFilter, because: string): ScimError {
  return new ScimError(
    'invalidFilter',
    `"${printFilter(filter)}" cannot be searched for in this directory: ${because}`,
  )
}
