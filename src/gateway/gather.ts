import type { Dn } from '../ldap/dn.ts'
import { commonAncestor, sameDn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import { textsOf, valuesOf } from '../ldap/entry.ts'
import type { Filter } from '../ldap/filter.ts'
import { and, equal, or } from '../ldap/filter.ts'
import { satisfies } from '../ldap/match.ts'
import type { Server } from '../ldap/server.ts'
import type { ResourceRules, Rules } from '../mapping/rules.ts'
import { resourceRules } from '../mapping/rules.ts'
import { isAlone, withLinks } from '../plan/backlinks.ts'
import { dereferencedIn, referenceOf, typeOfEntry, withReferences } from '../plan/facts.ts'
import type { Facts, Links, Question, Reference, Sought } from '../plan/facts.ts'
import { hasMembers } from '../plan/membership.ts'
import { filterOfAbove, tellingAttributes, tellingOfOne } from '../plan/protection.ts'
import { namingAttributes } from '../plan/reading.ts'
import { keysOfEntry } from '../plan/reference-names.ts'
import { idOf } from '../plan/resource.ts'
import type { Unresolved } from '../plan/resource.ts'
import type { Context } from './context.ts'
import { searchAll } from './search.ts'

/** Ids that one filter names at most; DNs and other names likewise, in so many searches at a time. */
const IDS_PER_SEARCH = 1001 // a thousand members and their group
const NAMES_PER_SEARCH = 200
const SEARCHES_AT_ONCE = 8

/** Entries to be looked for, below a base. */
interface Branch {
  readonly base: Dn
  readonly filter: Filter
}

/**
 * Answers a question in as few searches as it takes: one, unless ids are many or bases lie in
 * different trees. Every search is confined to base and filter of the types that it is about.
 *
 * @param known Facts of an earlier round, kept.
 */
export async function gather(
  context: Context,
  question: Question,
  server: Server,
  known?: Facts,
): Promise<Facts> {
  const { rules } = context
  const batches = branchesOf(context, question)
  const reading = question.read
  const telling = reading === undefined ? tellingAttributes : tellingOfOne
  const attributes = [
    ...new Set([
      ...namesOfAll(rules, server),
      ...(reading?.attributes ?? []),
      ...clashAttributes(question),
      ...(question.sought ?? []).map(({ holder }) => holder.ldap),
      ...(question.guarded ? telling(rules, server) : []),
    ]),
  ]
  const found = await Promise.all(
    batches.flatMap((branches, index) =>
      groupedByTree(branches).map(({ base, filter }) =>
        searchAll(
          context,
          {
            base,
            scope: 'subtree',
            filter,
            attributes,
            ...(reading !== undefined &&
              reading.dereference.length > 0 && { dereference: reading.dereference }),
          },
          index === 0 && reading?.large,
        ),
      ),
    ),
  )
  return factsFrom(context, question, found.flat(), server, known)
}

/** Completes facts with what the values of reference attributes name, in batches. */
export async function resolveNames(
  context: Context,
  names: readonly Unresolved[],
  server: Server,
  byDn: ReadonlyMap<string, Reference | undefined>,
): Promise<ReadonlyMap<string, Reference | undefined>> {
  if (names.length === 0) return byDn
  const { rules } = context
  const all = new Map(byDn)
  for (const { key } of names) all.set(key, undefined)
  const { dn, primaryGroup } = rules.dialect
  const attributes = namesOfAll(rules, server)
  const filterOf = ({ by, text }: Unresolved) =>
    (by === undefined ? primaryGroup?.filterOfName(text) : undefined) ?? equal(by ?? dn, text)
  for (const some of chunks(names, NAMES_PER_SEARCH * SEARCHES_AT_ONCE)) {
    const found = await Promise.all(
      chunks(some, NAMES_PER_SEARCH).flatMap((chunk) => {
        const filter = or(chunk.map(filterOf))
        const branches = rules.resources.map((resource) => branchOf(resource, filter))
        return groupedByTree(branches).map(({ base, filter: either }) =>
          searchAll(context, { base, scope: 'subtree', filter: either, attributes }),
        )
      }),
    )
    for (const entry of found.flat()) {
      const reference = referenceOf(rules, rules.resources, entry.dn, entry)
      if (reference === undefined) continue
      for (const key of keysOfEntry(rules, reference.type, reference)) all.set(key, reference)
      const name = primaryGroup?.nameOf(entry)
      if (name !== undefined && all.has(name)) all.set(name, reference)
    }
  }
  return all
}

/** Completes links with who holds these names: one search, unless they are many. */
export async function resolveLinks(
  context: Context,
  sought: readonly Sought[],
  server: Server,
  links: Links,
): Promise<Links> {
  const { rules } = context
  let all = links
  for (const chunk of chunks(sought, NAMES_PER_SEARCH)) {
    // Who holds one of several is told by what they hold, which may be much.
    const told = chunk.filter((one) => !isAlone(one, chunk)).map(({ holder }) => holder.ldap)
    const attributes = [...new Set([...namesOfAll(rules, server), ...told])]
    const found = await Promise.all(
      groupedByTree(branchesOfSought(rules, chunk)).map(({ base, filter }) =>
        searchAll(context, { base, scope: 'subtree', filter, attributes }),
      ),
    )
    all = withLinks(rules, chunk, found.flat(), all)
  }
  return all
}

function branchesOfSought(rules: Rules, sought: readonly Sought[]): readonly Branch[] {
  return rules.resources.flatMap((resource) => {
    const own = sought.filter(({ type }) => type === resource.type.name)
    if (own.length === 0) return []
    const filter = or(own.map(({ holder, text }) => equal(holder.ldap, text)))
    return [branchOf(resource, filter)]
  })
}

/** What names the resources of all types: every request asks for it. */
function namesOfAll(rules: Rules, server: Server): readonly string[] {
  let ofServer = names.get(server)
  if (ofServer === undefined) names.set(server, (ofServer = new WeakMap()))
  let found = ofServer.get(rules)
  if (found === undefined) {
    const types = rules.resources.map(({ type }) => type.name)
    ofServer.set(rules, (found = namingAttributes(rules, types, server)))
  }
  return found
}

const names = new WeakMap<Server, WeakMap<Rules, readonly string[]>>()

/** The branches of each search: what is read, clashes and ids together, further ids in chunks. */
function branchesOf(context: Context, question: Question): readonly (readonly Branch[])[] {
  const { rules } = context
  const first: Branch[] = []
  if (question.read !== undefined) {
    const id = rules.dialect.id.toValue(question.read.id)
    const resource = resourceRules(rules, question.read.type)
    if (id !== undefined) first.push(branchOf(resource, equal(rules.dialect.id.attribute, id)))
  }
  if (question.clashes !== undefined) {
    const { type, filter } = question.clashes
    first.push(branchOf(resourceRules(context.everything, type), filter))
  }
  first.push(...branchesOfSought(rules, question.sought ?? []))
  const [some = [], ...more] = chunks(question.ids ?? [], IDS_PER_SEARCH).map((ids) =>
    rules.resources.flatMap((resource) => {
      const values = ids
        .filter(({ types }) => types.includes(resource.type.name))
        .flatMap(({ id }) => rules.dialect.id.toValue(id) ?? [])
      if (values.length === 0) return []
      return [branchOf(resource, or(values.map((id) => equal(rules.dialect.id.attribute, id))))]
    }),
  )
  if (rides(rules, question)) {
    first.push({
      base: rules.scope.suffix,
      filter: filterOfAbove(context.everything, question.above ?? []),
    })
  }
  // Reading a resource with all its members must not read those of the groups among its members.
  const apart = question.read?.large === true
  return (apart ? [first, some, ...more] : [[...first, ...some], ...more]).filter((branches) =>
    branches.some(({ filter }) => filter.kind !== 'false'),
  )
}

/**
 * Whether it costs nothing to ask for the groups above as well: a search is sent anyway, from the
 * suffix, and it brings no long lists of members.
 */
function rides({ scope, resources }: Rules, { above, read, ids, clashes }: Question): boolean {
  if (above === undefined || above.length === 0 || read !== undefined) return false
  if ((ids?.length ?? 0) === 0 && clashes === undefined) return false
  return sameDn(commonAncestor(resources.map(({ base }) => base)), scope.suffix)
}

function branchOf(resource: ResourceRules, filter: Filter): Branch {
  return { base: resource.base, filter: and([resource.filter, filter]) }
}

/** One search for all branches whose bases have an ancestor in common, else one a base. */
function groupedByTree(branches: readonly Branch[]): readonly Branch[] {
  const base = commonAncestor(branches.map((branch) => branch.base))
  if (base.rdns.length > 0) return [{ base, filter: or(branches.map(({ filter }) => filter)) }]
  return branches
}

function factsFrom(
  { rules, everything, guards }: Context,
  question: Question,
  entries: readonly Entry[],
  server: Server,
  known: Facts | undefined,
): Facts {
  const references = new Map(known?.references)
  const wantedIds = new Set(question.ids?.map(({ id }) => id))
  const clashes: Entry[] = []
  const ownId = known?.entry && idOf(known.entry, rules)
  const holders: Entry[] = []
  let read = known?.entry
  for (const entry of entries) {
    const resource = typeOfEntry(rules.resources, entry.dn, entry)
    const type = resource?.type.name
    if (resource === undefined || hasMembers(resource)) holders.push(entry)
    const [idValue] = valuesOf(entry, rules.dialect.id.attribute)
    const id = idValue === undefined ? undefined : rules.dialect.id.toId(idValue)
    if (id === undefined) continue
    const isRead = id === question.read?.id && type === question.read.type
    if (isRead) read = entry
    if (wantedIds.has(id)) {
      const reference = referenceOf(rules, rules.resources, entry.dn, entry)
      if (reference !== undefined) references.set(id, reference)
      if (resource !== undefined && hasMembers(resource)) guards.remember(id, entry.dn)
    }
    const { clashes: sought } = question
    const isClash =
      sought !== undefined &&
      typeOfEntry(everything.resources, entry.dn, entry)?.type.name === sought.type &&
      satisfies(sought.filter, entry)
    const isOwn = isRead || id === ownId
    if (isClash && !isOwn) clashes.push(entry)
  }
  const { dereference = [], inParts = false } = question.read ?? {}
  const told = inParts ? [] : dereferencedIn(rules, entries, dereference)
  const byDn = new Map([...(known?.byDn ?? []), ...told])
  const { above: dns } = question
  const isAsked = ({ dn }: Entry) => dns?.some((one) => sameDn(one, dn)) === true
  const { backlink } = rules.dialect.groups
  const groups =
    backlink === undefined
      ? holders.filter((entry) => !isAsked(entry))
      : entries.filter((entry) => isAsked(entry) && valuesOf(entry, backlink).length > 0)
  const above = dns !== undefined && rides(rules, question) ? { dns, groups } : known?.above
  return {
    server,
    ...(read !== undefined && { entry: read }),
    references,
    byDn: withReferences(rules, byDn, references.values()),
    clashes,
    links: linksFrom(rules, question, entries, known),
    ...(above !== undefined && { above }),
  }
}

/** Others may have been found, too: what they hold tells. */
function linksFrom(
  rules: Rules,
  { sought = [] }: Question,
  entries: readonly Entry[],
  known: Facts | undefined,
): Links {
  const links = known?.links ?? new Map<string, readonly Reference[]>()
  if (sought.length === 0) return links
  const holding = entries.filter((entry) =>
    sought.some(({ holder, text }) => textsOf(entry, holder.ldap).includes(text)),
  )
  return withLinks(rules, sought, holding, links)
}

function clashAttributes({ clashes }: Question): readonly string[] {
  const filter = clashes?.filter
  const parts = filter?.kind === 'or' ? filter.filters : filter === undefined ? [] : [filter]
  return parts.flatMap((part) => (part.kind === 'equal' ? [part.attribute] : []))
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const result: (readonly T[])[] = []
  for (let start = 0; start < items.length; start += size) {
    result.push(items.slice(start, start + size))
  }
  return result
}
