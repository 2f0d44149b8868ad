import type { ResourceRules } from '../mapping/rules.ts'
import { idsIn } from '../plan/attributes.ts'
import { refuseReadOnly } from '../plan/create.ts'
import { planDelete } from '../plan/delete.ts'
import { guardOf } from '../plan/guard.ts'
import { refuseImmutable } from '../plan/immutable.ts'
import { withKept } from '../plan/kept.ts'
import {
  idsInOperations,
  idsOfMembership,
  isMembership,
  planMemberships,
  splitMemberships,
} from '../plan/membership.ts'
import type { Membership } from '../plan/membership.ts'
import { requireUnprotected } from '../plan/protection.ts'
import { readingOf } from '../plan/reading.ts'
import { ruleFor } from '../plan/rule-of.ts'
import { applyPatch, readPatch } from '../scim/patch.ts'
import { project } from '../scim/projection.ts'
import type { Projection } from '../scim/projection.ts'
import { normalizeResource } from '../scim/resource.ts'
import type { Resource } from '../scim/resource.ts'
import { validatorOf } from '../scim/validate.ts'
import { isConditional } from '../scim/version.ts'
import type { Conditions } from '../scim/version.ts'
import type { Context } from './context.ts'
import { serverOf } from './context.ts'
import { execute } from './execute.ts'
import { gather } from './gather.ts'
import { withHeld } from './held.ts'
import { askedAbove, requireJoinable } from './joinable.ts'
import { leave } from './leave.ts'
import { breaking, removals } from './permit.ts'
import { render, requireConditions, requireEntry, wantedRules } from './read.ts'
import { retried, retriedInTurn } from './retry.ts'
import { update } from './update.ts'
import { repairReferences } from './upkeep.ts'

/** What a request says besides its body. */
export interface WriteOptions extends Conditions {
  readonly projection: Projection
}

/** A new resource, and where it is. */
export interface Created {
  readonly id: string
  readonly resource: Resource
  readonly location: string
}

/** PUT (RFC 7644 §3.5.1): what the client omits is cleared, save what it cannot mean to clear. */
export async function replace(
  context: Context,
  resource: ResourceRules,
  id: string,
  body: unknown,
  options: WriteOptions,
): Promise<Resource> {
  refuseReadOnly(resource.attributes, body)
  const wanted = normalizeResource(resource.type, body, context.tolerance)
  validatorOf(resource.type)(wanted, 'replace')
  const all = resource.attributes
  const shown = await update(context, resource, id, {
    rules: all,
    ids: idsIn(all, wanted),
    conditions: options,
    change(before) {
      const after = withKept(all, before, wanted)
      refuseImmutable(all, before, after)
      return after
    },
  })
  return project(resource.type, shown, options.projection)
}

/**
 * PATCH (RFC 7644 §3.5.2), all or nothing.
 *
 * @returns Nothing (204) where the answer would have members, which may be many, and nobody asked
 *   for them by name or by a condition.
 */
export async function patch(
  context: Context,
  resource: ResourceRules,
  id: string,
  body: unknown,
  options: WriteOptions,
): Promise<Resource | undefined> {
  const { tolerance } = context
  const operations = readPatch(resource.type, body, tolerance)
  // A condition is about the whole resource, members too: nothing is spared then.
  const spare = !isConditional(options)
  const { memberships, rest } = spare
    ? splitMemberships(resource, operations)
    : { memberships: [], rest: operations }
  const shown = wantedRules(resource, options.projection)
  const asksBack = options.projection.attributes !== undefined
  if (rest.length === 0 && memberships.length > 0 && !asksBack) {
    await changeMemberships(context, resource, id, memberships)
    return undefined
  }
  const written = rest.map(({ target }) => ruleFor(resource, target.resolved))
  const spared = resource.attributes.filter(
    (rule) =>
      isMembership(rule) && spare && !written.includes(rule) && !(asksBack && shown.includes(rule)),
  )
  const rules =
    spared.length === 0
      ? resource.attributes
      : resource.attributes.filter((rule) => !spared.includes(rule))
  const result = await update(context, resource, id, {
    rules,
    ids: [...memberships.flatMap(idsOfMembership), ...idsInOperations(resource, rest)],
    conditions: options,
    change: (before) => applyPatch(resource.type, before, rest, tolerance),
    members: memberships,
  })
  return asksBack || !spare || !shown.some(isMembership)
    ? project(resource.type, result, options.projection)
    : undefined
}

/** Members that come and go: one search for all ids, one modify, whatever the group's size. */
async function changeMemberships(
  context: Context,
  resource: ResourceRules,
  id: string,
  memberships: readonly Membership[],
): Promise<void> {
  const server = await serverOf(context)
  const ids = [{ id, types: [resource.type.name] }, ...memberships.flatMap(idsOfMembership)]
  await retried(context, async (attempt) => {
    const { rules, tolerance } = context
    const above = askedAbove(context, context.guards.dnOf(id))
    const known = await gather(context, { ids, guarded: true, above }, server)
    const own = known.references.get(id)
    if (own !== undefined) attempt.dn = own.dn
    const facts =
      attempt.tries > 1 && own ? await withHeld(context, own.dn, memberships, known) : known
    const plan = planMemberships(rules, resource, id, memberships, facts, tolerance)
    if (own === undefined || plan.steps.length === 0) return
    await requireJoinable(context, resource, id, own, facts)
    const memberRemovals = await removals(context, own, memberships, facts)
    await breaking(context, { memberRemovals }, () =>
      execute(context, plan, guardOf(rules, own).identity),
    )
  })
}

/** DELETE (RFC 7644 §3.6), by leaving where the mapping says so. @throws {ScimError} 404, 412 */
export async function remove(
  context: Context,
  resource: ResourceRules,
  id: string,
  conditions: Conditions,
): Promise<void> {
  const { rules } = context
  const server = await serverOf(context)
  const conditional = isConditional(conditions)
  const { leaving, attributes } = resource
  const reading = readingOf(rules, resource, conditional || leaving ? attributes : [], server)
  await retriedInTurn(context, id, async (attempt) => {
    const read = { ...reading, type: resource.type.name, id }
    const facts = await gather(context, { read, guarded: true }, server)
    const entry = requireEntry(resource, id, facts)
    attempt.dn = entry.dn
    if (conditional) {
      const before = await render(context, resource, resource.attributes, entry, facts)
      requireConditions(before, conditions)
    }
    requireUnprotected(rules, resource, id, entry)
    if (leaving !== undefined) {
      await leave(context, resource, leaving, { entry, id, unchanged: conditional }, facts)
      return
    }
    const plan = planDelete(rules, entry, facts, conditional)
    await breaking(context, { deletes: 1 }, () =>
      execute(context, plan, guardOf(rules, entry).identity),
    )
    await repairReferences(context, resource, { before: entry })
  })
}
