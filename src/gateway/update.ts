import { printDn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import { and, equal } from '../ldap/filter.ts'
import type { Search } from '../ldap/operation.ts'
import { LdapError, RESULT_CODES } from '../ldap/result.ts'
import { keepsOldName, newName } from '../mapping/naming.ts'
import type { AttributeRule, ResourceRules } from '../mapping/rules.ts'
import { unlinkedIn } from '../plan/backlinks.ts'
import type { Facts } from '../plan/facts.ts'
import { guardOf } from '../plan/guard.ts'
import { changesOfMemberships, isMembership } from '../plan/membership.ts'
import type { Membership } from '../plan/membership.ts'
import type { Plan } from '../plan/plan.ts'
import { requireUnprotected } from '../plan/protection.ts'
import { readingOf } from '../plan/reading.ts'
import { unresolvedIn } from '../plan/resource.ts'
import { planUpdate, questionOfUpdate } from '../plan/update.ts'
import { ScimError } from '../scim/error.ts'
import { equalJson } from '../scim/json.ts'
import type { Resource } from '../scim/resource.ts'
import { isConditional } from '../scim/version.ts'
import type { Conditions } from '../scim/version.ts'
import type { Context } from './context.ts'
import { serverOf } from './context.ts'
import { execute } from './execute.ts'
import { gather } from './gather.ts'
import { withHeld } from './held.ts'
import { askedAbove } from './joinable.ts'
import { numbered } from './number.ts'
import { changesMembers, permitted } from './permit.ts'
import { render, requireConditions, requireEntry } from './read.ts'
import { resolveLinks, resolveNames } from './resolve.ts'
import { retriedInTurn } from './retry.ts'
import { repairReferences } from './upkeep.ts'
import type { Named } from './upkeep.ts'

/** How long somebody else may take from the name of an entry to its values, in ms. */
const SETTLING_MS = 300

/** A change of a resource that is there. */
export interface Updating {
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

/** A resource without what only the gateway writes. */
export function writablePart(resource: Resource): Resource {
  const { id: _id, meta: _meta, schemas: _schemas, ...rest } = resource
  return rest
}
