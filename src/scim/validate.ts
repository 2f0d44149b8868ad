import { ScimError } from './error.ts'
import { isArray, isObject, member } from './json.ts'
import type { Attribute } from './attribute.ts'
import type { JsonObject } from './json.ts'
import type { ResourceType } from './resource-type.ts'
import type { Resource } from './resource.ts'

/**
 * A check that a normalized resource has what its schemas require (RFC 7643 §2.2). Types
 * were checked by `normalizeResource`; canonical values are suggestions (§7) and not enforced. A
 * replacement need not repeat what cannot be read, such as a required password.
 *
 * The returned function throws a `ScimError` invalidValue that names every attribute missing.
 */
export function compileValidator(
  type: ResourceType,
): (resource: Resource, mode: 'create' | 'replace') => void {
  const checks: readonly Check[] = [
    ...checksOf(type.schema.attributes, ''),
    ...type.extensions.map(({ schema, required }): Check => {
      const inner = checksOf(schema.attributes, `${schema.id}:`)
      return (resource, mode) => {
        const object = member(resource, schema.id)
        if (isObject(object)) return inner.flatMap((check) => check(object, mode))
        return required ? [schema.id] : []
      }
    }),
  ]
  return (resource, mode) => {
    const missing = checks.flatMap((check) => check(resource, mode))
    if (missing.length === 0) return
    throw new ScimError(
      'invalidValue',
      missing.length === 1 ? `${missing[0]} is required` : `${missing.join(', ')} are required`,
    )
  }
}

/** The paths that are missing in an object. */
type Check = (object: JsonObject, mode: 'create' | 'replace') => readonly string[]

function checksOf(attributes: readonly Attribute[], prefix: string): readonly Check[] {
  return attributes.flatMap((attribute): readonly Check[] => {
    if (attribute.mutability === 'readOnly') return []
    const path = `${prefix}${attribute.name}`
    const inner = checksOf(attribute.subAttributes ?? [], `${path}.`)
    if (!attribute.required && inner.length === 0) return []
    return [
      (object, mode) => {
        const value = member(object, attribute.name)
        if (value === undefined) {
          const excused = mode === 'replace' && attribute.mutability === 'writeOnly'
          return attribute.required && !excused ? [path] : []
        }
        const elements = isArray(value) ? value : [value]
        const missing = elements.flatMap((element) =>
          isObject(element) ? inner.flatMap((check) => check(element, mode)) : [],
        )
        return [...new Set(missing)]
      },
    ]
  })
}
