import type { Entry } from '../ldap/entry.ts'
import { LdapError } from '../ldap/result.ts'
import { switchOf } from '../mapping/lifecycle.ts'
import type { AttributeRule, ResourceRules } from '../mapping/rules.ts'
import type { Facts } from '../plan/facts.ts'
import { isMembership, movesOf } from '../plan/membership.ts'
import type { Membership } from '../plan/membership.ts'
import type { Plan } from '../plan/plan.ts'
import { requireFreeName, requireUnprotected } from '../plan/protection.ts'
import { ScimError } from '../scim/error.ts'
import { equalJson } from '../scim/json.ts'
import { getAttribute } from '../scim/resource.ts'
import type { JsonObject, Resource } from '../scim/resource.ts'
import type { Amounts } from './breaker.ts'
import type { Context } from './context.ts'
import { requireJoinable } from './joinable.ts'
import { presentAmong } from './held.ts'

/** A change of a resource, planned and not yet carried out. */
export interface Planned {
  readonly id: string | undefined
  /** As it was read, with what tells whether it is protected. */
  readonly entry: Entry
  readonly before: Resource
  readonly after: Resource
  /** The rules that were read. */
  readonly touched: readonly AttributeRule[]
  /** Members that come and go by themselves. */
  readonly memberships: readonly Membership[]
  readonly plan: Plan
}

/**
 * Carries a change out if no guard of the gateway objects, and counts it for the breaker.
 *
 * @throws {Forbidden} protectedEntry, protectedGroup, massChange
 */
export async function permitted<T>(
  context: Context,
  resource: ResourceRules,
  { id, entry, before, after, touched, memberships, plan }: Planned,
  facts: Facts,
  run: () => Promise<T>,
): Promise<T> {
  requireUnprotected(context.rules, resource, id, entry)
  const to = plan.moved?.to
  if (to !== undefined) requireFreeName(context.rules, resource, to)
  if (memberships.length > 0 || changesMembers(touched, before, after)) {
    await requireJoinable(context, resource, id, entry, facts)
  }
  const removed = touched
    .filter(isMembership)
    .reduce((sum, rule) => sum + removedValues(rule, before, after), 0)
  return breaking(
    context,
    {
      disables: isDisabled(resource, before, after) ? 1 : 0,
      memberRemovals: removed + (await removals(context, entry, memberships, facts)),
    },
    run,
  )
}

/**
 * Runs what the breaker has counted; what fails is taken back, unless it may have been carried out.
 *
 * @throws {Forbidden} massChange
 */
export async function breaking<T>(
  { breaker }: Context,
  amounts: Amounts,
  run: () => Promise<T>,
): Promise<T> {
  const giveBack = await breaker.take(amounts)
  try {
    return await run()
  } catch (error) {
    if (error instanceof LdapError || (error instanceof ScimError && error.status < 500)) {
      await giveBack()
    }
    throw error
  }
}

/** Whether members come or go by what a whole resource says. */
export function changesMembers(
  touched: readonly AttributeRule[],
  before: Resource,
  after: Resource,
): boolean {
  return touched
    .filter(isMembership)
    .some(
      ({ path }) => !equalJson(getAttribute(before, path) ?? [], getAttribute(after, path) ?? []),
    )
}

/**
 * How many members go. A request says only who shall not be there: far from the limit that many
 * count, else the directory is asked who is there, so that a repetition is no removal.
 */
export async function removals(
  context: Context,
  { dn }: Pick<Entry, 'dn'>,
  memberships: readonly Membership[],
  facts: Facts,
): Promise<number> {
  const leaving = memberships.map(({ rule, removed }) => ({
    rule,
    gone: movesOf({ rule, added: [], removed }, facts.references).gone,
  }))
  const most = leaving.reduce((sum, { gone }) => sum + gone.length, 0)
  if (most === 0 || (await context.breaker.isFar('memberRemovals', most))) return most
  const counts = await Promise.all(
    leaving.map(({ rule, gone }) => presentAmong(context, dn, rule, gone)),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

function removedValues({ path }: AttributeRule, before: Resource, after: Resource): number {
  const ids = (resource: Resource) =>
    [getAttribute(resource, path) ?? []].flat().map((element) => (element as JsonObject).value)
  const left = new Set(ids(after))
  return ids(before).filter((id) => !left.has(id)).length
}

function isDisabled({ attributes }: ResourceRules, before: Resource, after: Resource): boolean {
  const rule = switchOf(attributes)
  if (rule === undefined) return false
  return getAttribute(before, rule.path) !== false && getAttribute(after, rule.path) === false
}
