import { commonAncestor, sameDn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import { textsOf, valuesOf } from '../ldap/entry.ts'
import { equal, or } from '../ldap/filter.ts'
import { satisfies } from '../ldap/match.ts'
import type { Server } from '../ldap/server.ts'
import type { Rules } from '../mapping/rules.ts'
import { resourceRules } from '../mapping/rules.ts'
import { withLinks } from '../plan/backlinks.ts'
import { dereferencedIn, referenceOf, typeOfEntry, withReferences } from '../plan/facts.ts'
import type { Facts, Links, Question, Reference } from '../plan/facts.ts'
import { hasMembers } from '../plan/membership.ts'
import { filterOfAbove, tellingAttributes, tellingOfOne } from '../plan/protection.ts'
import { idOf } from '../plan/resource.ts'
import { branchesOfSought, branchOf, chunks, groupedByTree, namesOfAll } from './branches.ts'
import type { Branch } from './branches.ts'
import type { Context } from './context.ts'
import { searchAll } from './search.ts'

/** Ids that one filter names at most. */
const IDS_PER_SEARCH = 1001 // a thousand members and their group

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
