import { changesBetween } from '../ldap/change.ts'
import type { Change } from '../ldap/change.ts'
import type { Dn } from '../ldap/dn.ts'
import { childOf, parentOf, rdnKey } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import { valuesOf } from '../ldap/entry.ts'
import type { Filter } from '../ldap/filter.ts'
import { and, equal, not, or, present } from '../ldap/filter.ts'
import type { Rename } from '../ldap/operation.ts'
import type { LdapSchema } from '../ldap/schema.ts'
import type { Value } from '../ldap/value.ts'
import { attributeKey, sameValue, textOf } from '../ldap/value.ts'
import { newName } from '../mapping/naming.ts'
import type { NewName } from '../mapping/naming.ts'
import type { AttributeRule, ResourceRules, Rules } from '../mapping/rules.ts'
import { expandText, readsDifference } from '../mapping/template.ts'
import { STRICT } from '../scim/client-quirks.ts'
import type { Tolerance } from '../scim/client-quirks.ts'
import { getAttribute } from '../scim/resource.ts'
import type { Resource } from '../scim/resource.ts'
import { desiredBy, idsIn, isReadOnly } from './attributes.ts'
import { joined } from './desired.ts'
import type { Desired } from './desired.ts'
import { passwordChanges, passwordSteps, refuseClashes, uniqueValues } from './create.ts'
import type { Facts, Question } from './facts.ts'
import type { Guard } from './guard.ts'
import { guarding, guardOf, unchangedGuard } from './guard.ts'
import { modifyStep } from './modify-step.ts'
import type { MembershipChanges } from './modify-step.ts'
import type { Plan, Step } from './plan.ts'
import { readingOf } from './reading.ts'

/** An entry and what shall become of the resource that it is. */
export interface Update {
  readonly entry: Entry
  readonly before: Resource
  readonly after: Resource
  /** The rules that were read and may be written. */
  readonly rules: readonly AttributeRule[]
  /** Members that come and go, whoever is there now. */
  readonly members?: MembershipChanges
  /** Nothing of the entry may have changed since it was read (If-Match). */
  readonly unchanged: boolean
  /** Where the entry must go, wherever it is; as its naming says unless given. */
  readonly name?: NewName
}

/** What an update must know besides the entry itself: new references, and whether new unique values are free. */
export function questionOfUpdate(
  resource: ResourceRules,
  before: Resource,
  after: Resource,
  known: Facts,
): Question {
  const seen = new Set([...known.byDn.values()].map((reference) => reference?.id))
  const ids = idsIn(changedRules(resource.attributes, before, after), after).filter(
    ({ id }) => !seen.has(id) && !known.references.has(id),
  )
  const held = uniqueValues(resource, before)
  const fresh = uniqueValues(resource, after).filter(
    ({ ldap, value }) =>
      !held.some((other) => other.ldap === ldap && isSameText(other.value, value)),
  )
  const clashes = or(fresh.map(({ ldap, value }) => equal(ldap, value)))
  return {
    ids,
    ...(clashes.kind !== 'false' && { clashes: { type: resource.type.name, filter: clashes } }),
  }
}

/**
 * A PUT or PATCH as a difference (RFC 7644 §3.5.1, §3.5.2): a rename where the name changes, one
 * modify that names the values that go and come, the password last. The rename comes first, because
 * it is undone exactly whatever fails after it.
 *
 * @throws {ScimError} uniqueness, invalidValue
 */
export function planUpdate(
  rules: Rules,
  resource: ResourceRules,
  { entry, before, after, rules: readRules, members, unchanged, name: given }: Update,
  facts: Facts,
  tolerance: Tolerance = STRICT,
): Plan {
  refuseClashes(resource, after, facts)
  const name = given ?? newName(resource, entry.dn, before, after, rules.scope)
  const dn = name === undefined ? entry.dn : renamed(entry.dn, name)
  const afterRename = name === undefined ? entry : entryAfter(entry, name)
  const desired = [
    ...joined(
      changedRules(readRules, before, after)
        .filter((rule) => !isReadOnly(rule))
        .flatMap((rule) => desiredBy(rules, rule, after, facts, afterRename, tolerance)),
    ),
    ...followingWrites(rules, resource, before, after, afterRename),
  ]
  const { schema } = facts.server
  const changesOf = (one: Desired) => changesTo(one, schema, rules.dialect.comparesWithoutRule)
  const changes = goingFirst(desired.flatMap(changesOf))
  const inverse = goingFirst(
    desired
      .map(({ ldap, current, values }) => ({ ldap, current: values, values: current }))
      .flatMap(changesOf),
  )
  // What is replaced whole is not compared by value: then the entry must be as it was read.
  const guard =
    unchanged || changes.some(({ kind }) => kind === 'replace')
      ? unchangedGuard(rules, entry, readingOf(rules, resource, readRules, facts.server).attributes)
      : guardOf(rules, entry)
  const steps: Step[] = []
  if (name !== undefined) steps.push(renameStep(rules, entry, name, guard, facts))
  const secret = passwordChanges(rules, resource, after)
  if (changes.length + secret.length + (members?.changes.length ?? 0) > 0) {
    // With another name goes what belongs to it: by the DN, so that nobody has renamed it meanwhile.
    const { target: _, ...byDn } = guardOf(rules, entry)
    const before = name === undefined ? guard : byDn
    const whole = { ...before, state: and([before.state, ...absences(desired, facts)]) }
    const difference = { changes: [...changes, ...secret], inverse }
    steps.push(modifyStep(dn, difference, members, guarding(rules, whole, dn, facts)))
  }
  steps.push(...passwordSteps(rules, resource, dn, after))
  return {
    ...finished(rules, resource, readRules, steps, facts),
    ...(name !== undefined && { moved: { from: entry.dn, to: dn } }),
  }
}

/**
 * The values that go and come; all of them, where the attribute type has no equality rule by which
 * the server could find the one that goes (RFC 4511 §4.6; facsimileTelephoneNumber, jpegPhoto).
 */
function changesTo(
  { ldap, current, values }: Desired,
  schema: LdapSchema,
  comparesWithoutRule: boolean,
): readonly Change[] {
  const changes = changesBetween(ldap, current, values)
  const type = schema.attributeType(ldap)
  const comparable = comparesWithoutRule || type === undefined || type.equality !== undefined
  return comparable || current.length === 0 || changes.length === 0
    ? changes
    : [{ kind: 'replace', attribute: ldap, values }]
}

/**
 * The changes attribute by attribute, what goes before what comes: where rules share an attribute,
 * the value of one may be to the server what was that of another.
 */
function goingFirst(changes: readonly Change[]): readonly Change[] {
  const byAttribute = Map.groupBy(changes, ({ attribute }) => attributeKey(attribute))
  return [...byAttribute.values()].flatMap((own) => [
    ...own.filter(({ kind }) => kind === 'delete'),
    ...own.filter(({ kind }) => kind !== 'delete'),
  ])
}

/** The rules whose attribute differs between two resources. */
function changedRules(
  rules: readonly AttributeRule[],
  before: Resource,
  after: Resource,
): readonly AttributeRule[] {
  return rules.filter(
    ({ path }) =>
      JSON.stringify(getAttribute(before, path)) !== JSON.stringify(getAttribute(after, path)),
  )
}

function followingWrites(
  rules: Rules,
  { writes }: ResourceRules,
  before: Resource,
  after: Resource,
  entry: Entry,
): readonly Desired[] {
  return writes
    .filter(
      ({ on, value }) => on === 'always' && readsDifference(value, before, after, rules.scope),
    )
    .map(({ ldap, value }) => {
      const text = expandText(value, after, rules.scope)
      return { ldap, current: valuesOf(entry, ldap), values: text === '' ? [] : [text] }
    })
}

/** The last step tells the entry's final state by its read control, where the server has it. */
function finished(
  rules: Rules,
  resource: ResourceRules,
  readRules: readonly AttributeRule[],
  steps: readonly Step[],
  { server }: Facts,
): Plan {
  const last = steps.at(-1)
  if (last === undefined) return { steps, readAfter: false }
  const { write } = last
  if (!server.controls.has('postRead') || write.kind === 'password' || write.kind === 'delete') {
    return { steps, readAfter: true }
  }
  const postRead = readingOf(rules, resource, readRules, server).attributes
  return {
    steps: [...steps.slice(0, -1), { ...last, write: { ...write, postRead } }],
    readAfter: false,
  }
}

function renameStep(
  rules: Rules,
  entry: Entry,
  { rdn, superior }: NewName,
  guard: Guard,
  facts: Facts,
): Step {
  const write: Rename = { dn: entry.dn, rdn, ...(superior && { superior }) }
  const back = parentOf(entry.dn)
  const [oldRdn = []] = entry.dn.rdns
  // Samba renames by the DN alone.
  const { target: _, ...byDn } = guard
  const { controls, check } = guarding(rules, byDn, entry.dn, facts)
  const newDn = renamed(entry.dn, { rdn, ...(superior && { superior }) })
  // Somebody else may have given it yet another name, and this one to another entry.
  const { assertion } = guarding(rules, guardOf(rules, entry), newDn, facts).controls
  // What was a value of the entry before it was its name must be one afterwards.
  const isIn = (values: readonly Value[], value: Value) =>
    values.some((other) => isSameText(other, value))
  const held = rdn.every(
    ({ type, value }) =>
      isIn(valuesOf(entry, type), value) &&
      !isIn(
        oldRdn.map((old) => old.value),
        value,
      ),
  )
  return {
    write: { kind: 'rename', ...write, ...controls },
    ...(check && { check }),
    undo: {
      kind: 'rename',
      dn: newDn,
      rdn: oldRdn,
      ...(assertion && { assertion }),
      ...(held && { keepsOldRdn: true as const }),
      ...(superior !== undefined && back !== undefined && { superior: back }),
    },
  }
}

/**
 * What is added where nothing was must still be absent: else two writers of one value would both
 * succeed, and leave two. A value that replaces another needs no guard, its removal is one.
 */
function absences(desired: readonly Desired[], { server }: Facts): readonly Filter[] {
  return desired.flatMap(({ ldap, tag = '', current, values }) => {
    const isOwn = (value: Value) => textOf(value).startsWith(tag)
    const type = server.schema.attributeType(ldap)
    if (type === undefined || current.some(isOwn) || !values.some(isOwn)) return []
    if (tag === '') return [not(present(ldap))]
    return type.substring === undefined
      ? []
      : [not({ kind: 'substrings', attribute: ldap, initial: tag, any: [] })]
  })
}

function renamed(dn: Dn, { rdn, superior }: NewName): Dn {
  return childOf(superior ?? parentOf(dn) ?? dn, rdn)
}

/** The entry as the server leaves it after a rename: the old RDN's values gone, the new one's there. */
function entryAfter(entry: Entry, { rdn, superior }: NewName): Entry {
  const attributes = new Map(entry.attributes)
  const [oldRdn = []] = entry.dn.rdns
  for (const { type, value } of oldRdn) {
    const key = attributeKey(type)
    const left = (attributes.get(key) ?? []).filter((held) => !isSameText(held, value))
    attributes.set(key, left)
  }
  for (const { type, value } of rdn) {
    const key = attributeKey(type)
    const held = (attributes.get(key) ?? []).filter((other) => !isSameText(other, value))
    attributes.set(key, [...held, value])
  }
  return { ...entry, dn: renamed(entry.dn, { rdn, ...(superior && { superior }) }), attributes }
}

function isSameText(a: Value, b: Value): boolean {
  if (typeof a !== 'string' || typeof b !== 'string') return sameValue(a, b)
  const fold = (text: string) => rdnKey([{ type: '', value: text }])
  return fold(a) === fold(b)
}
