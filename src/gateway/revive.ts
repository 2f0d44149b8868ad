import { printDn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import type { Leaving, ResourceRules } from '../mapping/rules.ts'
import type { Facts } from '../plan/facts.ts'
import { contradicts, withImmutable } from '../plan/immutable.ts'
import { withKept } from '../plan/kept.ts'
import { tellingOfOne } from '../plan/protection.ts'
import { readingOf } from '../plan/reading.ts'
import { idOf } from '../plan/resource.ts'
import { filterOfLeaver, nameOfRevived, revived, theLeaver } from '../plan/revive.ts'
import { planUpdate } from '../plan/update.ts'
import type { Resource } from '../scim/resource.ts'
import type { Context } from './context.ts'
import { numbered } from './number.ts'
import { permitted } from './permit.ts'
import { render } from './read.ts'
import { retried } from './retry.ts'
import { searchAll } from './search.ts'
import { carryOut, withReferencesOf, writablePart } from './update.ts'

/**
 * A POST whose key is that of one who has left: the entry comes back under its id, and is what the
 * client says, as after a PUT.
 *
 * @returns Nothing where nobody with this key has left, or only one whose immutable attributes say
 *   that it is somebody else.
 * @throws {ScimError} uniqueness, where several have.
 */
export async function revive(
  context: Context,
  resource: ResourceRules,
  body: Resource,
  facts: Facts,
): Promise<Resource | undefined> {
  const { leaving } = resource
  if (leaving === undefined) return undefined
  return retried(context, async () => {
    const leaver = await findLeaver(context, resource, leaving, body, facts)
    return leaver && bringBack(context, resource, leaver, body, facts)
  })
}

/** One search, of the entries right below the place where leavers go. */
async function findLeaver(
  context: Context,
  resource: ResourceRules,
  leaving: Leaving,
  body: Resource,
  { server }: Facts,
): Promise<Entry | undefined> {
  const filter = filterOfLeaver(resource, leaving, body)
  if (filter === undefined) return undefined
  const { rules } = context
  const reading = readingOf(rules, resource, resource.attributes, server)
  const attributes = [...new Set([...reading.attributes, ...tellingOfOne(rules, server)])]
  const { target: base } = leaving
  const found = await searchAll(context, { base, scope: 'one', filter, attributes })
  return theLeaver(resource, leaving, found)
}

async function bringBack(
  context: Context,
  resource: ResourceRules,
  entry: Entry,
  body: Resource,
  known: Facts,
): Promise<Resource | undefined> {
  const { tolerance } = context
  const all = resource.attributes
  const facts = { ...(await withReferencesOf(context, all, entry, known)), entry }
  const before = writablePart(await render(context, resource, all, entry, facts))
  if (contradicts(all, before, body)) return undefined
  const wanted = withImmutable(all, before, revived(resource, body))
  const after = withKept(all, before, wanted)
  const rules = await numbered(context, resource, after, 'rename')
  const name = nameOfRevived(rules, resource, after)
  const update = { entry, before, after, rules: all, unchanged: false, name }
  const plan = planUpdate(rules, resource, update, facts, tolerance)
  // Nobody meant a leaver by anything but its DN.
  const named = { dn: entry.dn, attributes: new Map<string, never>() }
  const id = idOf(entry, rules)
  const planned = { id, entry, before, after, touched: all, memberships: [], plan }
  const shown = await permitted(context, resource, planned, facts, () =>
    carryOut(context, resource, plan, facts, all, named),
  )
  if (plan.moved !== undefined) {
    const { from, to } = plan.moved
    const line = { id: shown.id, dn: to && printDn(to), from: printDn(from) }
    context.log.info(line, 'revived')
  }
  return shown
}
