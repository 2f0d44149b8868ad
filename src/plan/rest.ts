import type { Entry } from '../ldap/entry.ts'
import { textsOf, valuesOf } from '../ldap/entry.ts'
import type { LdapSchema } from '../ldap/schema.ts'
import { isOfSyntax } from '../ldap/syntax.ts'
import type { Value } from '../ldap/value.ts'
import { sameValue } from '../ldap/value.ts'
import type { Slot, SlotPart, SlotsRule } from '../mapping/rules.ts'
import { defaultTransform } from '../mapping/transforms.ts'
import { isArray, isObject, member } from '../scim/json.ts'
import type { Json, JsonObject } from '../scim/resource.ts'
import { restText } from './rest-text.ts'

/**
 * Slots with a `rest` lose nothing. The rest attribute has two kinds of values, both JSON with
 * sorted keys: an object is a whole element that no slot can hold; an array is a note on a slot,
 * `["mail",{"primary":null}]`: what the element in it has (or, as null, has not) in contrast to
 * what the slot says of itself and what its LDAP attributes can say.
 */
const json = defaultTransform('complex')

/** A rule whose slots have a rest. */
export type RestRule = SlotsRule & { readonly rest: string }

export function hasRest(rule: SlotsRule): rule is RestRule {
  return rule.rest !== undefined
}

/** How the note on a slot begins; notes call it by the LDAP attribute of its first part. */
export function startOfNote(slot: Slot): string {
  return `[${JSON.stringify(keyOfSlot(slot))},{`
}

/** The values of all LDAP attributes of a rule, for these elements. */
export function valuesWithRest(
  rule: RestRule,
  elements: readonly JsonObject[],
  schema: LdapSchema,
): readonly (readonly [place: SlotPart, values: readonly Value[]])[] {
  const filled = new Map<Slot, JsonObject[]>(rule.slots.map((slot) => [slot, []]))
  const rest: Value[] = []
  // Who names a type has the first claim to its slot.
  const typed = elements.filter(({ type }) => type !== undefined)
  for (const element of [...typed, ...elements.filter(({ type }) => type === undefined)]) {
    const slot = rule.slots.find(
      (each) => isFree(each, filled) && suits(each, element) && canHold(each, element, schema),
    )
    if (slot === undefined) rest.push(restText(element))
    else filled.get(slot)?.push(element)
  }
  const values = rule.slots.flatMap((slot) =>
    [...slot.parts].map(([sub, part]): readonly [SlotPart, readonly Value[]] => [
      part,
      (filled.get(slot) ?? []).flatMap((element) => storedPart(part, member(element, sub), schema)),
    ]),
  )
  for (const [slot, [element]] of filled) {
    const note = element === undefined || slot.many ? {} : noteOn(slot, element, schema)
    if (Object.keys(note).length > 0) rest.push(restText([keyOfSlot(slot), note]))
  }
  return [...values, [{ ldap: rule.rest, transform: json }, rest]]
}

/** The elements that an entry has. */
export function elementsWithRest(rule: RestRule, entry: Entry): readonly JsonObject[] {
  const notes = new Map<string, JsonObject>()
  const rest: JsonObject[] = []
  for (const text of textsOf(entry, rule.rest)) {
    const value = json.toScim(text)
    if (isObject(value)) rest.push(value)
    if (!isArray(value)) continue
    const [key, note] = value
    if (typeof key === 'string' && isObject(note)) notes.set(key.toLowerCase(), note)
  }
  const primaryIsSaid = [...rest, ...notes.values()].some(({ primary }) => primary === true)
  const held = rule.slots.flatMap((slot) => {
    if (slot.many) return manyElements(slot, entry)
    const note = notes.get(keyOfSlot(slot)) ?? {}
    const parts = partsIn(slot, entry, note)
    if (Object.keys(parts).length === 0) return []
    return [withNote(slot, slot.primary && !primaryIsSaid, parts, note)]
  })
  return [...held, ...rest]
}

function keyOfSlot({ parts }: Slot): string {
  const [first] = parts.values()
  return first?.ldap.toLowerCase() ?? ''
}

function isFree(slot: Slot, filled: ReadonlyMap<Slot, readonly JsonObject[]>): boolean {
  return slot.many || filled.get(slot)?.length === 0
}

/** Whether a slot is meant for the element; the primary slot is for one without a type, too. */
function suits(slot: Slot, { type }: JsonObject): boolean {
  if (typeof type !== 'string') return slot.type === undefined || slot.primary
  return slot.type?.toLowerCase() === type.toLowerCase()
}

/** Whether a slot keeps something of the element, and a note can say the others. */
function canHold(slot: Slot, element: JsonObject, schema: LdapSchema): boolean {
  if (
    slot.many &&
    (element.type !== slot.type || Object.keys(noteOn(slot, element, schema)).length > 0)
  ) {
    return false
  }
  return [...slot.parts].some(
    ([sub, part]) => storedPart(part, member(element, sub), schema).length > 0,
  )
}

/** What the LDAP attribute of a part gets for a value; nothing where its syntax has no such values. */
function storedPart(part: SlotPart, value: Json | undefined, schema: LdapSchema): readonly Value[] {
  const syntax = schema.attributeType(part.ldap)?.syntax
  const stored = value === undefined ? undefined : ldapForm(part, value)
  return syntax !== undefined && stored !== undefined && isOfSyntax(syntax, stored) ? [stored] : []
}

function ldapForm({ transform }: SlotPart, value: Json): Value | undefined {
  try {
    return transform.toLdap(value)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function noteOn(slot: Slot, element: JsonObject, schema: LdapSchema): JsonObject {
  const own: JsonObject = {
    ...(slot.type !== undefined && { type: slot.type }),
    ...(slot.primary && { primary: true }),
  }
  const note: Record<string, Json> = {}
  for (const [name, value] of Object.entries(element)) {
    const part = slot.parts.get(name)
    const [stored] = part === undefined ? [] : storedPart(part, value, schema)
    const shown = stored === undefined ? own[name] : part?.transform.toScim(stored)
    if (shown !== value) note[name] = value
  }
  for (const name of Object.keys(own)) if (element[name] === undefined) note[name] = null
  return note
}

function withNote(
  { type }: Slot,
  isPrimary: boolean,
  parts: JsonObject,
  note: JsonObject,
): JsonObject {
  const all: JsonObject = {
    ...(type !== undefined && { type }),
    ...(isPrimary && { primary: true }),
    ...note,
    ...parts,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null))
}

function manyElements({ parts, type }: Slot, entry: Entry): readonly JsonObject[] {
  const part = parts.get('value')
  const values = part === undefined ? [] : valuesOf(entry, part.ldap)
  return values.flatMap((stored) => {
    const value = part?.transform.toScim(stored)
    return value === undefined ? [] : [{ value, ...(type !== undefined && { type }) }]
  })
}

/** A note tells how the client wrote a value, as long as the directory has that one. */
function partsIn({ parts }: Slot, entry: Entry, note: JsonObject): JsonObject {
  const found: Record<string, Json> = {}
  for (const [name, part] of parts) {
    const stored = valuesOf(entry, part.ldap).find(
      (held) => part.transform.toScim(held) !== undefined,
    )
    if (stored === undefined) continue
    const noted = member(note, name)
    const form = noted === undefined ? undefined : ldapForm(part, noted)
    const isSame = form !== undefined && sameValue(form, stored)
    const value = isSame ? noted : part.transform.toScim(stored)
    if (value !== undefined) found[name] = value
  }
  return found
}
