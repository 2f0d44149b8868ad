import type { Change } from '../ldap/change.ts'
import { attributeKey } from '../ldap/value.ts'
import type { AttributeRule, ReferenceRule, ResourceRules, Rules } from '../mapping/rules.ts'
import { STRICT } from '../scim/client-quirks.ts'
import type { Tolerance } from '../scim/client-quirks.ts'
import { ScimError } from '../scim/error.ts'
import type { Filter } from '../scim/filter.ts'
import { isObject } from '../scim/json.ts'
import type { JsonObject } from '../scim/resource.ts'
import type { PatchOperation } from '../scim/patch.ts'
import { isReadOnly, referencesOf, refuseNameless } from './attributes.ts'
import type { Facts, Reference } from './facts.ts'
import { guarding, guardOf } from './guard.ts'
import { modifyStep } from './modify-step.ts'
import type { MembershipChanges } from './modify-step.ts'
import type { Plan } from './plan.ts'
import { nameOfDn, namesOf } from './reference-names.ts'
import type { ReferenceName } from './reference-names.ts'
import { ruleFor } from './rule-of.ts'

/** References of one attribute that come and go, without regard to what is there now. */
export interface Membership {
  readonly rule: ReferenceRule
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

/**
 * Takes the operations out of a PATCH that only add or remove references by id, so that a group of
 * any size need not be read for them. An attribute with any other operation is left as it is.
 */
export function splitMemberships(
  resource: ResourceRules,
  operations: readonly PatchOperation[],
): { readonly memberships: readonly Membership[]; readonly rest: readonly PatchOperation[] } {
  const memberships: Membership[] = []
  let rest = operations
  for (const rule of resource.attributes) {
    if (rule.kind !== 'reference' || !rule.path.attribute.multiValued || isReadOnly(rule)) continue
    const own = rest.filter(({ target }) => ruleFor(resource, target.resolved) === rule)
    const steps = own.map(idsOfOperation)
    if (own.length === 0 || steps.includes(undefined)) continue
    rest = rest.filter((operation) => !own.includes(operation))
    const fate = new Map<string, 'add' | 'remove'>()
    for (const step of steps) for (const id of step?.ids ?? []) fate.set(id, step?.op ?? 'add')
    const idsWith = (op: 'add' | 'remove') =>
      [...fate].filter(([, one]) => one === op).map(([id]) => id)
    memberships.push({ rule, added: idsWith('add'), removed: idsWith('remove') })
  }
  return { memberships, rest }
}

/** Whether a rule holds references that may be many and that clients write. */
export function isMembership(rule: AttributeRule): boolean {
  return rule.kind === 'reference' && rule.path.attribute.multiValued && !isReadOnly(rule)
}

/** Whether a resource type has such a rule: its entries are groups. */
export function hasMembers({ attributes }: ResourceRules): boolean {
  return attributes.some(isMembership)
}

/** The ids in the values of other operations, such as a new manager. */
export function idsInOperations(
  resource: ResourceRules,
  operations: readonly PatchOperation[],
): readonly { readonly id: string; readonly types: readonly string[] }[] {
  return operations.flatMap(({ target, value }) => {
    const rule = ruleFor(resource, target.resolved)
    if (rule?.kind !== 'reference') return []
    return [value ?? []].flat().flatMap((element) => {
      const id = isObject(element) ? element.value : element
      return typeof id === 'string' ? [{ id, types: rule.types }] : []
    })
  })
}

/** The one modify that carries memberships out. @throws {ScimError} 404, invalidValue */
export function planMemberships(
  rules: Rules,
  resource: ResourceRules,
  id: string,
  memberships: readonly Membership[],
  facts: Facts,
  tolerance: Tolerance = STRICT,
): Plan {
  const own = facts.references.get(id)
  if (own?.type !== resource.type.name) {
    throw new ScimError(404, `no ${resource.type.name} has the id ${JSON.stringify(id)}`)
  }
  const members = changesOfMemberships(memberships, facts, tolerance)
  if (members.changes.length === 0) return { steps: [], readAfter: false }
  const guarded = guarding(rules, guardOf(rules, own), own.dn, facts)
  return {
    steps: [modifyStep(own.dn, { changes: [], inverse: [] }, members, guarded)],
    readAfter: false,
  }
}

/**
 * The changes of several memberships together, in the way that the server has for them.
 *
 * @throws {ScimError} invalidValue, naming every id to be added that is no resource, unless that is
 *   tolerated. One to be removed that is none is already gone.
 */
export function changesOfMemberships(
  memberships: readonly Membership[],
  facts: Pick<Facts, 'references' | 'server' | 'held'>,
  tolerance: Tolerance = STRICT,
): MembershipChanges {
  const permissive = facts.server.controls.has('permissiveModify')
  const each = memberships.map((one) => {
    const moves = movesOf(one, facts.references, tolerance)
    return permissive ? permissiveChanges(one, moves) : exactChanges(one, moves, facts.held)
  })
  const results = [...new Set(each.flatMap(({ otherwise }) => otherwise.map(({ on }) => on)))]
  return {
    permissive,
    changes: each.flatMap(({ changes }) => changes),
    inverse: each.flatMap(({ inverse }) => inverse),
    otherwise: results.map((on) => ({
      on,
      changes: each.flatMap(
        (one) => one.otherwise.find((other) => other.on === on)?.changes ?? one.changes,
      ),
    })),
  }
}

export function idsOfMembership({ rule, added, removed }: Membership) {
  return [...added, ...removed].map((id) => ({ id, types: rule.types }))
}

/** Who comes and who goes. */
interface Moves {
  readonly come: readonly ReferenceName[]
  readonly gone: readonly ReferenceName[]
}

/** The values that a membership adds and removes. @throws {ScimError} invalidValue */
export function movesOf(
  { rule, added, removed }: Membership,
  references: ReadonlyMap<string, Reference>,
  tolerance: Tolerance = STRICT,
): Moves {
  const known = removed.filter((id) => rule.types.includes(references.get(id)?.type ?? ''))
  return {
    come: referencesOf(rule, added, references, tolerance).map(
      (reference) => namesOf(rule, reference)[0] ?? refuseNameless(rule, reference),
    ),
    gone: referencesOf(rule, known, references).flatMap((reference) => namesOf(rule, reference)),
  }
}

type Ways = Omit<MembershipChanges, 'permissive'>

/**
 * For a server with permissive modify. Adding what is there passes. Removing passes while one of the
 * values is there; where none is, each is added first (OpenLDAP answers noSuchAttribute). The
 * placeholder goes when a member comes, and comes back where the object class would not let the last
 * one go.
 */
function permissiveChanges({ rule }: Membership, { come, gone }: Moves): Ways {
  const placeholder = rule.placeholder === undefined ? [] : [nameOfDn(rule.placeholder)]
  const dropped = come.length > 0 ? placeholder : []
  const plain = changes(rule, [...come, ...dropped], [...gone, ...dropped])
  if (gone.length === 0) return { changes: plain, inverse: [], otherwise: [] }
  return {
    changes: plain,
    inverse: [],
    otherwise: [
      {
        on: 'noSuchAttribute',
        changes: changes(rule, [...come, ...gone, ...dropped], [...gone, ...dropped]),
      },
      ...(placeholder.length === 0
        ? []
        : [
            {
              on: 'objectClassViolation' as const,
              changes: changes(rule, [...come, ...gone, ...placeholder], gone),
            },
          ]),
    ],
  }
}

/**
 * For a server that refuses to add what is there and to remove what is not: as if nothing were so
 * already, until it is known better. A placeholder that is there stays: nobody sees it.
 */
function exactChanges({ rule }: Membership, { come, gone }: Moves, known: Facts['held']): Ways {
  const held = known?.get(attributeKey(rule.ldap))
  const absent = held === undefined ? come : come.filter(({ key }) => !held.has(key))
  const there = held === undefined ? gone : gone.filter(({ key }) => held.has(key))
  const standIn = rule.placeholder === undefined ? [] : [nameOfDn(rule.placeholder)]
  return {
    changes: changes(rule, absent, there),
    inverse: changes(rule, there, absent),
    otherwise:
      there.length === 0 || standIn.length === 0
        ? []
        : [{ on: 'objectClassViolation', changes: changes(rule, [...absent, ...standIn], there) }],
  }
}

function changes(
  { ldap }: ReferenceRule,
  come: readonly ReferenceName[],
  gone: readonly ReferenceName[],
): readonly Change[] {
  const change = (kind: 'add' | 'delete', names: readonly ReferenceName[]): readonly Change[] =>
    names.length === 0 ? [] : [{ kind, attribute: ldap, values: names.map(({ text }) => text) }]
  return [...change('add', come), ...change('delete', gone)]
}

/** The ids that an operation adds or removes; `undefined` where it is of another kind. */
function idsOfOperation({
  op,
  target,
  value,
}: PatchOperation): { readonly op: 'add' | 'remove'; readonly ids: readonly string[] } | undefined {
  if (op === 'replace' || target.sub !== undefined || target.resolved.sub !== undefined)
    return undefined
  if (target.filter !== undefined) {
    const ids = op === 'remove' ? idsOfFilter(target.filter) : undefined
    return ids && { op, ids }
  }
  if (value === undefined) return undefined
  const ids = [value].flat().map((element) => (element as JsonObject).value)
  return ids.every((id) => typeof id === 'string') ? { op, ids } : undefined
}

/** `value eq "…"`, or several of them with `or`. */
function idsOfFilter(filter: Filter): readonly string[] | undefined {
  if (filter.kind === 'or') {
    const parts = filter.filters.map(idsOfFilter)
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined
  }
  const isValue = filter.kind === 'compare' && filter.path.attribute.toLowerCase() === 'value'
  return isValue && filter.operator === 'eq' && typeof filter.value === 'string'
    ? [filter.value]
    : undefined
}
