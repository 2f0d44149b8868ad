import { isArray, isObject, member } from './json.ts'
import { checkOperator, testOf } from './operator.ts'
import { resolvePath } from './path.ts'
import { getAttribute } from './resource.ts'
import { isPrimary } from './value.ts'
import { findAttribute } from './schema.ts'
import type { Attribute } from './attribute.ts'
import type { Comparand, Filter, Operator } from './filter.ts'
import type { Json, JsonObject } from './json.ts'
import type { Matcher } from './operator.ts'
import type { AttributePath } from './path.ts'
import type { ResourceType } from './resource-type.ts'
import type { Resource } from './resource.ts'

/**
 * Whether an object satisfies a filter (RFC 7644 §3.4.2.2): for the filter of a value path, with
 * the sub-attributes of the attribute before the bracket.
 *
 * An attribute with several values matches if any of them does, but `ne` is the opposite of `eq`:
 * no value may be equal, and where there is none `ne` is true. `eq null` is the opposite of `pr`.
 * Unknown attributes have no value. A complex attribute is compared by its `value`. A value that
 * does not say whether it is `primary` is not (RFC 7643 §2.4).
 *
 * @throws {ScimError} invalidFilter if an attribute does not have the operator, such as `gt` for a
 *   boolean.
 */
export function matches(
  attributes: readonly Attribute[],
  value: JsonObject,
  filter: Filter,
): boolean {
  return compileObject(attributes, filter)(value)
}

/** Whether a resource satisfies a filter; see `matches`. */
export function matchesResource(type: ResourceType, resource: Resource, filter: Filter): boolean {
  return resourceMatcher(type, filter)(resource)
}

/** `matchesResource` for many resources: the filter is looked at once. */
export function resourceMatcher(type: ResourceType, filter: Filter): Matcher<Resource> {
  return compile(filter, (path) => {
    const resolved = resolvePath(type, path)
    return (
      resolved && {
        attribute: resolved.sub ?? resolved.attribute,
        valuesIn: (resource) => listOf(getAttribute(resource, resolved)),
        ...(isPrimaryFlag(resolved.sub) && {
          comparedIn: (resource: Resource) => {
            const { sub: _, ...whole } = resolved
            return listOf(getAttribute(resource, whole)).map(isPrimary)
          },
        }),
      }
    )
  })
}

/**
 * Whether one value of an attribute satisfies the filter of a value path; see `matches`. Where the
 * attribute is not complex, the filter calls the value itself `value`.
 */
export function valueMatcher(attribute: Attribute, filter: Filter): Matcher<Json> {
  const matcher = compileObject(filterableParts(attribute), filter)
  return (value) => matcher(isObject(value) ? value : { value })
}

/** What the filter of a value path may name: the sub-attributes, or `value` of simple values. */
export function filterableParts(attribute: Attribute): readonly Attribute[] {
  return attribute.type === 'complex'
    ? (attribute.subAttributes ?? [])
    : [{ ...attribute, name: 'value', multiValued: false }]
}

/** What a path stands for in objects of one kind. */
interface Operand<T> {
  readonly attribute: Attribute
  readonly valuesIn: (object: T) => readonly Json[]
  /** What is compared, where that is more than the values that are there. */
  readonly comparedIn?: (object: T) => readonly Json[]
}

function compileObject(attributes: readonly Attribute[], filter: Filter): Matcher<JsonObject> {
  return compile(filter, (path) => {
    const bare = path.schema === undefined && path.sub === undefined
    const attribute = bare ? findAttribute(attributes, path.attribute) : undefined
    return (
      attribute && {
        attribute,
        valuesIn: (object) => listOf(member(object, attribute.name)),
        ...(isPrimaryFlag(attribute) && {
          comparedIn: (object: JsonObject) => [isPrimary(object)],
        }),
      }
    )
  })
}

function compile<T>(
  filter: Filter,
  operandAt: (path: AttributePath) => Operand<T> | undefined,
): Matcher<T> {
  switch (filter.kind) {
    case 'and': {
      const parts = filter.filters.map((part) => compile(part, operandAt))
      return (object) => parts.every((part) => part(object))
    }
    case 'or': {
      const parts = filter.filters.map((part) => compile(part, operandAt))
      return (object) => parts.some((part) => part(object))
    }
    case 'not': {
      const part = compile(filter.filter, operandAt)
      return (object) => !part(object)
    }
    case 'present': {
      const operand = operandAt(filter.path)
      return (object) => operand !== undefined && operand.valuesIn(object).length > 0
    }
    case 'valuePath': {
      const operand = operandAt(filter.path)
      if (operand === undefined) return () => false
      const matcher = valueMatcher(operand.attribute, filter.filter)
      return (object) => operand.valuesIn(object).some(matcher)
    }
    case 'compare':
      return compileComparison(operandAt(filter.path), filter.operator, filter.value)
  }
}

function compileComparison<T>(
  operand: Operand<T> | undefined,
  operator: Operator,
  comparand: Comparand,
): Matcher<T> {
  if (comparand === null) {
    return (object) => {
      const present = operand !== undefined && operand.valuesIn(object).length > 0
      return operator === (present ? 'ne' : 'eq')
    }
  }
  if (operand === undefined) return () => operator === 'ne'
  const { attribute, valuesIn, comparedIn = valuesIn } = simple(operand)
  checkOperator(attribute, operator)
  if (operator === 'ne') {
    const equal = testOf(attribute, 'eq', comparand)
    return (object) => !comparedIn(object).some(equal)
  }
  const test = testOf(attribute, operator, comparand)
  return (object) => comparedIn(object).some(test)
}

/** A complex attribute without a sub-attribute means its `value` (`emails co "example.com"`). */
function simple<T>(operand: Operand<T>): Operand<T> {
  const { attribute, valuesIn } = operand
  if (attribute.type !== 'complex') return operand
  const sub = findAttribute(attribute.subAttributes ?? [], 'value')
  if (sub === undefined) return operand
  const partOf = (value: Json) => (isObject(value) ? listOf(member(value, sub.name)) : [])
  return { attribute: sub, valuesIn: (object) => valuesIn(object).flatMap(partOf) }
}

function isPrimaryFlag(attribute: Attribute | undefined): boolean {
  return attribute?.name === 'primary' && attribute.type === 'boolean'
}

function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined) return []
  return isArray(value) ? value : [value]
}
