import type { Entry } from '../ldap/entry.ts'
import { firstText, textsOf, valuesOf } from '../ldap/entry.ts'
import { dnKey } from '../ldap/dn.ts'
import type {
  AttributeRule,
  BacklinkRule,
  ReferenceRule,
  ResourceRules,
  Rules,
  Slot,
  SlotPart,
  SlotsRule,
  ValueRule,
} from '../mapping/rules.ts'
import { getAttribute, withAttribute } from '../scim/resource.ts'
import type { Json, JsonObject, Resource } from '../scim/resource.ts'
import { linksTo } from './backlinks.ts'
import type { Links, Reference } from './facts.ts'
import { digestOf, metaOf } from './meta.ts'
import { keyOfName } from './reference-names.ts'
import type { SetDigest } from './set-digest.ts'
import { elementsWithRest, hasRest } from './rest.ts'

/** What an entry is rendered with. */
export interface Rendering {
  readonly rules: Rules
  readonly resource: ResourceRules
  /** The rules whose LDAP attributes were read. */
  readonly wanted: readonly AttributeRule[]
  readonly byDn: ReadonlyMap<string, Reference | undefined>
  readonly links: Links
  /** Absolute URL of the endpoint's base, without a slash at the end. */
  readonly baseUrl: string
}

/**
 * The resource that an entry is (RFC 7643 §3), with `id`, `schemas` and `meta`.
 *
 * @param apart What is shown of attributes that the entry comes without, for the version.
 */
export function resourceOf(
  entry: Entry,
  rendering: Rendering,
  apart: ReadonlyMap<AttributeRule, SetDigest> = new Map(),
): Resource {
  const { rules, resource, wanted, baseUrl } = rendering
  let result: Resource = {}
  for (const rule of wanted) {
    const value = valueFor(rule, entry, rendering)
    if (value !== undefined) result = withAttribute(result, rule.path, value)
  }
  const id = idOf(entry, rules)
  const extensions = resource.type.extensions.filter(({ schema }) =>
    Object.hasOwn(result, schema.id),
  )
  return {
    schemas: [resource.type.schema.id, ...extensions.map(({ schema }) => schema.id)],
    id,
    ...result,
    meta: metaOf(
      entry,
      rules,
      resource,
      (rule) => (apart.get(rule) ?? digestOf(getAttribute(result, rule.path))).text,
      `${baseUrl}${resource.type.endpoint}/${id}`,
      wanted,
    ),
  }
}

/** What one reference attribute shows of an entry. */
export function referencesOf(
  rule: ReferenceRule,
  entry: Entry,
  rendering: Rendering,
): readonly JsonObject[] {
  const meant = namesIn(rule, entry).flatMap((text) => {
    const reference = rendering.byDn.get(keyOfName(rule, text))
    return reference === undefined || !rule.types.includes(reference.type) ? [] : [reference]
  })
  // An entry has one DN, but an attribute that names it may have several values.
  const once = rule.by === undefined ? meant : distinct(meant)
  return once.map((reference) => referenceObject(rule, reference, rendering))
}

/** The SCIM id of an entry; empty where the entry came without its id attribute. */
export function idOf(entry: Pick<Entry, 'attributes'>, rules: Rules): string {
  const [value] = valuesOf(entry, rules.dialect.id.attribute)
  return value === undefined ? '' : rules.dialect.id.toId(value)
}

/** A value of a reference attribute that nobody has looked for yet. */
export interface Unresolved {
  readonly text: string
  readonly key: string
  /** The attribute whose value it is; a DN without it. */
  readonly by?: string
}

/** The values of reference attributes that nobody has resolved yet. */
export function unresolvedIn(
  entries: readonly Entry[],
  wanted: readonly AttributeRule[],
  byDn: ReadonlyMap<string, Reference | undefined>,
): readonly Unresolved[] {
  const unresolved = new Map<string, Unresolved>()
  for (const rule of wanted) {
    if (rule.kind !== 'reference') continue
    const placeholder = rule.placeholder && dnKey(rule.placeholder)
    for (const text of entries.flatMap((entry) => namesIn(rule, entry))) {
      const key = keyOfName(rule, text)
      if (byDn.has(key) || key === placeholder) continue
      unresolved.set(key, { text, key, ...(rule.by !== undefined && { by: rule.by }) })
    }
  }
  return [...unresolved.values()]
}

function valueFor(rule: AttributeRule, entry: Entry, rendering: Rendering): Json | undefined {
  switch (rule.kind) {
    case 'value':
      return plainValue(rule, entry)
    case 'slots':
      return nonEmpty(
        hasRest(rule)
          ? elementsWithRest(rule, entry)
          : rule.slots.flatMap((slot) => slotValues(slot, rule, entry)),
      )
    case 'reference':
      return referenceValue(rule, entry, rendering)
    case 'backlink':
      return nonEmpty(
        linksTo(rule, entry, rendering.links).map((reference) =>
          referenceObject(rule, reference, rendering),
        ),
      )
    case 'activation': {
      const { activation } = rendering.rules.dialect
      return activation.isActive(valuesOf(entry, activation.attribute))
    }
    case 'password':
      return undefined
  }
}

function plainValue({ path, ldap, transform }: ValueRule, entry: Entry): Json | undefined {
  const values = valuesOf(entry, ldap).flatMap((value) => transform.toScim(value) ?? [])
  const { multiValued } = path.sub ?? path.attribute
  return multiValued ? nonEmpty(values) : (values[0] ?? transform.absent)
}

function slotValues(slot: Slot, { path }: SlotsRule, entry: Entry): readonly JsonObject[] {
  const has = (name: string) => path.attribute.subAttributes?.some((sub) => sub.name === name)
  const constants = {
    ...(slot.type !== undefined && has('type') && { type: slot.type }),
    ...(slot.primary && has('primary') && { primary: true }),
  }
  if (slot.many) {
    const part = slot.parts.get('value')
    const values = part === undefined ? [] : valuesOf(entry, part.ldap)
    return values.flatMap((value) => {
      const shown = part?.transform.toScim(value)
      return shown === undefined ? [] : [{ value: shown, ...constants }]
    })
  }
  const element: Record<string, Json> = {}
  for (const [name, part] of slot.parts) {
    const shown = valueIn(part, entry)
    if (shown !== undefined) element[name] = shown
  }
  return Object.keys(element).length === 0 ? [] : [{ ...element, ...constants }]
}

/** The first value that a place holds. */
function valueIn({ ldap, transform }: SlotPart, entry: Entry): Json | undefined {
  for (const held of valuesOf(entry, ldap)) {
    const value = transform.toScim(held)
    if (value !== undefined) return value
  }
  return undefined
}

/** The DNs of what an entry refers to, and what else names it there. */
function namesIn({ ldap, primary }: ReferenceRule, entry: Entry): readonly string[] {
  const name = primary?.nameIn(entry)
  const dns = textsOf(entry, ldap)
  return name === undefined ? dns : [...dns, name]
}

function referenceValue(rule: ReferenceRule, entry: Entry, rendering: Rendering): Json | undefined {
  const shown = referencesOf(rule, entry, rendering)
  return rule.path.attribute.multiValued ? nonEmpty(shown) : shown[0]
}

function distinct(references: readonly Reference[]): readonly Reference[] {
  return [...new Map(references.map((reference) => [reference.id, reference])).values()]
}

function referenceObject(
  rule: ReferenceRule | BacklinkRule,
  { id, type, attributes }: Reference,
  { rules, baseUrl }: Rendering,
): JsonObject {
  const has = (name: string) => rule.path.attribute.subAttributes?.some((sub) => sub.name === name)
  const endpoint = rules.resources.find((resource) => resource.type.name === type)?.type.endpoint
  const ldap = rule.displays.get(type)
  const display = ldap === undefined ? undefined : firstText({ attributes }, ldap)
  return {
    value: id,
    ...(has('$ref') && endpoint !== undefined && { $ref: `${baseUrl}${endpoint}/${id}` }),
    ...(has('type') && rule.key === 'members' && { type }),
    ...(rule.displayAs !== undefined && display !== undefined && { [rule.displayAs]: display }),
  }
}

function nonEmpty<T extends Json>(values: readonly T[]): readonly T[] | undefined {
  return values.length === 0 ? undefined : values
}
