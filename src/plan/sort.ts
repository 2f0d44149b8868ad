import { caseIgnore } from '../scim/comparison.ts'
import { ScimError } from '../scim/error.ts'
import { isArray, isObject, member } from '../scim/json.ts'
import { printAttributePath, resolvePath } from '../scim/path.ts'
import type { AttributePath, ResolvedPath } from '../scim/path.ts'
import { getAttribute } from '../scim/resource.ts'
import type { Json, Resource } from '../scim/resource.ts'
import type { ResourceType } from '../scim/resource-type.ts'
import { findAttribute } from '../scim/schema.ts'
import { isPrimary } from '../scim/value.ts'

/** What a resource is ordered by; nothing where it has no value. */
export type SortKey = string | number | boolean | undefined

/** How the resources of one type are ordered (RFC 7644 §3.4.2.3). */
export interface Sorting {
  readonly path: ResolvedPath
  keyOf(resource: Resource): SortKey
}

/**
 * The order of a type's resources by an attribute: text by its letters whatever their case unless
 * the attribute is caseExact, times by when they are, of several values the primary one, else the
 * first.
 *
 * @returns `undefined` where the type has no such attribute.
 * @throws {ScimError} invalidPath where the attribute has parts and none of them is `value`.
 */
export function sortingOf(type: ResourceType, sortBy: AttributePath): Sorting | undefined {
  const resolved = resolvePath(type, sortBy)
  if (resolved === undefined) return undefined
  const { attribute } = resolved
  const sub =
    resolved.sub ??
    (attribute.type === 'complex'
      ? findAttribute(attribute.subAttributes ?? [], 'value')
      : undefined)
  if (attribute.type === 'complex' && sub === undefined) {
    throw new ScimError(
      'invalidPath',
      `sortBy: ${printAttributePath(sortBy)} is complex; one of its sub-attributes is needed`,
    )
  }
  const { sub: _, ...whole } = resolved
  const { type: kind, caseExact } = sub ?? attribute
  return {
    path: resolved,
    keyOf: (resource) => {
      const value = getAttribute(resource, whole)
      const one = isArray(value) ? (value.find(isPrimary) ?? value[0]) : value
      const simple = sub === undefined ? one : isObject(one) ? member(one, sub.name) : undefined
      return keyOf(simple, kind, caseExact)
    },
  }
}

function keyOf(value: Json | undefined, kind: string, caseExact: boolean): SortKey {
  if (typeof value === 'string') {
    if (kind === 'dateTime') return Date.parse(value)
    return caseExact ? value : caseIgnore(value)
  }
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined
}

/** Ascending, what has no value last; values of different kinds by their kind. */
export function compareKeys(left: SortKey, right: SortKey): number {
  if (left === right) return 0
  if (left === undefined) return 1
  if (right === undefined) return -1
  if (typeof left !== typeof right) return typeof left < typeof right ? -1 : 1
  return left < right ? -1 : 1
}
