import { printDn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import { and, equal } from '../ldap/filter.ts'
import { isAllocating } from '../mapping/allocation.ts'
import type { Search } from '../ldap/operation.ts'
import { LdapError, RESULT_CODES } from '../ldap/result.ts'
import { keepsOldName, newName } from '../mapping/naming.ts'
import type { AttributeRule, ResourceRules } from '../mapping/rules.ts'
import { idsIn, isReadOnly } from '../plan/attributes.ts'
import { refuseReadOnly } from '../plan/create.ts'
import { unlinkedIn } from '../plan/backlinks.ts'
import { planDelete } from '../plan/delete.ts'
import type { Facts } from '../plan/facts.ts'
import { guardOf } from '../plan/guard.ts'
import {
  changesOfMemberships,
  idsInOperations,
  idsOfMembership,
  isMembership,
  planMemberships,
  splitMemberships,
} from '../plan/membership.ts'
import type { Membership } from '../plan/membership.ts'
import type { Plan } from '../plan/plan.ts'
import { requireUnprotected } from '../plan/protection.ts'
import { readingOf } from '../plan/reading.ts'
import { unresolvedIn } from '../plan/resource.ts'
import { planUpdate, questionOfUpdate } from '../plan/update.ts'
import { ruleFor } from '../plan/rule-of.ts'
import { ScimError } from '../scim/error.ts'
import { equalJson } from '../scim/json.ts'
import { applyPatch, readPatch } from '../scim/patch.ts'
import { project } from '../scim/projection.ts'
import type { Projection } from '../scim/projection.ts'
import { printResolved } from '../scim/path.ts'
import { getAttribute, normalizeResource, withAttribute } from '../scim/resource.ts'
import type { ResourceType } from '../scim/resource-type.ts'
import type { Resource } from '../scim/resource.ts'
import { compileValidator } from '../scim/validate.ts'
import { isConditional } from '../scim/version.ts'
import type { Conditions } from '../scim/version.ts'
import type { Context } from './context.ts'
import { serverOf } from './context.ts'
import { execute } from './execute.ts'
import { gather, resolveLinks, resolveNames } from './gather.ts'
import { askedAbove, requireJoinable } from './joinable.ts'
import { leave } from './leave.ts'
import { withHeld } from './held.ts'
import { numbered } from './number.ts'
import { breaking, changesMembers, permitted, removals } from './permit.ts'
import { render, requireConditions, requireEntry, wantedRules } from './read.ts'
import { retried, retriedInTurn } from './retry.ts'
import { repairReferences } from './upkeep.ts'
import type { Named } from './upkeep.ts'

/** How long somebody else may take from the name of an entry to its values, in ms. */
const SETTLING_MS = 300

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
  validatorOf(resource)(wanted, 'replace')
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

/** Facts with what the references of an entry name, where the server did not tell with the entry. */
export async function withReferencesOf(
  context: Context,
  rules: readonly AttributeRule[],
  entry: Entry,
  facts: Facts,
): Promise<Facts> {
  const missing = unresolvedIn([entry], rules, facts.byDn)
  const unlinked = unlinkedIn([entry], rules, facts.links)
  const [byDn, links] = await Promise.all([
    resolveNames(context, missing, facts.server, facts.byDn),
    resolveLinks(context, unlinked, facts.server, facts.links),
  ])
  return { ...facts, byDn, links }
}

interface Updating {
  /** The rules to be read and written. */
  readonly rules: readonly AttributeRule[]
  /** Ids that the change refers to, as far as known before the entry is read. */
  readonly ids: readonly { readonly id: string; readonly types: readonly string[] }[]
  readonly conditions: Conditions
  /** @param entry What the resource was made of. */
  readonly change: (before: Resource, entry: Entry) => Resource
  readonly members?: readonly Membership[]
}

/** Read, plan, write; and again where somebody else was faster. */
export async function update(
  context: Context,
  resource: ResourceRules,
  id: string,
  { rules: touched, ids, conditions, change, members = [] }: Updating,
): Promise<Resource> {
  const { rules, tolerance } = context
  const server = await serverOf(context)
  const reading = readingOf(rules, resource, touched, server)
  const large = touched.some(isMembership)
  let seen = ''
  return retriedInTurn(context, id, async (attempt) => {
    const read = { ...reading, type: resource.type.name, id, large }
    let facts = await gather(context, { read, ids, guarded: true }, server)
    const entry = requireEntry(resource, id, facts)
    attempt.dn = entry.dn
    // Planning must know them too: what names no resource is not the client's to remove.
    facts = await withReferencesOf(context, touched, entry, facts)
    const shown = await render(context, resource, touched, entry, facts)
    requireConditions(shown, conditions)
    const before = writablePart(shown)
    const after = change(before, entry)
    if (members.length > 0 || !equalJson(before, after)) {
      requireUnprotected(rules, resource, id, entry)
    }
    if (keepsOldName(resource, entry.dn, before, after, rules.scope)) {
      // Its name is none that the mapping gives. Or somebody is about to rename it, and has done half.
      const state = JSON.stringify([printDn(entry.dn), before])
      if (state !== seen) {
        seen = state
        await new Promise((resolve) => setTimeout(resolve, SETTLING_MS))
        throw new LdapError('rename', RESULT_CODES.assertionFailed)
      }
    }
    const more = questionOfUpdate(resource, before, after, facts)
    if ((more.ids?.length ?? 0) > 0 || more.clashes !== undefined) {
      const moves = members.length > 0 || changesMembers(touched, before, after)
      const above = moves ? askedAbove(context, entry.dn) : []
      facts = await gather(context, { ...more, above }, server, facts)
    }
    if (attempt.tries > 1) facts = await withHeld(context, entry.dn, members, facts)
    const renames =
      resource.naming.dn.numbered &&
      newName(resource, entry.dn, before, after, rules.scope) !== undefined
    const plan = planUpdate(
      renames ? await numbered(context, resource, after, 'rename', { own: entry.dn }) : rules,
      resource,
      {
        entry,
        before,
        after,
        rules: touched,
        unchanged: isConditional(conditions),
        ...(members.length > 0 && { members: changesOfMemberships(members, facts, tolerance) }),
      },
      facts,
      tolerance,
    )
    if (plan.steps.length === 0) return shown
    const planned = { id, entry, before, after, touched, memberships: members, plan }
    return permitted(context, resource, planned, facts, () =>
      carryOut(context, resource, plan, facts, touched),
    )
  })
}

/**
 * Runs a plan, repairs what names the entry as it is called no more, and shows the resource as the
 * directory has it now.
 *
 * @param before What others have named; nothing where the entry is new.
 */
export async function carryOut(
  context: Context,
  resource: ResourceRules,
  plan: Plan,
  facts: Facts,
  touched: readonly AttributeRule[],
  before: Named | undefined = facts.entry,
): Promise<Resource> {
  const told = await execute(
    context,
    plan,
    facts.entry && guardOf(context.rules, facts.entry).identity,
  )
  const entry =
    plan.readAfter || told === undefined
      ? await readBack(context, resource, plan, facts, touched)
      : told
  if (before !== undefined) {
    const after = { dn: plan.moved?.to ?? before.dn, attributes: entry.attributes }
    await repairReferences(context, resource, { before, after })
  }
  return render(context, resource, touched, entry, facts)
}

async function readBack(
  { directory, rules, signal }: Context,
  resource: ResourceRules,
  plan: Plan,
  { server, entry }: Facts,
  touched: readonly AttributeRule[],
): Promise<Entry> {
  const last = plan.steps.at(-1)?.write
  const dn = plan.moved?.to ?? last?.dn
  if (dn === undefined) throw new Error('a plan without steps has nothing to read back')
  const { attributes } = readingOf(rules, resource, touched, server)
  const id = entry?.attributes.get(rules.dialect.id.attribute.toLowerCase())?.[0]
  // By its id, as somebody else may have renamed it since.
  const search: Pick<Search, 'base' | 'scope' | 'filter'> =
    id === undefined
      ? { base: dn, scope: 'base', filter: resource.filter }
      : {
          base: resource.base,
          scope: 'subtree',
          filter: and([resource.filter, equal(rules.dialect.id.attribute, id)]),
        }
  const { entries } = await directory.search({ ...search, attributes }, { signal })
  const [found] = entries
  if (found === undefined)
    throw new ScimError(404, `the ${resource.type.name} was removed meanwhile`)
  return found
}

/** A resource without what only the gateway writes. */
export function writablePart(resource: Resource): Resource {
  const { id: _id, meta: _meta, schemas: _schemas, ...rest } = resource
  return rest
}

/**
 * What PUT leaves as it is although it is omitted: what is readOnly, numbers that were given,
 * whether the account is on, and what the mapping says.
 */
export function withKept(
  rules: readonly AttributeRule[],
  before: Resource,
  wanted: Resource,
): Resource {
  return rules
    .filter(
      (rule) =>
        rule.kind === 'activation' || isReadOnly(rule) || isAllocating(rule) || isKept(rule),
    )
    .filter(({ path }) => getAttribute(wanted, path) === undefined)
    .reduce((kept, { path }) => withAttribute(kept, path, getAttribute(before, path)), wanted)
}

function isKept(rule: AttributeRule): boolean {
  return rule.kind === 'value' && rule.kept
}

/** @throws {ScimError} mutability, where an immutable attribute that has a value would get another. */
function refuseImmutable(rules: readonly AttributeRule[], before: Resource, after: Resource): void {
  for (const { path } of rules) {
    if ((path.sub ?? path.attribute).mutability !== 'immutable') continue
    const held = getAttribute(before, path)
    if (held !== undefined && !equalJson(held, getAttribute(after, path))) {
      throw new ScimError('mutability', `${printResolved(path)} is immutable`)
    }
  }
}

const validators = new WeakMap<ResourceType, ReturnType<typeof compileValidator>>()

/** The check of required attributes, compiled once for a resource type. */
export function validatorOf({ type }: ResourceRules): ReturnType<typeof compileValidator> {
  const known = validators.get(type) ?? compileValidator(type)
  validators.set(type, known)
  return known
}
