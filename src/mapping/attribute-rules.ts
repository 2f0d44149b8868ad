import type { Attribute } from '../scim/attribute.ts'
import type { ResolvedPath } from '../scim/path.ts'
import type { Schema } from '../scim/schema.ts'
import { findAttribute } from '../scim/schema.ts'
import { misfit } from './attribute-kind.ts'
import { compileAllocation } from './allocation.ts'
import type { Compilation } from './compilation.ts'
import { compileVariables, reportDenied } from './compilation.ts'
import type {
  AttributeDocument,
  AttributeObject,
  SlotDocument,
  SlotPartDocument,
  TransformDocument,
} from './document.ts'
import type { DocumentPath } from './problem.ts'
import { suggestion } from './problem.ts'
import { compileReference } from './reference-rules.ts'
import type { AttributeRule, Slot, SlotPart } from './rules.ts'
import { dottedNames, findExactly, withCharacteristics } from './schemas.ts'
import type { Transform } from './transform.ts'
import { defaultTransform, TRANSFORMS } from './transforms.ts'

/** Names in a slot that are not sub-attributes kept in LDAP. */
const SLOT_SETTINGS = new Set(['type', 'primary', 'each', 'rest'])

/** One line of `attributes:`. Reports what is wrong with it; `undefined` then. */
export function compileAttribute(
  compilation: Compilation,
  core: Schema,
  at: DocumentPath,
  key: string,
  document: AttributeDocument,
): AttributeRule | undefined {
  const found = findPath(compilation, core, key)
  if (found === undefined) {
    compilation.report(at, unknownAttribute(compilation, core, key))
    return undefined
  }
  const object: AttributeObject =
    typeof document === 'string'
      ? { ldap: document }
      : isList(document)
        ? { slots: document }
        : document
  const path = overridden(found, object)
  const conflict = misfit(key, path, object)
  if (conflict !== undefined) {
    compilation.report(at, conflict)
    return undefined
  }
  const refuseWrites = object.onWrite === 'refuse'
  const subject = path.sub ?? path.attribute
  if (object.activation) {
    if (subject.type === 'boolean') return { kind: 'activation', key, path }
    compilation.report(at, `activation needs a boolean attribute, and ${key} is a ${subject.type}`)
    return undefined
  }
  if (object.password) {
    if (subject.type === 'string') return { kind: 'password', key, path }
    compilation.report(at, `password needs a string attribute, and ${key} is a ${subject.type}`)
    return undefined
  }
  if (object.reference !== undefined) return compileReference(compilation, at, key, path, object)
  const slots = slotsOf(object, subject)
  if (slots !== undefined) {
    if (!subject.multiValued || subject.subAttributes === undefined) {
      compilation.report(
        at,
        `${key} has no values with a type; a list of slots is for attributes such as emails`,
      )
      return undefined
    }
    const slotsAt = isList(document) || object.slots === undefined ? at : [...at, 'slots']
    const slotAt = (index: number) => (object.slots === undefined ? at : [...slotsAt, index])
    const compiled = slots.flatMap((slot, index) =>
      slot.rest === undefined
        ? (compileSlot(compilation, slotAt(index), key, subject, slot) ?? [])
        : [],
    )
    const rest = compileRest(compilation, key, subject, object, slots, slotAt)
    if (compiled.filter(({ primary }) => primary).length > 1) {
      compilation.report(slotsAt, `two slots are primary; one value of ${key} can be`)
    }
    return {
      kind: 'slots',
      key,
      path,
      slots: compiled,
      ...(rest !== undefined && { rest }),
      unmapped: object.unmapped ?? 'refuse',
      refuseWrites,
    }
  }
  const part = compilePart(compilation, at, key, subject, object)
  if (part === undefined) return undefined
  if (part.transform.bits !== undefined && object.default !== undefined) {
    compilation.report([...at, 'default'], `"default" has no meaning for a flag, which is off then`)
  }
  const fallback =
    object.default === undefined
      ? undefined
      : compileVariables(compilation, core, [...at, 'default'], object.default)
  const allocation = compileAllocation(compilation, [...at, 'allocate'], object)
  if (subject.mutability !== 'readOnly' || object.allocate !== undefined) {
    reportDenied(compilation, at, part.ldap, part.transform)
  }
  const perClient = object.perClient ?? false
  return {
    kind: 'value',
    key,
    path,
    ...part,
    perClient,
    kept: object.omitted === 'keep',
    ...(fallback && { default: fallback }),
    ...(allocation && { allocation }),
    refuseWrites,
  }
}

function findPath({ catalogue }: Compilation, core: Schema, key: string): ResolvedPath | undefined {
  const dot = key.indexOf('.')
  const extension = dot < 0 ? undefined : catalogue.aliases.get(key.slice(0, dot))
  if (extension !== undefined && extension !== core) {
    const found = findExactly(extension, key.slice(dot + 1))
    return found && { schema: extension, extension: true, ...found }
  }
  const found = findExactly(core, key)
  return found && { schema: core, extension: false, ...found }
}

function unknownAttribute({ catalogue }: Compilation, core: Schema, key: string): string {
  const known = [
    ...dottedNames(core),
    ...[...catalogue.aliases].flatMap(([alias, schema]) =>
      dottedNames(schema).map((name) => `${alias}.${name}`),
    ),
  ]
  return `no attribute of ${core.name} or its extensions is called ${JSON.stringify(key)}${suggestion(key, known)}`
}

/** The path with the characteristics that the mapping gives the attribute (or sub-attribute). */
function overridden(path: ResolvedPath, written: AttributeObject): ResolvedPath {
  const object = { ...(written.allocate && { uniqueness: 'server' as const }), ...written }
  if (path.sub !== undefined) return { ...path, sub: withCharacteristics(path.sub, object) }
  return { ...path, attribute: withCharacteristics(path.attribute, object) }
}

/** The slots of an attribute; one attribute for all values of a complex one is a single slot. */
function slotsOf(object: AttributeObject, subject: Attribute): readonly SlotDocument[] | undefined {
  if (object.slots !== undefined) return object.slots
  if (!subject.multiValued || subject.subAttributes === undefined || object.ldap === undefined) {
    return undefined
  }
  if (object.as === 'json') return undefined
  const each = object.as === undefined ? object.ldap : { ldap: object.ldap, as: object.as }
  return [{ each }]
}

/** The LDAP attribute of the one `rest` among the slots. */
function compileRest(
  compilation: Compilation,
  key: string,
  subject: Attribute,
  { unmapped }: AttributeObject,
  slots: readonly SlotDocument[],
  slotAt: (index: number) => DocumentPath,
): string | undefined {
  const found = slots.flatMap(({ rest }, index) => (rest === undefined ? [] : [{ rest, index }]))
  const [first, second] = found
  if (first === undefined) return undefined
  const at = slotAt(first.index)
  if (second !== undefined) {
    compilation.report(slotAt(second.index), `the values of ${key} have one "rest" at most`)
  }
  if (Object.keys(slots[first.index] ?? {}).length > 1) {
    compilation.report(
      at,
      '"rest" keeps values with all that they have; nothing can stand beside it',
    )
  }
  if (unmapped !== undefined) {
    compilation.report(at, `"unmapped" has no meaning: no value of ${key} is, because of "rest"`)
  }
  if (subject.mutability !== 'readOnly') reportDenied(compilation, [...at, 'rest'], first.rest)
  return first.rest
}

function compileSlot(
  compilation: Compilation,
  at: DocumentPath,
  key: string,
  subject: Attribute,
  slot: SlotDocument,
): Slot | undefined {
  const subAttributes = subject.subAttributes ?? []
  const parts = new Map<string, SlotPart>()
  const names = Object.keys(slot).filter((name) => !SLOT_SETTINGS.has(name))
  if (slot.each !== undefined && names.length > 0) {
    compilation.report(
      at,
      '"each" keeps whole values in one LDAP attribute; no other sub-attribute can stand beside it',
    )
    return undefined
  }
  if (slot.each !== undefined && slot.primary === true) {
    compilation.report(at, '"each" holds any number of values, and only one can be primary')
    return undefined
  }
  const named: (readonly [string, string, SlotPartDocument])[] =
    slot.each === undefined
      ? names.map((name) => [name, name, slot[name] as SlotPartDocument])
      : [['each', 'value', slot.each]]
  if (named.length === 0) {
    compilation.report(at, 'a slot needs a sub-attribute that is kept in LDAP, such as "value"')
    return undefined
  }
  for (const [written, name, document] of named) {
    const sub = findAttribute(subAttributes, name)
    if (sub?.name !== name) {
      const known = subAttributes.map((candidate) => candidate.name)
      compilation.report(
        [...at, written],
        `${key} has no sub-attribute ${JSON.stringify(name)}${suggestion(name, known)}`,
      )
      continue
    }
    const part = compilePart(compilation, [...at, written], `${key}.${name}`, sub, document)
    if (part === undefined) continue
    if (subject.mutability !== 'readOnly') reportDenied(compilation, [...at, written], part.ldap)
    parts.set(name, part)
  }
  return {
    ...(slot.type !== undefined && { type: slot.type }),
    primary: slot.primary ?? false,
    many: slot.each !== undefined,
    parts,
  }
}

function compilePart(
  compilation: Compilation,
  at: DocumentPath,
  key: string,
  attribute: Attribute,
  document: SlotPartDocument | AttributeObject,
): SlotPart | undefined {
  const { ldap, as } = typeof document === 'string' ? { ldap: document, as: undefined } : document
  if (ldap === undefined) return undefined
  const transform = as === undefined ? defaultTransform(attribute.type) : transformOf(as)
  if (transform === undefined) return undefined
  const wanted = attribute.type === 'reference' ? 'string' : attribute.type
  if (transform.type !== wanted) {
    compilation.report(
      [...at, 'as'],
      `makes a ${transform.type}, and ${key} is a ${attribute.type}`,
    )
    return undefined
  }
  return { ldap, transform }
}

function transformOf(document: TransformDocument): Transform | undefined {
  const [name, argument] =
    typeof document === 'string' ? [document, undefined] : (Object.entries(document)[0] ?? [])
  return name !== undefined && Object.hasOwn(TRANSFORMS, name)
    ? TRANSFORMS[name]?.create(argument)
    : undefined
}

function isList(document: AttributeDocument): document is readonly SlotDocument[] {
  return Array.isArray(document)
}
