import { TOLERANT } from './client-quirks.ts'
import { ScimError } from './error.ts'
import { identityOf, isReference, typeOf } from './identity.ts'
import { equalJson, isArray, isObject, member } from './json.ts'
import { filterableParts, valueMatcher } from './match.ts'
import { printResolved } from './path.ts'
import { joinRuns } from './patch-runs.ts'
import { getAttribute, withAttribute, withMember } from './resource.ts'
import { findAttribute } from './schema.ts'
import { distinctValues, isPrimary, normalizeValue } from './value.ts'
import type { Attribute } from './attribute.ts'
import type { Tolerance } from './client-quirks.ts'
import type { Filter } from './filter.ts'
import type { Json, JsonObject } from './json.ts'
import type { PatchOperation } from './patch-operation.ts'
import type { ResolvedPath } from './path.ts'
import type { ResourceType } from './resource-type.ts'
import type { Resource } from './resource.ts'

export { readPatch } from './patch-message.ts'
export type { PatchOperation, PatchTarget } from './patch-operation.ts'

/**
 * The resource after the operations, in their order, all or none (RFC 7644 §3.5.2).
 *
 * `add` and `replace` after a filter that selects nothing make the value that its equalities
 * describe (erratum 8097; Entra ID relies on it). `remove` of what is not there is a success.
 * A value that becomes primary takes that from the others.
 *
 * @throws {ScimError} noTarget if a filter selects nothing and describes nothing; mutability if a
 *   required attribute would go or an immutable one change; invalidValue for two new primaries.
 */
export function applyPatch(
  type: ResourceType,
  resource: Resource,
  operations: readonly PatchOperation[],
  tolerance: Tolerance = TOLERANT,
): Resource {
  const touched = new Map<string, ResolvedPath>()
  let patched = resource
  for (const operation of joinRuns(operations)) {
    const { schema, extension, attribute } = operation.target.resolved
    const whole = { schema, extension, attribute }
    touched.set(printResolved(whole), whole)
    const current = getAttribute(patched, whole)
    const next = changed(current, operation, tolerance)
    if (next !== current) patched = withAttribute(patched, whole, next)
  }
  for (const whole of touched.values()) {
    const value = getAttribute(patched, whole)
    // Not before the end: of several operations the first may set just a type.
    if (isArray(value)) {
      patched = withAttribute(patched, whole, distinctValues(whole.attribute, value))
    }
    checkMutability(type, whole, getAttribute(resource, whole), getAttribute(patched, whole))
  }
  return patched
}

/** The attribute's value after the operation. */
function changed(
  current: Json | undefined,
  operation: PatchOperation,
  tolerance: Tolerance,
): Json | undefined {
  const { attribute } = operation.target.resolved
  if (!attribute.multiValued) return changedOne(current, operation)
  const elements = isArray(current) ? current : []
  const { target } = operation
  const whole = target.filter === undefined && target.resolved.sub === undefined
  const next = whole ? changedAll(elements, operation) : changedSome(elements, operation, tolerance)
  return onePrimary(elements, next, printResolved(target.resolved))
}

function changedOne(
  current: Json | undefined,
  { op, target, value }: PatchOperation,
): Json | undefined {
  const { attribute, sub } = target.resolved
  if (sub !== undefined) {
    return changedPart(attribute, isObject(current) ? current : {}, sub, op, value)
  }
  if (op === 'remove') return undefined
  if (!isObject(current) || !isObject(value)) return value
  return merged(attribute, current, value)
}

/** An operation on a multi-valued attribute as a whole. */
function changedAll(
  elements: readonly Json[],
  { op, target, value }: PatchOperation,
): readonly Json[] {
  const { attribute } = target.resolved
  const values = value === undefined ? [] : isArray(value) ? value : [value]
  if (op === 'add') return addedTo(elements, values, target.resolved)
  if (op === 'replace') return values
  return value === undefined ? [] : removedFrom(elements, values, attribute)
}

/** An operation on the values that a filter selects, or on a sub-attribute of all values. */
function changedSome(
  elements: readonly Json[],
  operation: PatchOperation,
  tolerance: Tolerance,
): readonly Json[] {
  const { filter, resolved } = operation.target
  const { attribute } = resolved
  const selected = new Set(
    filter === undefined ? elements : elements.filter(valueMatcher(attribute, filter)),
  )
  if (selected.size === 0) {
    if (operation.op === 'remove') return elements
    const element = described(operation)
    if (operation.op === 'replace' && filter !== undefined) {
      tolerance.tolerate('replaceWithoutMatch', noTarget(resolved).message)
    }
    return [...elements, element]
  }
  return elements.flatMap((element) =>
    selected.has(element) ? changedElement(element, operation) : [element],
  )
}

function changedElement(element: Json, { op, target, value }: PatchOperation): readonly Json[] {
  const { resolved, filter, sub = resolved.sub } = target
  const { attribute } = resolved
  if (sub !== undefined && isObject(element)) {
    const part = changedPart(attribute, element, sub, op, value)
    return [checkImmutable(resolved, element, part)]
  }
  if (op === 'remove' || value === undefined) return []
  if (!isObject(element) || !isObject(value)) return [value]
  if (op === 'add') return [checkImmutable(resolved, element, merged(attribute, element, value))]
  // Replaced (RFC 7644 §3.5.2.3), yet still what the filter selected: work stays work.
  return [{ ...(filter && equalities(filter, resolved)), ...value }]
}

/** The value that the equalities of a filter describe, with what the operation sets in it. */
function described({ target, value }: PatchOperation): Json {
  const { resolved, filter, sub = resolved.sub } = target
  const parts = filter === undefined ? {} : equalities(filter, resolved)
  const set = sub === undefined ? value : { [sub.name]: value ?? null }
  const element = isObject(set) ? { ...parts, ...set } : set
  if (
    parts === undefined ||
    element === undefined ||
    (filter !== undefined && !valueMatcher(resolved.attribute, filter)(element))
  ) {
    throw noTarget(resolved)
  }
  return element
}

function noTarget(resolved: ResolvedPath): ScimError {
  return new ScimError(
    'noTarget',
    `No value of ${printResolved(resolved)} is selected by the filter of the path`,
  )
}

/** What a filter made of `eq` and `and` says of a value; `undefined` for other filters. */
function equalities(filter: Filter, resolved: ResolvedPath): JsonObject | undefined {
  if (filter.kind === 'and') {
    let all: JsonObject = {}
    for (const part of filter.filters) {
      const parts = equalities(part, resolved)
      if (parts === undefined) return undefined
      all = { ...all, ...parts }
    }
    return all
  }
  if (filter.kind !== 'compare' || filter.operator !== 'eq') return undefined
  const sub = findAttribute(filterableParts(resolved.attribute), filter.path.attribute)
  if (sub === undefined) return undefined
  const value = normalizeValue(sub, filter.value, `${printResolved(resolved)}.${sub.name}`)
  return value === undefined ? {} : { [sub.name]: value }
}

function changedPart(
  attribute: Attribute,
  object: JsonObject,
  sub: Attribute,
  op: PatchOperation['op'],
  value: Json | undefined,
): JsonObject {
  if (op === 'remove') return withMember(object, sub.name, undefined)
  const before = member(object, sub.name)
  const joined =
    op === 'add' && isArray(before) && isArray(value)
      ? distinctValues(sub, [...before, ...value])
      : (value ?? null)
  return merged(attribute, object, { [sub.name]: joined })
}

/**
 * A complex value with these sub-attributes changed; the others stay (RFC 7644 §3.5.2.3), unless
 * they described the resource that a reference pointed at before.
 */
function merged(attribute: Attribute, object: JsonObject, parts: JsonObject): JsonObject {
  const next = { ...object, ...parts }
  const elsewhere =
    isReference(attribute) && identityOf(attribute, next) !== identityOf(attribute, object)
  return elsewhere ? parts : next
}

function addedTo(
  elements: readonly Json[],
  values: readonly Json[],
  resolved: ResolvedPath,
): readonly Json[] {
  const { attribute } = resolved
  const next = [...elements]
  const positions = new Map<string, number[]>()
  const note = (element: Json, index: number): void => {
    const key = identityOf(attribute, element)
    const known = positions.get(key)
    if (known === undefined) positions.set(key, [index])
    else known.push(index)
  }
  elements.forEach(note)
  for (const value of values) {
    const type = typeOf(attribute, value)
    const known = positions.get(identityOf(attribute, value)) ?? []
    const at =
      known.find((index) => typeOf(attribute, next[index] ?? null) === type) ??
      known.find((index) => type === '' || typeOf(attribute, next[index] ?? null) === '')
    const twin = at === undefined ? undefined : next[at]
    if (at === undefined) note(value, next.push(value) - 1)
    else if (isObject(twin) && isObject(value) && !isReference(attribute)) {
      next[at] = checkImmutable(resolved, twin, merged(attribute, twin, value))
    }
  }
  return next
}

function removedFrom(
  elements: readonly Json[],
  values: readonly Json[],
  attribute: Attribute,
): readonly Json[] {
  const types = new Map<string, Set<string>>()
  for (const value of values) {
    const key = identityOf(attribute, value)
    types.set(key, (types.get(key) ?? new Set()).add(typeOf(attribute, value)))
  }
  return elements.filter((element) => {
    const removed = types.get(identityOf(attribute, element))
    return !removed?.has('') && !removed?.has(typeOf(attribute, element))
  })
}

/** A new primary value ends the primacy of the old one (RFC 7644 §3.5.2). */
function onePrimary(
  before: readonly Json[],
  elements: readonly Json[],
  name: string,
): readonly Json[] {
  if (elements === before) return elements
  const primaries = elements.filter(isPrimary)
  if (primaries.length < 2) return elements
  const old = new Set(before.filter(isPrimary))
  const fresh = primaries.filter((element) => !old.has(element))
  if (fresh.length > 1) {
    throw new ScimError('invalidValue', `${name} must have one primary value at most`)
  }
  if (fresh.length === 0) return elements
  return elements.map((element) =>
    isObject(element) && isPrimary(element) && element !== fresh[0]
      ? withMember(element, 'primary', false)
      : element,
  )
}

/** @throws {ScimError} mutability if a part that cannot change once it is there has changed. */
function checkImmutable(resolved: ResolvedPath, before: JsonObject, after: JsonObject): JsonObject {
  for (const sub of resolved.attribute.subAttributes ?? []) {
    const old = member(before, sub.name)
    const fixed = sub.mutability === 'immutable' && old !== undefined
    const gone = sub.required && old !== undefined && member(after, sub.name) === undefined
    if ((fixed && !equalJson(old, member(after, sub.name))) || gone) {
      throw new ScimError(
        'mutability',
        `${printResolved({ ...resolved, sub })} ${fixed ? 'cannot be changed' : 'is required'}`,
      )
    }
  }
  return after
}

/** What RFC 7644 §3.5.2 forbids of required and immutable attributes. */
function checkMutability(
  type: ResourceType,
  whole: ResolvedPath,
  before: Json | undefined,
  after: Json | undefined,
): void {
  const { attribute } = whole
  if (attribute.required && after === undefined) {
    throw new ScimError('mutability', `A ${type.name} must have ${printResolved(whole)}`)
  }
  if (attribute.mutability === 'immutable' && before !== undefined && !equalJson(before, after)) {
    throw new ScimError('mutability', `${printResolved(whole)} cannot be changed`)
  }
  if (isObject(before) && isObject(after)) checkImmutable(whole, before, after)
}
