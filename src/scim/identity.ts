import { caseExact, caseIgnore, instantOf } from './comparison.ts'
import { isObject, member } from './json.ts'
import { findAttribute } from './schema.ts'
import type { Attribute } from './attribute.ts'
import type { Json } from './json.ts'

/** Whether values of the attribute point at resources, so that `value` alone says which. */
export function isReference(attribute: Attribute): boolean {
  return findAttribute(attribute.subAttributes ?? [], '$ref') !== undefined
}

/**
 * What tells values of a multi-valued attribute apart, as text: their `value` as it counts for
 * comparison, or everything where there is none (addresses).
 */
export function identityOf(attribute: Attribute, element: Json): string {
  if (!isObject(element)) return JSON.stringify(comparable(attribute, element))
  const subAttributes = attribute.subAttributes ?? []
  const sub = findAttribute(subAttributes, 'value')
  const value = sub && member(element, sub.name)
  if (sub !== undefined && value !== undefined) return JSON.stringify(comparable(sub, value))
  return JSON.stringify(
    subAttributes.map((part) => {
      const item = member(element, part.name)
      return item === undefined ? null : comparable(part, item)
    }),
  )
}

/**
 * The `type` that stands beside the identity: the same address for work and for home is two values
 * (RFC 7643 §2.4). References have none, whatever their type says.
 */
export function typeOf(attribute: Attribute, element: Json): string {
  if (!isObject(element) || isReference(attribute)) return ''
  const type = member(element, 'type')
  return typeof type === 'string' ? caseIgnore(type) : ''
}

function comparable(attribute: Attribute, value: Json): Json {
  if (typeof value !== 'string') return value
  if (attribute.type === 'dateTime') return String(instantOf(value) ?? value)
  return attribute.caseExact ? caseExact(value) : caseIgnore(value)
}
