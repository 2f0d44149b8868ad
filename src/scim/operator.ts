import { caseExact, caseIgnore, foldCase, instantOf, keepCase } from './comparison.ts'
import { ScimError } from './error.ts'
import { findAttribute } from './schema.ts'
import { booleanOf } from './value.ts'
import type { Attribute } from './attribute.ts'
import type { Comparand, Operator } from './filter.ts'
import type { Json } from './json.ts'

export type Matcher<T> = (value: T) => boolean

/**
 * Refuses what RFC 7644 §3.4.2.2 table 3 refuses: an order of booleans or binaries, and any
 * comparison of a complex attribute that has no `value`.
 *
 * @throws {ScimError} invalidFilter
 */
export function checkOperator(attribute: Attribute, operator: Operator): void {
  const { name, type, subAttributes = [] } = attribute
  const unordered = type === 'boolean' || type === 'binary'
  if (
    (type === 'complex' && findAttribute(subAttributes, 'value') === undefined) ||
    (unordered && ['gt', 'ge', 'lt', 'le'].includes(operator))
  ) {
    throw new ScimError(
      'invalidFilter',
      `"${operator}" cannot be used with ${name}, which is ${type}`,
    )
  }
}

/**
 * What an operator and the value it compares with mean for single values of an attribute (RFC 7644
 * §3.4.2.2). Strings are ordered by their UTF-16 code units, dates and times by when they are.
 * A value of another type never matches. For `ne` ask for `eq`: it is the opposite for all values
 * of an attribute together, not for each.
 */
export function testOf(
  attribute: Attribute,
  operator: Operator,
  comparand: Exclude<Comparand, null>,
): Matcher<Json> {
  switch (attribute.type) {
    case 'boolean': {
      const wanted = booleanOf(comparand) // Entra ID: roles[primary eq "True"]
      return (value) => operator === 'eq' && wanted !== undefined && booleanOf(value) === wanted
    }
    case 'integer':
    case 'decimal':
      return (value) =>
        typeof value === 'number' &&
        typeof comparand === 'number' &&
        testOrder(value - comparand, operator)
    default: {
      if (typeof comparand !== 'string') return () => false
      const test = stringTest(attribute, operator, comparand)
      return (value) => typeof value === 'string' && test(value)
    }
  }
}

const EXACT = { whole: caseExact, part: keepCase }
const FOLDED = { whole: caseIgnore, part: foldCase }

function stringTest(
  attribute: Attribute,
  operator: Operator,
  comparand: string,
): (value: string) => boolean {
  if (attribute.type === 'dateTime') {
    const wanted = isOrder(operator) ? instantOf(comparand) : undefined
    const asText = exactTest(operator, comparand)
    return (value) => {
      const instant = wanted === undefined ? undefined : instantOf(value)
      return wanted === undefined || instant === undefined
        ? asText(value)
        : testOrder(order(instant, wanted), operator)
    }
  }
  if (attribute.type === 'binary') return exactTest(operator, comparand)
  return preparedTest(operator, comparand, attribute.caseExact ? EXACT : FOLDED)
}

function exactTest(operator: Operator, comparand: string): (value: string) => boolean {
  switch (operator) {
    case 'co':
      return (value) => value.includes(comparand)
    case 'sw':
      return (value) => value.startsWith(comparand)
    case 'ew':
      return (value) => value.endsWith(comparand)
    default:
      return (value) => testOrder(order(value, comparand), operator)
  }
}

/** A value begins and ends with a space where spaces of the comparand count (RFC 4518 §2.6.1). */
function preparedTest(
  operator: Operator,
  comparand: string,
  { whole, part }: { whole(text: string): string; part(text: string): string },
): (value: string) => boolean {
  switch (operator) {
    case 'co': {
      const middle = part(comparand)
      return (value) => ` ${whole(value)} `.includes(middle)
    }
    case 'sw': {
      const start = part(comparand).replace(/^ /, '')
      return (value) => `${whole(value)} `.startsWith(start)
    }
    case 'ew': {
      const end = part(comparand).replace(/ $/, '')
      return (value) => ` ${whole(value)}`.endsWith(end)
    }
    default: {
      const wanted = whole(comparand)
      return (value) => testOrder(order(whole(value), wanted), operator)
    }
  }
}

function order<T extends string | bigint>(left: T, right: T): number {
  return left < right ? -1 : left > right ? 1 : 0
}

function isOrder(operator: Operator): boolean {
  return operator !== 'co' && operator !== 'sw' && operator !== 'ew'
}

function testOrder(order: number, operator: Operator): boolean {
  switch (operator) {
    case 'eq':
      return order === 0
    case 'gt':
      return order > 0
    case 'ge':
      return order >= 0
    case 'lt':
      return order < 0
    case 'le':
      return order <= 0
    default:
      return false
  }
}
