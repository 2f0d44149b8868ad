import { FALSE, TRUE } from '../ldap/filter.ts'
import type { Slot, SlotsRule } from '../mapping/rules.ts'
import type { Filter as ScimFilter } from '../scim/filter.ts'
import type { Bounds } from './bounds.ts'
import { allOf, anyOf, exactly, noneOf, within } from './bounds.ts'
import type { Comparison, FilterContext } from './filter-context.ts'
import { boundsOfRest, boundsOfText } from './filter-rest.ts'
import {
  booleanOf,
  boundsOfStored,
  constantComparison,
  presenceOfStored,
} from './filter-context.ts'
import { hasRest, startOfNote } from './rest.ts'

/** Whether there is an element, or one with this sub-attribute. */
export function presenceOfSlots(
  rule: SlotsRule,
  sub: string | undefined,
  context: FilterContext,
): Bounds {
  const slots = rule.slots.map((slot) => presenceOfSlot(slot, sub, rule, context))
  const presence: ScimFilter | undefined =
    sub === undefined ? undefined : { kind: 'present', path: { attribute: sub } }
  return anyOf([...slots, ...(hasRest(rule) ? [boundsOfRest(rule, presence, context)] : [])])
}

/** Whether there is an element that meets the inner filter of a value path. */
export function boundsOfSlots(rule: SlotsRule, filter: ScimFilter, context: FilterContext): Bounds {
  const slots = rule.slots.map((slot) => boundsOfSlot(slot, filter, rule, context))
  return anyOf([...slots, ...(hasRest(rule) ? [boundsOfRest(rule, filter, context)] : [])])
}

/** Whether a slot has an element, or one with this sub-attribute. */
function presenceOfSlot(
  slot: Slot,
  sub: string | undefined,
  rule: SlotsRule,
  context: FilterContext,
): Bounds {
  const any = anyOf([...slot.parts.values()].map((part) => presenceOfStored(part, context)))
  switch (sub) {
    case undefined:
      return any
    case 'type':
      return allOf([any, keepsType(slot, rule, context)])
    case 'primary': {
      const denied = saysNote(slot, '"primary":false', rule, context)
      return allOf([any, anyOf([isPrimary(slot, rule, context), denied])])
    }
    default: {
      const part = slot.parts.get(sub)
      const stored = part === undefined ? [] : [presenceOfStored(part, context)]
      if (isNeverNoted(slot, sub)) return anyOf(stored)
      const presence: ScimFilter = { kind: 'present', path: { attribute: sub } }
      return anyOf([...stored, allOf([any, meetsNote(slot, presence, rule, context)])])
    }
  }
}

/**
 * The inner filter of a value path, of an element that a slot holds. The element must exist; what
 * the slot itself says of it (type, primary) is decided here.
 */
function boundsOfSlot(
  slot: Slot,
  filter: ScimFilter,
  rule: SlotsRule,
  context: FilterContext,
): Bounds {
  const element = boundsOfElement(slot, filter, rule, context)
  // Of many elements one may meet this part of the filter, another one that part.
  const apart = slot.many && looksAtValue(filter) > 1
  return allOf([
    presenceOfSlot(slot, undefined, rule, context),
    apart ? { upper: element.upper, lower: FALSE } : element,
  ])
}

function boundsOfElement(
  slot: Slot,
  filter: ScimFilter,
  rule: SlotsRule,
  context: FilterContext,
): Bounds {
  const inside = (inner: ScimFilter) => boundsOfElement(slot, inner, rule, context)
  switch (filter.kind) {
    case 'and':
      return allOf(filter.filters.map(inside))
    case 'or':
      return anyOf(filter.filters.map(inside))
    case 'not':
      return opposite(slot, filter.filter, inside(filter.filter))
    case 'present':
      return presenceOfSlot(slot, nameOf(filter.path.attribute, rule), rule, context)
    case 'valuePath':
      return exactly(FALSE)
    case 'compare':
      return filter.operator === 'ne'
        ? opposite(slot, filter, inside({ ...filter, operator: 'eq' }))
        : compareElement(slot, filter, rule, context)
  }
}

/** That one of many values does not match does not say that none of the others does. */
function opposite(slot: Slot, filter: ScimFilter, bounds: Bounds): Bounds {
  return slot.many && looksAtValue(filter) > 0 ? within(TRUE) : noneOf(bounds)
}

function compareElement(
  slot: Slot,
  filter: Comparison,
  rule: SlotsRule,
  context: FilterContext,
): Bounds {
  const name = nameOf(filter.path.attribute, rule)
  if (filter.value === null) {
    const absent = noneOf(presenceOfSlot(slot, name, rule, context))
    return filter.operator === 'eq' ? absent : exactly(FALSE)
  }
  const attribute = rule.path.attribute.subAttributes?.find((sub) => sub.name === name)
  if (name === 'type') {
    return allOf([constantComparison(attribute, slot.type, filter), keepsType(slot, rule, context)])
  }
  if (name === 'primary') {
    const wanted = filter.operator === 'eq' ? booleanOf(filter.value) : undefined
    if (wanted === undefined) return exactly(FALSE)
    // An element that does not say so is not primary (RFC 7643 §2.4).
    const primary = isPrimary(slot, rule, context)
    return wanted ? primary : noneOf(primary)
  }
  if (attribute === undefined) return exactly(FALSE)
  const part = slot.parts.get(name)
  const stored =
    part === undefined ? [] : [boundsOfStored(filter, part, attribute.caseExact, context)]
  const noted = isNeverNoted(slot, name) ? [] : [meetsNote(slot, filter, rule, context)]
  return anyOf([...stored, ...noted])
}

/** A slot keeps one part of an element at least: its only one is always there. */
function isNeverNoted({ parts }: Slot, name: string): boolean {
  return parts.has(name) && parts.size === 1
}

/** Whether the element in a slot is the primary one: as the slot says, unless the rest says otherwise. */
function isPrimary(slot: Slot, rule: SlotsRule, context: FilterContext): Bounds {
  const own = exactly(slot.primary ? TRUE : FALSE)
  if (!hasRest(rule) || slot.many) return own
  if (!slot.primary) return saysNote(slot, '"primary":true', rule, context)
  const other = boundsOfText(rule, '', '"primary":true', context)
  return noneOf(anyOf([other, saysNote(slot, '"primary":', rule, context)]))
}

/** Whether the element in a slot has the slot's type. */
function keepsType(slot: Slot, rule: SlotsRule, context: FilterContext): Bounds {
  if (slot.type === undefined) return exactly(FALSE)
  return noneOf(saysNote(slot, '"type":null', rule, context))
}

/** Whether there is a note on a slot with this piece of text. */
function saysNote(slot: Slot, piece: string, rule: SlotsRule, context: FilterContext): Bounds {
  if (!hasRest(rule) || slot.many) return exactly(FALSE)
  return boundsOfText(rule, startOfNote(slot), piece, context)
}

/** Whether what the slot has no place for meets a filter. */
function meetsNote(
  slot: Slot,
  filter: ScimFilter,
  rule: SlotsRule,
  context: FilterContext,
): Bounds {
  if (!hasRest(rule) || slot.many) return exactly(FALSE)
  return boundsOfRest(rule, filter, context, startOfNote(slot))
}

/** The sub-attribute's name in the schema's spelling; as it came where there is none. */
function nameOf(name: string, { path }: SlotsRule): string {
  const wanted = name.toLowerCase()
  const found = path.attribute.subAttributes?.find((sub) => sub.name.toLowerCase() === wanted)
  return found?.name ?? name
}

/** How often a filter looks at the `value` of an element. */
function looksAtValue(filter: ScimFilter): number {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const each = filter.filters.map(looksAtValue)
      return filter.kind === 'or' ? Math.max(...each) : each.reduce((sum, one) => sum + one, 0)
    }
    case 'not':
      return looksAtValue(filter.filter)
    case 'compare':
    case 'present':
      return filter.path.attribute.toLowerCase() === 'value' ? 1 : 0
    case 'valuePath':
      return 0
  }
}
