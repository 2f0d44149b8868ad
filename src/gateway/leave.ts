import type { Dn } from '../ldap/dn.ts'
import { printDn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import { and, equal, or, present } from '../ldap/filter.ts'
import { attributesIn } from '../ldap/match.ts'
import { LdapError } from '../ldap/result.ts'
import type { Server } from '../ldap/server.ts'
import { membershipsOf } from '../mapping/lifecycle.ts'
import type { Leaving, ResourceRules } from '../mapping/rules.ts'
import type { Facts } from '../plan/facts.ts'
import { planLeave } from '../plan/leave.ts'
import type { Holder } from '../plan/leave.ts'
import { isProtected, protectedGroup, tellingAttributes } from '../plan/protection.ts'
import { namesOf } from '../plan/reference-names.ts'
import { ScimError } from '../scim/error.ts'
import type { Context } from './context.ts'
import { execute } from './execute.ts'
import { breaking } from './permit.ts'
import { searchAll } from './search.ts'
import { repairReferences } from './upkeep.ts'

/**
 * Takes a resource out of the groups that the mapping knows and its entry out of the base. References
 * of other kinds follow the entry, so that they never name somebody else who gets its name.
 */
export async function leave(
  context: Context,
  resource: ResourceRules,
  leaving: Leaving,
  {
    entry,
    id,
    unchanged,
  }: { readonly entry: Entry; readonly id: string; readonly unchanged: boolean },
  facts: Facts,
): Promise<void> {
  const holders = leaving.leaveGroups ? await holdersOf(context, resource, entry, facts.server) : []
  const departure = { entry, id, holders, unchanged }
  const plan = planLeave(context.rules, resource, leaving, departure, facts)
  for (const { resource: group, entry: holder } of holders) {
    if (isProtected(context.rules, holder)) throw protectedGroup(group, undefined, holder.dn)
  }
  const told = await breaking(context, { deletes: 1 }, () => execute(context, plan)).catch(
    async (error: unknown) => {
      throw await reasonOf(context, leaving.target, error)
    },
  )
  const to = told?.dn ?? (await whereIs(context, leaving.target, id))
  context.log.info({ id, dn: printDn(entry.dn), to: to && printDn(to) }, 'left')
  // Its DN goes on to name it; what else it is called may be another's soon.
  const after = to && { dn: to, attributes: new Map<string, never>() }
  await repairReferences(context, resource, { before: entry, ...(after && { after }) })
}

/** The entries that have this one as a member: one search for each LDAP attribute of members. */
async function holdersOf(
  context: Context,
  resource: ResourceRules,
  member: Entry,
  server: Server,
): Promise<readonly (Holder & { readonly resource: ResourceRules })[]> {
  const { everything, rules } = context
  const found = await Promise.all(
    membershipsOf(resource.type.name, everything.resources).map(
      async ({ resource: group, rule }) => {
        const named = or(namesOf(rule, member).map(({ text }) => equal(rule.ldap, text)))
        const entries = await searchAll(context, {
          base: group.base,
          scope: 'subtree',
          filter: and([group.filter, named]),
          attributes: [
            rules.dialect.id.attribute,
            ...attributesIn(group.filter),
            ...tellingAttributes(rules, server),
          ],
        })
        return entries.map((entry) => ({ resource: group, rule, entry }))
      },
    ),
  )
  return found.flat()
}

/** Of a move there may be two that are not there: the entry, whose client is told so, and the place. */
async function reasonOf(context: Context, target: Dn, error: unknown): Promise<unknown> {
  if (!(error instanceof LdapError)) return error
  if (error.operation !== 'rename' || error.result !== 'noSuchObject') return error
  if (await isThere(context, target)) return error
  const detail = `deleted resources go to ${printDn(target)}, which the directory does not have`
  return new ScimError(500, detail, { cause: error })
}

async function isThere({ directory, signal }: Context, dn: Dn): Promise<boolean> {
  const search = {
    base: dn,
    scope: 'base',
    filter: present('objectClass'),
    attributes: [],
  } as const
  try {
    return (await directory.search(search, { signal })).entries.length > 0
  } catch (error) {
    if (error instanceof LdapError && error.result === 'noSuchObject') return false
    throw error
  }
}

/** For servers that do not tell what has become of an entry. */
async function whereIs({ directory, rules, signal }: Context, target: Dn, id: string) {
  const { attribute, toValue } = rules.dialect.id
  const { entries } = await directory.search(
    { base: target, scope: 'one', filter: equal(attribute, toValue(id) ?? id), attributes: [] },
    { signal },
  )
  return entries[0]?.dn
}
