import { STRICT } from './client-quirks.ts'
import { COMMON_ATTRIBUTES, SCHEMAS } from './common-attributes.ts'
import { ScimError } from './error.ts'
import { isArray, isObject, member } from './json.ts'
import { readPatchPath } from './patch-path.ts'
import { printAttributePath, printResolved, resolvePath, schemaOfPath } from './path.ts'
import { Scanner } from './scanner.ts'
import type { Attribute } from './attribute.ts'
import type { Tolerance } from './client-quirks.ts'
import type { Json, JsonObject } from './json.ts'
import type { AttributePath, ResolvedPath } from './path.ts'
import type { ResourceType } from './resource-type.ts'
import type { Resource } from './resource.ts'

/** What a client wants to see of a resource (RFC 7644 §3.9): one of the two, or neither. */
export interface Projection {
  /** Only these, and what is always returned. */
  readonly attributes?: readonly AttributePath[]
  /** What is returned by default, without these. */
  readonly excludedAttributes?: readonly AttributePath[]
}

/** No wish at all; most requests share it, and what is made of it. */
const EVERYTHING: Projection = {}

/**
 * The projection in query parameters, names in lower case. Unknown attributes are no mistake: there
 * is nothing to return of them.
 *
 * @throws {ScimError} invalidValue if both lists are given or a list cannot be read.
 */
export function readProjection(
  parameters: ReadonlyMap<string, string>,
  tolerance: Tolerance = STRICT,
): Projection {
  const read = (name: string) => readPaths(name, parameters.get(name.toLowerCase()), tolerance)
  const attributes = read('attributes')
  const excludedAttributes = read('excludedAttributes')
  if (attributes.length > 0 && excludedAttributes.length > 0) {
    throw new ScimError('invalidValue', 'attributes and excludedAttributes exclude each other')
  }
  if (attributes.length > 0) return { attributes }
  return excludedAttributes.length > 0 ? { excludedAttributes } : EVERYTHING
}

/**
 * Whether the answer has this attribute, or any part of it if the path has no sub-attribute, as
 * far as the resource has a value (`returned`: RFC 7643 §7).
 */
export function isReturned(
  type: ResourceType,
  projection: Projection,
  resolved: ResolvedPath,
): boolean {
  const { attribute, sub } = resolved
  const shown = shownParts(selectionOf(type, projection), resolved)
  if (shown === undefined) return false
  return sub === undefined
    ? attribute.subAttributes === undefined || attribute.subAttributes.some(shown)
    : shown(sub)
}

/**
 * What the client gets to see of a resource. `schemas` names the schemas of the attributes that
 * are left (RFC 7643 §3); what the resource type does not define is left out.
 */
export function project(type: ResourceType, resource: Resource, projection: Projection): Resource {
  const selection = selectionOf(type, projection)
  const core = projectObject(resource, selection.core, (attribute) =>
    shownParts(selection, { schema: type.schema, extension: false, attribute }),
  )
  const extensions = type.extensions.flatMap(({ schema }): readonly [string, JsonObject][] => {
    const object = member(resource, schema.id)
    if (!isObject(object)) return []
    const part = projectObject(object, schema.attributes, (attribute) =>
      shownParts(selection, { schema, extension: true, attribute }),
    )
    return Object.keys(part).length === 0 ? [] : [[schema.id, part]]
  })
  return {
    schemas: [type.schema.id, ...extensions.map(([urn]) => urn)],
    ...core,
    ...Object.fromEntries(extensions),
  }
}

/** Which sub-attributes of a shown attribute are shown. */
type Parts = (sub: Attribute) => boolean

/** A projection against a resource type: names in canonical spelling. */
interface Selection {
  /** The attributes of the core schema and the common ones. */
  readonly core: readonly Attribute[]
  readonly mode: 'default' | 'only' | 'without'
  readonly names: ReadonlySet<string>
  /** Attributes that are named by a sub-attribute alone. */
  readonly parents: ReadonlySet<string>
  /** What is shown of each attribute, as far as it was asked for yet. */
  readonly parts: Map<Attribute, Parts | undefined>
}

function shownParts(selection: Selection, resolved: ResolvedPath): Parts | undefined {
  const { parts } = selection
  const known = parts.get(resolved.attribute)
  if (known !== undefined || parts.has(resolved.attribute)) return known
  const shown = decideParts(selection, resolved)
  parts.set(resolved.attribute, shown)
  return shown
}

function decideParts(selection: Selection, resolved: ResolvedPath): Parts | undefined {
  const { schema, extension, attribute } = resolved
  const whole = { schema, extension, attribute }
  const name = printResolved(whole)
  const named = selection.names.has(name)
  const namedSub: Parts = (sub) => selection.names.has(printResolved({ ...whole, sub }))
  const byDefault = isDefault(attribute)
  if (isNever(attribute)) return undefined
  switch (selection.mode) {
    case 'default':
      return byDefault ? isDefault : undefined
    case 'only':
      if (named) return (sub) => isDefault(sub) || (namedSub(sub) && !isNever(sub))
      if (selection.parents.has(name)) {
        return (sub) => sub.returned === 'always' || (namedSub(sub) && !isNever(sub))
      }
      return attribute.returned === 'always' ? isDefault : undefined
    case 'without':
      if (!byDefault || (named && attribute.returned !== 'always')) return undefined
      return (sub) => isDefault(sub) && (sub.returned === 'always' || !namedSub(sub))
  }
}

function isDefault(attribute: Attribute): boolean {
  return !isNever(attribute) && attribute.returned !== 'request'
}

/** What may be written alone is not shown either, whatever its definition says (RFC 7643 §7). */
function isNever(attribute: Attribute): boolean {
  return attribute.returned === 'never' || attribute.mutability === 'writeOnly'
}

function projectObject(
  object: JsonObject,
  attributes: readonly Attribute[],
  partsOf: (attribute: Attribute) => Parts | undefined,
): JsonObject {
  const shown = new Map<string, Json>()
  for (const [name, value] of Object.entries(object)) {
    const attribute = attributes.find((candidate) => candidate.name === name)
    const parts = attribute && partsOf(attribute)
    if (attribute === undefined || parts === undefined) continue
    const left = projectValue(attribute, value, parts)
    if (left !== undefined) shown.set(name, left)
  }
  return Object.fromEntries(shown)
}

function projectValue(attribute: Attribute, value: Json, parts: Parts): Json | undefined {
  if (isArray(value)) {
    const elements = value.flatMap((element) => projectValue(attribute, element, parts) ?? [])
    return elements.length === 0 ? undefined : elements
  }
  if (!isObject(value)) return value
  const entries = Object.entries(value).filter(([name]) => {
    const sub = attribute.subAttributes?.find((candidate) => candidate.name === name)
    return sub !== undefined && parts(sub)
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** One projection serves every resource of a list. */
const selections = new WeakMap<Projection, WeakMap<ResourceType, Selection>>()

function selectionOf(type: ResourceType, projection: Projection): Selection {
  const byType = selections.get(projection) ?? new WeakMap<ResourceType, Selection>()
  selections.set(projection, byType)
  const known = byType.get(type)
  if (known !== undefined) return known
  const selection = resolveSelection(type, projection)
  byType.set(type, selection)
  return selection
}

function resolveSelection(type: ResourceType, projection: Projection): Selection {
  const { attributes, excludedAttributes } = projection
  const names = new Set<string>()
  const parents = new Set<string>()
  for (const path of attributes ?? excludedAttributes ?? []) {
    const schema = schemaOfPath(type, path)
    const extension = schema !== type.schema
    for (const attribute of schema?.attributes ?? []) {
      if (schema !== undefined && isDefault(attribute)) {
        names.add(printResolved({ schema, extension, attribute }))
      }
    }
    const resolved = resolvePath(type, path)
    if (resolved === undefined) continue
    names.add(printResolved(resolved))
    if (resolved.sub !== undefined) {
      const { sub: _, ...whole } = resolved
      parents.add(printResolved(whole))
    }
  }
  return {
    core: [...type.schema.attributes, ...COMMON_ATTRIBUTES].filter(
      ({ name }) => name !== SCHEMAS.name,
    ),
    mode: attributes ? 'only' : excludedAttributes ? 'without' : 'default',
    names,
    parents,
    parts: new Map(),
  }
}

/** Microsoft's test collection asks for `emails[type eq "work"]`: the filter is read and left out. */
function readPaths(name: string, text = '', tolerance: Tolerance): readonly AttributePath[] {
  const scanner = new Scanner(`list of ${name}`, text, 'invalidValue')
  scanner.tolerance = tolerance
  const paths = new Map<string, AttributePath>()
  for (;;) {
    if (scanner.peek().kind === 'end') return [...paths.values()]
    if (scanner.accept(',')) continue
    const { path, filter, sub } = readPatchPath(scanner)
    if (filter !== undefined) {
      tolerance.tolerate('filterInAttributes', `${name} must be paths without filters`)
    }
    const whole = sub === undefined ? path : { ...path, sub }
    paths.set(printAttributePath(whole).toLowerCase(), whole)
    if (scanner.peek().kind !== 'end') scanner.expect(',', 'a comma or the end')
  }
}
