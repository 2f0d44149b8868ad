import { TOLERANT } from './client-quirks.ts'
import { ScimError } from './error.ts'
import { checkComparand } from './filter-quirks.ts'
import { isArray, isObject, kindOf, memberIgnoringCase } from './json.ts'
import { filterableParts } from './match.ts'
import { checkOperator } from './operator.ts'
import { isReference } from './identity.ts'
import { parsePatchPath, printPatchPath } from './patch-path.ts'
import {
  findSchema,
  printAttributePath,
  printResolved,
  quirkOfPath,
  resolvePath,
  schemaOfPath,
} from './path.ts'
import { LIMITS } from './scanner.ts'
import { findAttribute } from './schema.ts'
import { PATCH_OP, sameUrn } from './urn.ts'
import { isUnassigned, normalizeOne, normalizeValue } from './value.ts'
import type { Attribute } from './attribute.ts'
import type { Tolerance } from './client-quirks.ts'
import type { Filter } from './filter.ts'
import type { Json, JsonObject } from './json.ts'
import type { PatchOperation, PatchTarget } from './patch-operation.ts'
import type { PatchPath } from './patch-path.ts'
import type { ResourceType } from './resource-type.ts'
import type { Schema } from './schema.ts'

type Op = PatchOperation['op']

/**
 * The operations of a PatchOp message (RFC 7644 §3.5.2), each with one attribute as its target: an
 * operation without a path becomes one for each attribute in its value.
 *
 * Names may have any letter case. In a value without a path, unknown and read-only attributes are
 * ignored as far as tolerated; a path to one is refused. An operation that cannot change anything,
 * such as to add nothing, is left out.
 *
 * @throws {ScimError} invalidSyntax, invalidPath, invalidFilter, invalidValue, noTarget,
 *   mutability; 413 for more than `LIMITS.operations`, those without a path counted by attribute.
 */
export function readPatch(
  type: ResourceType,
  body: unknown,
  tolerance: Tolerance = TOLERANT,
): readonly PatchOperation[] {
  if (!isObject(body)) {
    throw new ScimError('invalidSyntax', `A PATCH must be a JSON object, not ${kindOf(body)}`)
  }
  checkSchemas(memberIgnoringCase(body, 'schemas'), tolerance)
  const reader: Reader = { type, tolerance }
  const operations = memberIgnoringCase(body, 'Operations')
  if (!isArray(operations)) {
    throw new ScimError('invalidSyntax', `Operations must be an array, not ${kindOf(operations)}`)
  }
  const read: PatchOperation[] = []
  for (const [index, operation] of operations.entries()) {
    read.push(...namingIndex(index, () => readOperation(reader, operation)))
    if (Math.max(index + 1, read.length) > LIMITS.operations) {
      throw new ScimError(413, `A PATCH may have at most ${LIMITS.operations} operations`)
    }
  }
  return read
}

/** What operations are read with. */
interface Reader {
  readonly type: ResourceType
  readonly tolerance: Tolerance
}

function checkSchemas(schemas: Json | undefined, tolerance: Tolerance): void {
  if (!isArray(schemas) || schemas.length === 0) {
    tolerance.tolerate('schemasMissing', `schemas is missing; it must be ["${PATCH_OP}"]`)
  } else if (!schemas.every((urn) => typeof urn === 'string' && sameUrn(urn, PATCH_OP))) {
    tolerance.tolerate('schemasWrong', `schemas must be ["${PATCH_OP}"]`)
  }
}

function namingIndex<T>(index: number, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (!(error instanceof ScimError)) throw error
    throw new ScimError(error.scimType ?? error.status, `Operations[${index}]: ${error.message}`, {
      cause: error,
    })
  }
}

function readOperation(reader: Reader, operation: Json): readonly PatchOperation[] {
  if (!isObject(operation)) {
    throw new ScimError('invalidSyntax', `an operation must be an object, not ${kindOf(operation)}`)
  }
  const op = readOp(memberIgnoringCase(operation, 'op'), reader.tolerance)
  const path = memberIgnoringCase(operation, 'path') ?? undefined
  const value = memberIgnoringCase(operation, 'value')
  if (path !== undefined && typeof path !== 'string') {
    throw new ScimError('invalidPath', `path must be a string, not ${kindOf(path)}`)
  }
  if (op !== 'remove' && value === undefined) {
    throw new ScimError('invalidValue', `value is missing; "${op}" needs one`)
  }
  if (path !== undefined && path !== '') return readTargeted(reader, op, path, value)
  if (op === 'remove') throw new ScimError('noTarget', '"remove" needs a path')
  if (path === '') reader.tolerance.tolerate('emptyPath', 'path must not be empty')
  return readAttributes(reader, op, value ?? null)
}

function readOp(op: Json | undefined, tolerance: Tolerance): Op {
  const name = typeof op === 'string' ? op.toLowerCase() : undefined
  const message = 'op must be "add", "replace" or "remove"'
  if (name !== 'add' && name !== 'replace' && name !== 'remove') {
    throw new ScimError('invalidSyntax', message)
  }
  if (name !== op) tolerance.tolerate('capitalOperation', message)
  return name
}

/** An operation whose value names the attributes (RFC 7644 §3.5.2.1, §3.5.2.3: no path). */
function readAttributes(reader: Reader, op: Op, value: Json): readonly PatchOperation[] {
  const { type, tolerance } = reader
  const message = `without a path, value must be an object of attributes, not ${kindOf(value)}`
  const attributes = typeof value === 'string' ? objectIn(value) : value
  if (!isObject(attributes)) throw new ScimError('invalidValue', message)
  if (attributes !== value) tolerance.tolerate('jsonAsText', message)
  return Object.entries(attributes).flatMap(([key, item]) => {
    const schema = findSchema(type, key)
    if (schema !== undefined) return readSchema(reader, op, schema, item)
    const target = targetOfKey(reader, key)
    return target === undefined ? [] : operate(tolerance, op, target, item)
  })
}

/** The object that a text is the JSON of. */
function objectIn(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * A key may be a path: `name.givenName`, `urn:…:User:department`, `emails[type eq "work"].value`.
 *
 * @returns `undefined` for what is not the client's to write, and for what no schema has.
 */
function targetOfKey(reader: Reader, key: string, urn?: string): PatchTarget | undefined {
  const { type, tolerance } = reader
  const path = pathOfKey(reader, urn === undefined ? key : `${urn}:${key}`)
  const target = path && findTarget(reader, path)
  if (target === undefined) {
    tolerance.tolerate('unknownAttribute', `${type.name} has no attribute ${JSON.stringify(key)}`)
    return undefined
  }
  if (/[.:[]/.test(key)) {
    const message = `without a path, value must hold attributes; ${JSON.stringify(key)} is a path`
    tolerance.tolerate('pathAsKey', message)
  }
  const readOnly = readOnlyPart(target)
  if (readOnly === undefined) return target
  tolerance.tolerate('readOnlyInPatch', `${readOnly} is read-only`)
  return undefined
}

function pathOfKey({ tolerance }: Reader, key: string): PatchPath | undefined {
  try {
    return parsePatchPath(key, tolerance)
  } catch (error) {
    // Without brackets it is no attempt at a path, but a name that no schema has.
    if (error instanceof ScimError && !key.includes('[')) return undefined
    throw error
  }
}

/** The object of an extension, or of the core schema, under its URN. */
function readSchema(
  reader: Reader,
  op: Op,
  schema: Schema,
  value: Json | undefined,
): readonly PatchOperation[] {
  const { type, tolerance } = reader
  const extension = schema !== type.schema
  if (isObject(value) && op !== 'remove') {
    return Object.entries(value).flatMap(([key, item]) => {
      const target = targetOfKey(reader, key, extension ? schema.id : undefined)
      return target === undefined ? [] : operate(tolerance, op, target, item)
    })
  }
  if (op === 'remove' || isUnassigned(value)) {
    if (op === 'add') return []
    return schema.attributes
      .filter(({ mutability }) => mutability !== 'readOnly')
      .map((attribute) => ({
        op: 'remove',
        target: { resolved: { schema, extension, attribute } },
      }))
  }
  throw new ScimError('invalidValue', `${schema.id} must be an object, not ${kindOf(value)}`)
}

function readTargeted(
  reader: Reader,
  op: Op,
  text: string,
  value: Json | undefined,
): readonly PatchOperation[] {
  const { type, tolerance } = reader
  const path = parsePatchPath(text, tolerance)
  if (path.filter === undefined) {
    const schema = schemaOfPath(type, path.path)
    if (schema !== undefined) return readSchema(reader, op, schema, value)
    // Which schemas a resource has follows from its attributes.
    if (printAttributePath(path.path).toLowerCase() === 'schemas') return []
  }
  const target = findTarget(reader, path)
  if (target === undefined) {
    throw new ScimError(
      'invalidPath',
      `${type.name} has no attribute "${printAttributePath(path.path)}${path.sub === undefined ? '' : `[…].${path.sub}`}"`,
    )
  }
  const readOnly = readOnlyPart(target)
  if (readOnly !== undefined) {
    throw new ScimError('mutability', `${readOnly} is read-only`)
  }
  return operate(tolerance, op, target, value)
}

/** @throws {ScimError} invalidPath, invalidFilter if the path selects what cannot be selected. */
function findTarget({ type, tolerance }: Reader, path: PatchPath): PatchTarget | undefined {
  const resolved = resolvePath(type, path.path)
  if (resolved === undefined) return undefined
  const quirk = quirkOfPath(type, path.path, resolved)
  if (quirk !== undefined) {
    const message = `"${printAttributePath(path.path)}" must be "${printResolved(resolved)}"`
    tolerance.tolerate(quirk, message)
  }
  const { filter } = path
  if (filter === undefined) return { resolved }
  const { attribute } = resolved
  if (resolved.sub !== undefined || !attribute.multiValued) {
    throw new ScimError(
      'invalidPath',
      `${printResolved(resolved)} has one value; only multi-valued attributes are filtered`,
    )
  }
  checkFilter(filter, filterableParts(attribute), printPatchPath({ path: path.path }), tolerance)
  if (path.sub === undefined) return { resolved, filter }
  const sub = findAttribute(attribute.subAttributes ?? [], path.sub)
  return sub && { resolved, filter, sub }
}

function checkFilter(
  filter: Filter,
  parts: readonly Attribute[],
  name: string,
  tolerance: Tolerance,
): void {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.filters.forEach((part) => checkFilter(part, parts, name, tolerance))
    case 'not':
      return checkFilter(filter.filter, parts, name, tolerance)
    case 'valuePath':
      throw new ScimError('invalidFilter', `${name}: value paths cannot be nested`)
    default: {
      const attribute = findAttribute(parts, filter.path.attribute)
      if (attribute === undefined) {
        throw new ScimError(
          'invalidFilter',
          `${name} has no sub-attribute "${filter.path.attribute}"`,
        )
      }
      if (filter.kind !== 'compare') return
      checkOperator(attribute, filter.operator)
      checkComparand(attribute, filter.value, tolerance)
    }
  }
}

/** The name of the read-only attribute that the target is or is in. */
function readOnlyPart({ resolved, sub = resolved.sub }: PatchTarget): string | undefined {
  const { attribute } = resolved
  if (attribute.mutability !== 'readOnly' && sub?.mutability !== 'readOnly') return undefined
  return printResolved(sub === undefined ? resolved : { ...resolved, sub })
}

/** The operation on this target; none if it cannot change anything. */
function operate(
  tolerance: Tolerance,
  op: Op,
  target: PatchTarget,
  value: Json | undefined,
): readonly PatchOperation[] {
  if (op === 'remove') return readRemoval(tolerance, target, value)
  const normal = normalizeTarget(tolerance, target, value ?? null)
  const cleared = op === 'replace' ? clearedParts(target, value) : []
  if (normal !== undefined) return [{ op, target, value: normal }, ...cleared]
  // To replace by nothing is to remove (RFC 7643 §2.5); an object without content names nothing.
  if (op === 'add' || (isObject(value) && !isCleared(value, 'value'))) return cleared
  return [{ op: 'remove', target }]
}

/**
 * Entra ID removes members by a list of them, which the RFC does not have: then just those go, and
 * an empty list removes nobody. Only without a value, or with null, does the whole attribute go.
 */
function readRemoval(
  tolerance: Tolerance,
  target: PatchTarget,
  value: Json | undefined,
): readonly PatchOperation[] {
  const { resolved, filter } = target
  const listed = resolved.attribute.multiValued && resolved.sub === undefined && !filter
  if (!listed || value === undefined || value === null) return [{ op: 'remove', target }]
  const name = printResolved(resolved)
  tolerance.tolerate('removeByValue', `"remove" has no value; ${name}[value eq "…"] selects one`)
  const normal = normalizeTarget(tolerance, target, value)
  return normal === undefined ? [] : [{ op: 'remove', target, value: normal }]
}

function normalizeTarget(
  tolerance: Tolerance,
  { resolved, filter, sub = resolved.sub }: PatchTarget,
  value: Json,
) {
  const name = printResolved(sub === undefined ? resolved : { ...resolved, sub })
  if (sub !== undefined) return normalizeValue(sub, value, name, tolerance)
  if (filter === undefined) return normalizeValue(resolved.attribute, value, name, tolerance)
  const one = isArray(value) && value.length === 1 ? value[0] : value
  if (isArray(one) && one.length > 1) {
    throw new ScimError('invalidValue', `${name} after a filter takes one value, not ${one.length}`)
  }
  if (one !== value) {
    tolerance.tolerate('arrayForOne', `${name} after a filter takes one value, not an array`)
  }
  return normalizeOne(resolved.attribute, isArray(one) ? null : (one ?? null), name, tolerance)
}

/**
 * The sub-attributes that a replaced complex attribute names with null or "": those not named stay
 * (RFC 7644 §3.5.2.3), but these are to go. `$ref: null`, which Entra ID adds to every reference,
 * means nothing.
 */
function clearedParts(target: PatchTarget, value: Json | undefined): readonly PatchOperation[] {
  const { resolved, filter } = target
  const { attribute } = resolved
  if (!isObject(value) || filter || resolved.sub || attribute.multiValued) return []
  if (isReference(attribute)) return []
  return (attribute.subAttributes ?? [])
    .filter((sub) => sub.mutability !== 'readOnly' && isCleared(value, sub.name))
    .map((sub) => ({ op: 'remove', target: { resolved: { ...resolved, sub } } }))
}

function isCleared(value: JsonObject, name: string): boolean {
  const item = memberIgnoringCase(value, name)
  return item !== undefined && isUnassigned(item)
}
