import { TOLERANT } from './client-quirks.ts'
import { ScimError } from './error.ts'
import { isArray, isObject, kindOf, member, memberIgnoringCase } from './json.ts'
import { findSchema } from './path.ts'
import { isUnassigned, normalizeAttributes } from './value.ts'
import { COMMON_ATTRIBUTES } from './common-attributes.ts'
import { findAttribute } from './schema.ts'
import { sameUrn } from './urn.ts'
import type { Tolerance } from './client-quirks.ts'
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
 * attributes are ignored (RFC 7644 §3.3, §3.5.1); unknown ones, and missing or foreign `schemas`, as
 * far as tolerated.
 *
 * @throws {ScimError} invalidSyntax if the body is not an object or an attribute is given twice;
 *   invalidValue if a value does not fit its attribute; what is not tolerated.
 */
export function normalizeResource(
  type: ResourceType,
  body: unknown,
  tolerance: Tolerance = TOLERANT,
): Resource {
  if (!isObject(body)) {
    throw new ScimError(
      'invalidSyntax',
      `A ${type.name} must be a JSON object, not ${kindOf(body)}`,
    )
  }
  const unknown = (name: string): void => {
    tolerance.tolerate('unknownAttribute', `${type.name} has no attribute "${name}"`)
  }
  const extensions = new Map<string, JsonObject>()
  const seen = new Set<string>()
  const core = normalizeAttributes(type.schema.attributes, body, '', tolerance, (name) => {
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
    const part = normalizeAttributes(schema.attributes, value, `${schema.id}:`, tolerance, (sub) =>
      unknown(`${schema.id}:${sub}`),
    )
    if (part !== undefined) extensions.set(schema.id, part)
  })
  checkSchemas(type, memberIgnoringCase(body, 'schemas'), [...extensions.keys()], tolerance)
  return { ...core, ...Object.fromEntries(extensions) }
}

/** `schemas` of a body must name the core schema and those of its extensions, and no others (RFC 7643 §3). */
function checkSchemas(
  type: ResourceType,
  schemas: Json | undefined,
  extensions: readonly string[],
  tolerance: Tolerance,
): void {
  if (!isArray(schemas) || schemas.length === 0) {
    tolerance.tolerate('schemasMissing', `schemas is missing; it must name ${type.schema.id}`)
    return
  }
  const names = (id: string) => schemas.some((urn) => typeof urn === 'string' && sameUrn(urn, id))
  for (const id of [type.schema.id, ...extensions]) {
    if (!names(id)) tolerance.tolerate('schemasWrong', `schemas must name ${id}`)
  }
  for (const urn of schemas) {
    if (typeof urn !== 'string' || findSchema(type, urn) === undefined) {
      const shown = typeof urn === 'string' ? JSON.stringify(urn) : kindOf(urn)
      tolerance.tolerate('schemasWrong', `schemas names ${shown}, which ${type.name} does not have`)
    }
  }
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
  const kept = isArray(value) ? value.filter((item) => !isUnassigned(item)) : value
  if (kept !== undefined && !isUnassigned(kept)) return { ...object, [name]: kept }
  const { [name]: _, ...others } = object
  return others
}
