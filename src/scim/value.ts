import { TOLERANT } from './client-quirks.ts'
import { ScimError } from './error.ts'
import { instantOf } from './comparison.ts'
import { identityOf, isReference, typeOf } from './identity.ts'
import { isArray, isObject, kindOf, member } from './json.ts'
import { findAttribute } from './schema.ts'
import type { Attribute } from './attribute.ts'
import type { Tolerance } from './client-quirks.ts'
import type { Json, JsonObject } from './json.ts'

/**
 * What a client sent for an attribute, as its definition wants it: names in the schema's spelling,
 * "True" and "False" as booleans, a single value as an array where there may be several and an
 * array of one as a single value, a string as `{value}` where the attribute is complex, all as far
 * as tolerated. Read-only sub-attributes are left out, and so is what is unassigned: null, "", []
 * and {} (RFC 7643 §2.5).
 *
 * @param name For messages: the path of the attribute in canonical spelling.
 * @returns `undefined` if nothing is assigned.
 * @throws {ScimError} invalidValue, naming the attribute, what was expected and what came.
 */
export function normalizeValue(
  attribute: Attribute,
  value: Json,
  name: string,
  tolerance: Tolerance = TOLERANT,
): Json | undefined {
  if (!attribute.multiValued) return normalizeOne(attribute, value, name, tolerance)
  const items = isArray(value) ? value : [value]
  if (items !== value && !isUnassigned(value)) {
    tolerance.tolerate('oneForMany', refusal(name, 'an array', value).message)
  }
  const elements = items.flatMap((item, index) => {
    const itemName = isArray(value) ? `${name}[${index}]` : name
    const element = normalizeOne(attribute, item, itemName, tolerance)
    return element === undefined ? [] : [element]
  })
  const values = distinctValues(attribute, elements)
  if (values.filter(isPrimary).length > 1) {
    throw new ScimError('invalidValue', `${name} must have one primary value at most`)
  }
  return values.length === 0 ? undefined : values
}

/** As `normalizeValue`, of one value of a multi-valued attribute. */
export function normalizeOne(
  attribute: Attribute,
  value: Json,
  name: string,
  tolerance: Tolerance,
): Json | undefined {
  if (isUnassigned(value)) {
    // As a password "" would mean that everybody may log on, or nobody knows what (RFC 4513 §5.1.2).
    if (value === '' && attribute.mutability === 'writeOnly') {
      throw new ScimError('invalidValue', `${name} must not be empty`)
    }
    if (value === '' || isObject(value)) {
      tolerance.tolerate('emptyText', `${name} must not be empty; null is for no value`)
    }
    return undefined
  }
  if (isArray(value) && value.length === 1 && !isArray(value[0]) && !attribute.multiValued) {
    return normalizeOne(attribute, onlyValue(attribute, value, name, tolerance), name, tolerance)
  }
  return attribute.type === 'complex'
    ? normalizeComplex(attribute, value, name, tolerance)
    : checkSimple(attribute, value, name, tolerance)
}

/**
 * The attributes of a JSON object, one schema's or one complex attribute's.
 *
 * @param onUnknown Called for a member that no attribute has the name of.
 * @throws {ScimError} invalidValue; invalidSyntax if an attribute is given twice, in two spellings.
 */
export function normalizeAttributes(
  attributes: readonly Attribute[],
  object: JsonObject,
  prefix: string,
  tolerance: Tolerance,
  onUnknown: (name: string) => void,
): JsonObject | undefined {
  const found = new Map<string, Json>()
  const seen = new Set<Attribute>()
  for (const [key, value] of Object.entries(object)) {
    const attribute = findAttribute(attributes, key)
    if (attribute === undefined) {
      onUnknown(key)
      continue
    }
    if (seen.has(attribute)) {
      throw new ScimError('invalidSyntax', `${prefix}${attribute.name} is given more than once`)
    }
    seen.add(attribute)
    if (attribute.mutability === 'readOnly') continue
    const normal = normalizeValue(attribute, value, `${prefix}${attribute.name}`, tolerance)
    if (normal !== undefined) found.set(attribute.name, normal)
  }
  return found.size === 0 ? undefined : Object.fromEntries(found)
}

/**
 * The values of a multi-valued attribute without doublets (same `value`, same `type`: RFC 7643
 * §2.4) and without those that say nothing but their type.
 */
export function distinctValues(attribute: Attribute, elements: readonly Json[]): readonly Json[] {
  const distinct = new Map<string, Json>()
  for (const element of elements) {
    if (isHollow(element)) continue
    const key = `${typeOf(attribute, element)}\n${identityOf(attribute, element)}`
    const twin = distinct.get(key)
    distinct.set(key, isObject(twin) && isObject(element) ? { ...twin, ...element } : element)
  }
  return [...distinct.values()]
}

/** RFC 7643 §2.5, and what clients send for it besides: "" and {}. */
export function isUnassigned(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return true
  if (isArray(value)) return value.length === 0
  return isObject(value) && Object.keys(value).length === 0
}

export function isPrimary(element: Json): boolean {
  return isObject(element) && member(element, 'primary') === true
}

/** A value whose `value` has gone or never came: `{type: "work", primary: true}`. */
function isHollow(element: Json): boolean {
  return (
    isObject(element) && Object.keys(element).every((name) => name === 'type' || name === 'primary')
  )
}

/**
 * What an array of one holds, where no array belongs: Entra ID documents `manager` so, and its jobs
 * of 2018 send every simple value as `[{"$ref": null, "value": "…"}]`.
 */
function onlyValue(
  attribute: Attribute,
  array: readonly Json[],
  name: string,
  tolerance: Tolerance,
): Json {
  const [only = null] = array
  const wrapped =
    attribute.type !== 'complex' &&
    isObject(only) &&
    Object.keys(only).every((key) => key === 'value' || key === '$ref')
  const { message } = refusal(name, EXPECTED[attribute.type], array)
  tolerance.tolerate(wrapped ? 'wrappedValue' : 'arrayForOne', message)
  return wrapped ? (member(only, 'value') ?? null) : only
}

function normalizeComplex(
  attribute: Attribute,
  value: Json,
  name: string,
  tolerance: Tolerance,
): Json | undefined {
  const subAttributes = attribute.subAttributes ?? []
  if (isObject(value)) {
    if (isReference(attribute) && namesNothing(value)) {
      throw new ScimError('invalidValue', `${name}.value is missing`)
    }
    return normalizeAttributes(subAttributes, value, `${name}.`, tolerance, (unknown) => {
      // What else a reference says is about the resource that it points to.
      if (isReference(attribute)) return
      tolerance.tolerate('unknownAttribute', `there is no attribute "${name}.${unknown}"`)
    })
  }
  const sub = findAttribute(subAttributes, 'value')
  if (sub === undefined || isArray(value)) throw refusal(name, EXPECTED.complex, value)
  const simple = checkSimple(sub, value, name, tolerance)
  tolerance.tolerate('textForComplex', refusal(name, EXPECTED.complex, value).message)
  return { [sub.name]: simple }
}

/** Left out as unassigned, a member without its id would silently empty the group. */
function namesNothing(reference: JsonObject): boolean {
  const names = Object.keys(reference).map((name) => name.toLowerCase())
  return names.length > 0 && !names.includes('value') && !names.includes('$ref')
}

function checkSimple(attribute: Attribute, value: Json, name: string, tolerance: Tolerance): Json {
  switch (attribute.type) {
    case 'boolean': {
      const boolean = booleanOf(value)
      if (boolean === value) return boolean
      const wrong = refusal(name, EXPECTED.boolean, value)
      if (boolean === undefined) throw wrong
      tolerance.tolerate('booleanAsText', wrong.message)
      return boolean
    }
    case 'integer':
      if (!Number.isSafeInteger(value)) throw refusal(name, EXPECTED.integer, value)
      return value
    case 'decimal':
      if (!Number.isFinite(value)) throw refusal(name, EXPECTED.decimal, value)
      return value
    default:
      if (typeof value !== 'string') throw refusal(name, EXPECTED[attribute.type], value)
      return checkString(attribute, value, name)
  }
}

function checkString(attribute: Attribute, value: string, name: string): string {
  if (!value.isWellFormed() || value.includes('\0')) {
    throw new ScimError('invalidValue', `${name} must be Unicode text without NUL`)
  }
  if (attribute.type === 'dateTime' && instantOf(value) === undefined) {
    throw refusal(name, 'a date and time such as 2026-01-31T12:00:00Z', value)
  }
  if (attribute.type === 'binary' && !isBase64(value)) throw refusal(name, 'base64', value)
  return value
}

/** A boolean, which Entra ID sends as the strings "True" and "False". */
export function booleanOf(value: Json): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string') return undefined
  const text = value.toLowerCase()
  return text === 'true' ? true : text === 'false' ? false : undefined
}

/** RFC 4648 §4, with padding (RFC 7643 §2.3.6). */
function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}

const EXPECTED: Readonly<Record<Attribute['type'], string>> = {
  string: 'a string',
  boolean: 'true or false',
  decimal: 'a number',
  integer: 'an integer',
  dateTime: 'a string',
  binary: 'a string',
  reference: 'a string',
  complex: 'an object',
}

function refusal(name: string, expected: string, value: Json): ScimError {
  const found = typeof value === 'string' ? 'this string' : kindOf(value)
  return new ScimError('invalidValue', `${name} must be ${expected}, not ${found}`)
}
