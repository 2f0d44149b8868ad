import type { Dn } from '../ldap/dn.ts'
import { dnKey, parseDn, printDn, sameDn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import { textsOf } from '../ldap/entry.ts'
import type { Search } from '../ldap/operation.ts'
import { LdapError } from '../ldap/result.ts'
import type { ResourceRules } from '../mapping/rules.ts'
import type { Facts } from '../plan/facts.ts'
import {
  filterOfAbove,
  givesRights,
  isProtected,
  protectedGroup,
  requireFreeName,
  tellingAttributes,
} from '../plan/protection.ts'
import { Forbidden } from '../scim/error.ts'
import type { Context } from './context.ts'
import { commonBase, searchAll } from './search.ts'

/** DNs that one filter names at most. */
const DNS_PER_SEARCH = 200
/** Groups above one that are looked at; beyond it nobody can tell, and the answer is no. */
const MOST_ABOVE = 5_000

/** The DNs to ask about in a search that is sent anyway, of a group that somebody joins or leaves. */
export function askedAbove({ guards, rules }: Context, dn: Dn | undefined): readonly Dn[] {
  const { account } = rules.protection
  const own = guards.own === undefined && account !== undefined ? [account] : []
  // Where an entry names its groups itself, it needs no DN to be asked.
  const hint = dn === undefined || rules.dialect.groups.backlink !== undefined ? [] : [dn]
  return [...hint, ...own]
}

/**
 * That a group may be joined and left: it is not protected, and it is in no group that is, however
 * many lie between. Nothing is asked where the facts tell that it is in no group at all.
 *
 * @param group With the attributes of `tellingAttributes`.
 * @throws {Forbidden} protectedGroup
 */
export async function requireJoinable(
  context: Context,
  resource: ResourceRules,
  id: string | undefined,
  group: Pick<Entry, 'dn' | 'attributes'>,
  facts: Facts,
): Promise<void> {
  const { guards, rules } = context
  const { account } = rules.protection
  const key = dnKey(group.dn)
  if (isProtected(rules, group)) throw protectedGroup(resource, id, group.dn)
  const told = (dn: Dn) => facts.above?.dns.some((one) => sameDn(one, dn)) === true
  const none = facts.above?.groups.length === 0
  if (account !== undefined && guards.own === undefined && none && told(account)) {
    guards.noteOwn(new Set())
  }
  const [above, own] = await Promise.all([
    none && told(group.dn) ? [] : groupsAbove(context, group, facts),
    account === undefined ? new Set<string>() : (guards.own ?? ownGroups(context, account, facts)),
  ])
  if (own.has(key)) throw protectedGroup(resource, id, group.dn)
  const ruling = above.find((one) => givesRights(rules, one) || own.has(dnKey(one.dn)))
  if (ruling !== undefined) throw protectedGroup(resource, id, group.dn, ruling.dn)
}

/**
 * That a new entry may have its name: nothing is put into what is protected, and no protected group
 * names it already, of one that was there before.
 *
 * @throws {Forbidden} protectedEntry, protectedGroup
 */
export async function requireNewcomer(
  context: Context,
  resource: ResourceRules,
  dn: Dn,
  facts: Facts,
): Promise<void> {
  requireFreeName(context.rules, resource, dn)
  const { above } = facts
  if (above?.dns.some((one) => sameDn(one, dn)) !== true) return
  await requireJoinable(context, resource, undefined, { dn, attributes: new Map() }, facts)
}

async function ownGroups(
  context: Context,
  account: Dn,
  facts: Facts,
): Promise<ReadonlySet<string>> {
  const groups = await groupsAbove(context, { dn: account }, facts)
  return context.guards.noteOwn(new Set(groups.map(({ dn }) => dnKey(dn))))
}

/**
 * All groups that an entry is in, level by level.
 *
 * @param start Its attributes tell the first level where it names its groups itself.
 * @throws {Forbidden} protectedGroup, where they are more than can be looked at.
 */
async function groupsAbove(
  context: Context,
  start: Pick<Entry, 'dn'> & Partial<Pick<Entry, 'attributes'>>,
  { server }: Pick<Facts, 'server'>,
): Promise<readonly Entry[]> {
  const { rules } = context
  const { backlink } = rules.dialect.groups
  const attributes = tellingAttributes(rules, server)
  const seen = new Map<string, Entry>()
  const isNew = (key: string) => !seen.has(key) && key !== dnKey(start.dn)
  const groupsOf = (entries: readonly Pick<Entry, 'attributes'>[]) =>
    entries.flatMap((entry) =>
      textsOf(entry, backlink ?? '').map((text) => parseDn(text, { from: 'server' })),
    )
  let level: readonly Dn[] = [start.dn]
  if (backlink !== undefined) {
    const own =
      start.attributes === undefined
        ? await found(context, level, attributes)
        : [{ attributes: start.attributes }]
    level = groupsOf(own)
  }
  while (level.length > 0) {
    const groups = (await found(context, level, attributes)).filter(({ dn }) => isNew(dnKey(dn)))
    for (const group of groups) seen.set(dnKey(group.dn), group)
    if (seen.size > MOST_ABOVE) {
      throw new Forbidden(
        'protectedGroup',
        `the group is in more than ${MOST_ABOVE} groups: whether one of them is protected cannot be told`,
        { dn: printDn(start.dn) },
      )
    }
    const next = backlink === undefined ? groups.map(({ dn }) => dn) : groupsOf(groups)
    level = [...new Map(next.map((dn) => [dnKey(dn), dn])).values()].filter(
      (dn) => backlink === undefined || isNew(dnKey(dn)),
    )
  }
  return [...seen.values()]
}

/** The groups one level above these DNs; where entries name their groups, the entries themselves. */
async function found(
  context: Context,
  dns: readonly Dn[],
  attributes: readonly string[],
): Promise<readonly Entry[]> {
  const all: Entry[] = []
  for (let start = 0; start < dns.length; start += DNS_PER_SEARCH) {
    const filter = filterOfAbove(context.everything, dns.slice(start, start + DNS_PER_SEARCH))
    all.push(...(await everywhere(context, { scope: 'subtree', filter, attributes })))
  }
  return all
}

/** Below the suffix; where the service account may not look there, below what all bases have in common. */
async function everywhere(
  context: Context,
  search: Omit<Search, 'base'>,
): Promise<readonly Entry[]> {
  // The client may be confined to a part, what gives rights is not.
  const { resources, scope } = context.everything
  try {
    return await searchAll(context, { ...search, base: scope.suffix })
  } catch (error) {
    const hidden =
      error instanceof LdapError &&
      (error.result === 'noSuchObject' || error.result === 'insufficientAccessRights')
    if (!hidden) throw error
    const found = await Promise.all(
      commonBase(resources.map(({ base }) => base)).map((base) =>
        searchAll(context, { ...search, base }),
      ),
    )
    return found.flat()
  }
}
