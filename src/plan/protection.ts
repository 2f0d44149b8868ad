import type { Dn } from '../ldap/dn.ts'
import { dnKey, isKeyWithin, printDn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import { textsOf } from '../ldap/entry.ts'
import type { Filter } from '../ldap/filter.ts'
import { and, equal, not, or, printFilter, TRUE } from '../ldap/filter.ts'
import { attributesIn, keyOfDnText, satisfies } from '../ldap/match.ts'
import type { Server } from '../ldap/server.ts'
import type { ResourceRules, Rules } from '../mapping/rules.ts'
import { Forbidden } from '../scim/error.ts'
import { isReadOnly } from './attributes.ts'

/** Names the groups of an entry, directly or, by the server, those above them too. */
const MEMBER_OF = 'memberOf'

type Known = Pick<Entry, 'dn' | 'attributes'>

/** What tells of entries whether they are protected, as far as the server's schema knows it. */
export function tellingAttributes({ dialect, protection }: Rules, server: Server): string[] {
  const { privileged, groups } = dialect
  const names = new Set([...privileged.attributes, ...attributesIn(protection.filter)])
  if (groups.backlink !== undefined) names.add(groups.backlink)
  return [...names].filter((name) => server.schema.attributeType(name) !== undefined)
}

/** Likewise of the one entry that a request is about, whose groups are worth knowing. */
export function tellingOfOne(rules: Rules, server: Server): string[] {
  const known = server.schema.attributeType(MEMBER_OF) !== undefined
  return [...new Set([...tellingAttributes(rules, server), ...(known ? [MEMBER_OF] : [])])]
}

/**
 * Whether an entry is one that the gateway never changes: by its name, by its attributes, or because
 * it is in a group that is protected by name, as far as the directory tells it with the entry.
 */
export function isProtected(rules: Rules, { dn, attributes }: Known): boolean {
  const { dialect, protection } = rules
  const key = dnKey(dn)
  if (protection.except.has(key)) return false
  return (
    isProtectedName(rules, key) ||
    satisfies(protection.filter, { attributes }) ||
    dialect.privileged.tells({ attributes }) ||
    textsOf({ attributes }, MEMBER_OF).some((text) => {
      const group = keyOfDnText(text)
      return isProtectedName(rules, group) && !protection.except.has(group)
    })
  )
}

/** Whether to be in this group, or in one that is in it, gives rights that are protected. */
export function givesRights(rules: Rules, group: Known): boolean {
  return isProtected(rules, group) && !rules.dialect.privileged.isOfEverybody(group)
}

/** @throws {Forbidden} protectedEntry */
export function requireUnprotected(
  rules: Rules,
  resource: ResourceRules,
  id: string | undefined,
  entry: Known,
): void {
  if (isProtected(rules, entry)) throw protectedEntry(resource, id, entry.dn)
}

/**
 * For where an entry comes to be: what is protected by name takes in nobody.
 *
 * @throws {Forbidden} protectedEntry
 */
export function requireFreeName(rules: Rules, { type }: ResourceRules, dn: Dn): void {
  if (!isProtectedName(rules, dnKey(dn)) || rules.protection.except.has(dnKey(dn))) return
  throw new Forbidden(
    'protectedEntry',
    `the name that the ${type.name} would have is a protected one: nothing is put there`,
    { dn: printDn(dn) },
  )
}

export function protectedEntry({ type }: ResourceRules, id: string | undefined, dn: Dn): Forbidden {
  const which = id === undefined ? `a ${type.name}` : `the ${type.name} ${JSON.stringify(id)}`
  return new Forbidden(
    'protectedEntry',
    `${which} is protected, for it has special rights in the directory: nobody changes it here`,
    { dn: printDn(dn) },
  )
}

/** @param above The protected group that the one in question leads into; it itself unless given. */
export function protectedGroup(
  { type }: ResourceRules,
  id: string | undefined,
  dn: Dn,
  above?: Dn,
): Forbidden {
  const which = id === undefined ? `a ${type.name}` : `the ${type.name} ${JSON.stringify(id)}`
  return new Forbidden(
    'protectedGroup',
    above === undefined
      ? `${which} is protected, for it gives special rights in the directory: nobody joins or leaves it here`
      : `${which} leads into a protected group, which gives special rights in the directory: nobody joins or leaves it here`,
    { dn: printDn(dn), ...(above && { above: printDn(above) }) },
  )
}

/** That an entry has not become protected since it was read, as far as the server can decide it. */
export function stillUnprotected({ protection }: Rules, dn: Dn, { schema }: Server): Filter {
  const { filter, except } = protection
  if (except.has(dnKey(dn))) return TRUE
  const parts = filter.kind === 'or' ? filter.filters : [filter]
  const decided = parts.filter((part) =>
    attributesIn(part).every((name) => schema.attributeType(name) !== undefined),
  )
  return decided.length === 0 ? TRUE : not(or(decided))
}

/**
 * What tells who has these DNs as a member: the groups that name one of them, by the mapping or in the
 * product's own way; themselves, where they name their groups.
 */
export function filterOfAbove({ dialect, resources }: Rules, dns: readonly Dn[]): Filter {
  const texts = dns.map(printDn)
  if (dialect.groups.backlink !== undefined) {
    return or(texts.map((text) => equal(dialect.dn, text)))
  }
  const kinds = [
    ...dialect.groups.kinds.map(({ objectClass, member }) => ({
      filter: equal('objectClass', objectClass),
      member,
    })),
    ...resources.flatMap(({ filter, attributes }) =>
      attributes.flatMap((rule) =>
        rule.kind === 'reference' &&
        rule.by === undefined &&
        rule.path.attribute.multiValued &&
        !isReadOnly(rule)
          ? [{ filter, member: rule.ldap }]
          : [],
      ),
    ),
  ]
  const distinct = new Map(kinds.map((kind) => [printFilter(kind.filter) + kind.member, kind]))
  return or(
    [...distinct.values()].map(({ filter, member }) =>
      and([filter, or(texts.map((text) => equal(member, text)))]),
    ),
  )
}

function isProtectedName({ protection }: Rules, key: string): boolean {
  return (
    protection.entries.has(key) || protection.subtrees.some((subtree) => isKeyWithin(key, subtree))
  )
}
