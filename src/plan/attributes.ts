import { dnKey, printDn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import { textsOf, valuesOf } from '../ldap/entry.ts'
import type { LdapSchema } from '../ldap/schema.ts'
import type { Value } from '../ldap/value.ts'
import type {
  AttributeRule,
  ReferenceRule,
  Rules,
  Slot,
  SlotPart,
  SlotsRule,
  ValueRule,
} from '../mapping/rules.ts'
import { expandText } from '../mapping/template.ts'
import { STRICT } from '../scim/client-quirks.ts'
import type { Tolerance } from '../scim/client-quirks.ts'
import { ScimError } from '../scim/error.ts'
import { printResolved } from '../scim/path.ts'
import { getAttribute } from '../scim/resource.ts'
import type { Json, JsonObject, Resource } from '../scim/resource.ts'
import { desiredOf } from './desired.ts'
import type { Desired } from './desired.ts'
import type { Facts, Reference } from './facts.ts'
import { keyOfName, namesOf } from './reference-names.ts'
import { hasRest, valuesWithRest } from './rest.ts'

/**
 * What a rule wants of the LDAP attributes that it fills, for a resource as it shall be.
 *
 * @param entry The entry as it is; absent when it is about to be created.
 * @throws {ScimError} invalidValue where a value has no place in the directory.
 */
export function desiredBy(
  rules: Rules,
  rule: AttributeRule,
  resource: Resource,
  facts: Pick<Facts, 'references' | 'byDn' | 'server'>,
  entry?: Entry,
  tolerance: Tolerance = STRICT,
): readonly Desired[] {
  const currentOf = (ldap: string) => (entry === undefined ? [] : valuesOf(entry, ldap))
  switch (rule.kind) {
    case 'value': {
      const current = currentOf(rule.ldap)
      return [desiredOf(rule, current, plainValues(rules, rule, resource))]
    }
    case 'slots':
      return slotAttributes(rule, resource, facts.server.schema, tolerance).map(([part, values]) =>
        desiredOf(part, currentOf(part.ldap), values),
      )
    case 'reference':
      return [
        {
          ldap: rule.ldap,
          current: currentOf(rule.ldap),
          values: referenceValues(rule, resource, facts, entry, tolerance),
        },
      ]
    case 'activation':
      return activationValues(rules, rule, resource, facts, entry)
    case 'backlink':
    case 'password':
      return []
  }
}

/** The ids in a resource that rules must turn into DNs. */
export function idsIn(
  attributeRules: readonly AttributeRule[],
  resource: Resource,
): readonly { readonly id: string; readonly types: readonly string[] }[] {
  return attributeRules.flatMap((rule) =>
    rule.kind !== 'reference' || isReadOnly(rule)
      ? []
      : referencedIds(rule, resource).map((id) => ({ id, types: rule.types })),
  )
}

export function isReadOnly({ path }: AttributeRule): boolean {
  return path.attribute.mutability === 'readOnly' || path.sub?.mutability === 'readOnly'
}

/**
 * What ids stand for.
 *
 * @throws {ScimError} invalidValue, for all that name nothing together, unless that is tolerated.
 */
export function referencesOf(
  rule: ReferenceRule,
  ids: readonly string[],
  references: ReadonlyMap<string, Reference>,
  tolerance: Tolerance = STRICT,
): readonly Reference[] {
  const unknown: string[] = []
  const found = ids.flatMap((id) => {
    const reference = references.get(id)
    if (reference !== undefined && rule.types.includes(reference.type)) return [reference]
    unknown.push(id)
    return []
  })
  if (unknown.length > 0) {
    const shown = unknown.map((id) => JSON.stringify(id)).join(', ')
    tolerance.tolerate(
      'unknownReference',
      `${printResolved(rule.path)}: no ${rule.types.join(' or ') || 'resource'} has the id ${shown}`,
    )
  }
  return found
}

/** @throws {ScimError} invalidValue, where nothing can name it. */
export function refuseNameless(
  { path, by = 'name' }: ReferenceRule,
  { id, type }: Reference,
): never {
  throw new ScimError(
    'invalidValue',
    `${printResolved(path)}: the ${type} ${JSON.stringify(id)} has no ${by} in the directory, which would name it`,
  )
}

function plainValues(rules: Rules, rule: ValueRule, resource: Resource): readonly Value[] {
  const value = getAttribute(resource, rule.path)
  if (value !== undefined) {
    refuseBeyond(rule, value)
    const values = rule.path.attribute.multiValued && Array.isArray(value) ? value : [value]
    return values.map((one) => toLdap(rule, one as Json, printResolved(rule.path)))
  }
  if (rule.default === undefined) return []
  const text = expandText(rule.default, resource, rules.scope)
  return text === '' ? [] : [(rule.transform.tag ?? '') + text]
}

/** A number from elsewhere may be that of an account of the system. @throws {ScimError} invalidValue */
function refuseBeyond({ allocation, path }: ValueRule, value: Json): void {
  if (allocation === undefined || typeof value !== 'number') return
  const { from, to } = allocation
  if (value >= from && value <= to) return
  throw new ScimError('invalidValue', `${printResolved(path)} must be from ${from} to ${to}`)
}

function slotAttributes(
  rule: SlotsRule,
  resource: Resource,
  schema: LdapSchema,
  tolerance: Tolerance,
): readonly (readonly [SlotPart, readonly Value[]])[] {
  const name = printResolved(rule.path)
  const elements = (getAttribute(resource, rule.path) ?? []) as readonly JsonObject[]
  if (hasRest(rule)) return valuesWithRest(rule, elements, schema)
  const filled = new Map<Slot, JsonObject[]>(rule.slots.map((slot) => [slot, []]))
  for (const element of elements) {
    const slot = slotFor(rule, element, filled)
    if (slot !== undefined) {
      tellLost(rule, slot, element, tolerance)
      filled.get(slot)?.push(element)
    } else if (rule.unmapped === 'refuse')
      throw new ScimError('invalidValue', noSlot(rule, element, filled))
  }
  return rule.slots.flatMap((slot) =>
    [...slot.parts].map(([sub, part]): readonly [SlotPart, readonly Value[]] => [
      part,
      (filled.get(slot) ?? []).flatMap((element) => {
        const value = element[sub]
        return value === undefined ? [] : [toLdap(part, value, `${name}.${sub}`)]
      }),
    ]),
  )
}

/** What a slot has no place for, or says otherwise itself, is not dropped without a word. */
function tellLost(
  { path }: SlotsRule,
  { type, primary, many, parts }: Slot,
  element: JsonObject,
  tolerance: Tolerance,
): void {
  const own: JsonObject = { ...(type !== undefined && { type }), ...(primary && { primary }) }
  const lost = Object.keys(element).filter((name) => {
    if (name === 'type') return type === undefined
    return !parts.has(name) && (element[name] ?? false) !== (own[name] ?? false)
  })
  if (lost.length === 0) return
  const where = type === undefined || many ? '' : `[type eq ${JSON.stringify(type)}]`
  tolerance.tolerate(
    'unknownAttribute',
    `the directory has no place for ${lost.map((name) => `${printResolved(path)}${where}.${name}`).join(', ')}`,
    'invalidValue',
  )
}

/** The slot with the element's type; an element without a type goes to the primary slot, else to the first free one. */
function slotFor(
  { slots }: SlotsRule,
  element: JsonObject,
  filled: ReadonlyMap<Slot, readonly JsonObject[]>,
): Slot | undefined {
  const free = slots.filter((slot) => slot.many || filled.get(slot)?.length === 0)
  const type = typeof element.type === 'string' ? element.type.toLowerCase() : undefined
  if (type === undefined) return free.find(({ primary }) => primary) ?? free[0]
  return (
    free.find((slot) => slot.type?.toLowerCase() === type) ??
    free.find((slot) => slot.type === undefined)
  )
}

function noSlot(
  { slots, path }: SlotsRule,
  element: JsonObject,
  filled: ReadonlyMap<Slot, readonly JsonObject[]>,
): string {
  const name = printResolved(path)
  const type = typeof element.type === 'string' ? element.type : undefined
  const taken = slots.find(
    (slot) => type === undefined || slot.type?.toLowerCase() === type.toLowerCase(),
  )
  if (taken !== undefined && (filled.get(taken)?.length ?? 0) > 0) {
    return type === undefined
      ? `${name}: the directory has no place for another value`
      : `${name}: the directory keeps one value of type ${JSON.stringify(type)}`
  }
  const types = slots.flatMap((slot) => slot.type ?? [])
  return `${name}: the directory has no place for a value of type ${JSON.stringify(type)}; types with a place: ${types.join(', ')}`
}

function referencedIds(rule: ReferenceRule, resource: Resource): readonly string[] {
  const value = getAttribute(resource, rule.path)
  return [value ?? []].flat().flatMap((element) => {
    const id = (element as JsonObject).value
    return typeof id === 'string' ? [id] : []
  })
}

function referenceValues(
  rule: ReferenceRule,
  resource: Resource,
  { references, byDn }: Pick<Facts, 'references' | 'byDn'>,
  entry: Entry | undefined,
  tolerance: Tolerance,
): readonly Value[] {
  const current = entry === undefined ? [] : textsOf(entry, rule.ldap)
  const spelling = new Map(current.map((text) => [keyOfName(rule, text), text]))
  const known = new Map(references)
  for (const reference of byDn.values()) if (reference) known.set(reference.id, reference)
  const ids = referencedIds(rule, resource)
  const wanted = referencesOf(rule, ids, known, tolerance).map((reference) => {
    const names = namesOf(rule, reference)
    const held = names.find(({ key }) => spelling.has(key))
    if (held !== undefined) return spelling.get(held.key) ?? held.text
    return names[0]?.text ?? refuseNameless(rule, reference)
  })
  if (!rule.path.attribute.multiValued) {
    return wanted.length > 0 ? wanted : current.filter((text) => isForeign(rule, text, byDn))
  }
  // What this gateway does not manage is not its client's to remove.
  const foreign = current.filter(
    (text) => isForeign(rule, text, byDn) && keyOfName(rule, text) !== placeholderKey(rule),
  )
  const values = [...new Set([...wanted, ...foreign])]
  if (values.length > 0 || rule.placeholder === undefined) return values
  return [spelling.get(dnKey(rule.placeholder)) ?? printDn(rule.placeholder)]
}

function isForeign(
  rule: ReferenceRule,
  text: string,
  byDn: ReadonlyMap<string, Reference | undefined>,
): boolean {
  const reference = byDn.get(keyOfName(rule, text))
  return reference === undefined || !rule.types.includes(reference.type)
}

function placeholderKey({ placeholder }: ReferenceRule): string | undefined {
  return placeholder && dnKey(placeholder)
}

function activationValues(
  rules: Rules,
  rule: AttributeRule,
  resource: Resource,
  { server }: Pick<Facts, 'server'>,
  entry: Entry | undefined,
): readonly Desired[] {
  // A new account is on unless it is said to be off, whatever the server would do by itself.
  const active = getAttribute(resource, rule.path) ?? (entry === undefined ? true : undefined)
  if (typeof active !== 'boolean') return []
  const { attribute, bits, valuesFor } = rules.dialect.activation
  const current = entry === undefined ? [] : valuesOf(entry, attribute)
  const values = valuesFor(active, current)
  if (values.length > 0 && server.schema.attributeType(attribute) === undefined) {
    throw new ScimError(
      'invalidValue',
      `${printResolved(rule.path)} cannot be ${active}: the directory's schema has no ${attribute}`,
    )
  }
  return [{ ldap: attribute, ...(bits !== undefined && { bits }), current, values }]
}

/** @throws {ScimError} invalidValue, saying what was expected. */
export function toLdap(
  { transform }: Pick<SlotPart, 'transform'>,
  value: Json,
  name: string,
): Value {
  try {
    return transform.toLdap(value)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new ScimError('invalidValue', `${name} must be ${error.message}`, { cause: error })
  }
}
