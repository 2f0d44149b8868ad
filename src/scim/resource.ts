import { ScimError } from './error.ts'
import { isArray, isObject, kindOf, member } from './json.ts'
import { findSchema } from './path.ts'
import { isUnassigned, normalizeAttributes } from './value.ts'
import { COMMON_ATTRIBUTES } from './common-attributes.ts'
import { findAttribute } from './schema.ts'
import type { Json, JsonObject } from './json.ts'
import type { ResolvedPath } from './path.ts'
import type { ResourceType } from './resource-type.ts'

export type { Json, JsonObject } from './json.ts'

/**
 * A resource: attributes in the schema's spelling, those of an extension in an object under its
 * URN. Absent means unassigned; there are no nulls, empty arrays or empty objects in it (RFC 7643
 * §2.5). One that was read has `id`, `schemas` and `meta`; one that a client sent does not, for
 * they are not the client's to write.
 */
export type Resource = JsonObject

/**
 * The body of a POST or PUT as a resource of this type: see `normalizeValue` for values. Read-only
 * attributes are ignored (RFC 7644 §3.3, §3.5.1), missing or foreign `schemas` do not matter.
 *
 * @param options.ignoreUnknown Whether attributes that no schema has are ignored, which is the
 *   default, or refused.
 * @throws {ScimError} invalidSyntax if the body is not an object, an attribute is given twice or
 *   is unknown; invalidValue if a value does not fit its attribute.
 */
export function normalizeResource(
  type: ResourceType,
  body: unknown,
  options: { readonly ignoreUnknown?: boolean } = {},
): Resource {
  if (!isObject(body)) {
    throw new ScimError(
      'invalidSyntax',
      `A ${type.name} must be a JSON object, not ${kindOf(body)}`,
    )
  }
  const { ignoreUnknown = true } = options
  const unknown = (name: string): void => {
    if (!ignoreUnknown)
      throw new ScimError('invalidSyntax', `${type.name} has no attribute "${name}"`)
  }
  const extensions = new Map<string, JsonObject>()
  const seen = new Set<string>()
  const core = normalizeAttributes(type.schema.attributes, body, '', (name) => {
    if (findAttribute(COMMON_ATTRIBUTES, name) !== undefined) return
    const schema = findSchema(type, name)
    if (schema === undefined || schema === type.schema) return unknown(name)
    if (seen.has(schema.id)) {
      throw new ScimError('invalidSyntax', `${schema.id} is given more than once`)
    }
    seen.add(schema.id)
    const value = body[name]
    if (isUnassigned(value)) return
    if (!isObject(value)) {
      throw new ScimError('invalidValue', `${schema.id} must be an object, not ${kindOf(value)}`)
    }
    const part = normalizeAttributes(schema.attributes, value, `${schema.id}:`, (sub) =>
      unknown(`${schema.id}:${sub}`),
    )
    if (part !== undefined) extensions.set(schema.id, part)
  })
  return { ...core, ...Object.fromEntries(extensions) }
}

/**
 * What the resource has at a path. Of a multi-valued attribute's sub-attribute: those of all its
 * values, as an array.
 */
export function getAttribute(resource: Resource, resolved: ResolvedPath): Json | undefined {
  const { schema, extension, attribute, sub } = resolved
  const container = extension ? member(resource, schema.id) : resource
  const value = isObject(container) ? member(container, attribute.name) : undefined
  if (sub === undefined || value === undefined) return value
  if (!isArray(value)) return isObject(value) ? member(value, sub.name) : undefined
  const parts = value.flatMap((element) => {
    const part = isObject(element) ? member(element, sub.name) : undefined
    return part === undefined ? [] : [part]
  })
  return parts.length === 0 ? undefined : parts
}

/**
 * The resource with this value at a path, or without one if `undefined` (as are empty arrays and
 * objects). A sub-attribute is set in the object that is there or in a new one; in every value of
 * a multi-valued attribute.
 */
export function withAttribute(
  resource: Resource,
  resolved: ResolvedPath,
  value: Json | undefined,
): Resource {
  const { schema, extension, attribute, sub } = resolved
  if (extension) {
    const container = member(resource, schema.id)
    const changed = withAttribute(
      isObject(container) ? container : {},
      { ...resolved, extension: false },
      value,
    )
    return withMember(resource, schema.id, changed)
  }
  if (sub === undefined) return withMember(resource, attribute.name, value)
  const current = member(resource, attribute.name)
  const whole = isArray(current)
    ? current.map((element) => withMember(isObject(element) ? element : {}, sub.name, value))
    : withMember(isObject(current) ? current : {}, sub.name, value)
  return withMember(resource, attribute.name, whole)
}

/** The object with another value of this member; without it if there is nothing in the value. */
export function withMember(object: JsonObject, name: string, value: Json | undefined): JsonObject {
  const entries = new Map(Object.entries(object))
  const kept = isArray(value) ? value.filter((item) => !isUnassigned(item)) : value
  if (kept === undefined || isUnassigned(kept)) entries.delete(name)
  else entries.set(name, kept)
  return Object.fromEntries(entries)
}
