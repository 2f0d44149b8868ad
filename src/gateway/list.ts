import type { Entry } from '../ldap/entry.ts'
import type { Filter } from '../ldap/filter.ts'
import { and, equal, or, printFilter } from '../ldap/filter.ts'
import type { Search } from '../ldap/operation.ts'
import type { Server } from '../ldap/server.ts'
import type { AttributeRule, ResourceRules } from '../mapping/rules.ts'
import { idsInFilter, rulesInFilter, rulesOf, translateFilter } from '../plan/filter.ts'
import { isMembership } from '../plan/membership.ts'
import { remainderOf, rulesInParts } from '../plan/parts.ts'
import { readingOf } from '../plan/reading.ts'
import { idOf } from '../plan/resource.ts'
import { sortingOf } from '../plan/sort.ts'
import type { Sorting } from '../plan/sort.ts'
import { ScimError } from '../scim/error.ts'
import { checkFilterQuirks } from '../scim/filter-quirks.ts'
import { resourceMatcher } from '../scim/match.ts'
import { printAttributePath } from '../scim/path.ts'
import { project } from '../scim/projection.ts'
import type { Projection } from '../scim/projection.ts'
import type { ListQuery } from '../scim/query.ts'
import type { Resource } from '../scim/resource.ts'
import type { Context } from './context.ts'
import { serverOf } from './context.ts'
import { compareListed, cursorsAround, windowAt } from './cursor.ts'
import type { Window } from './cursor.ts'
import { gather } from './gather.ts'
import type { List, Listed } from './lists.ts'
import { renderAll, showEntry, wantedRules } from './read.ts'
import { PAGE_SIZE, searchAll } from './search.ts'

/** Resources on a page where the client names no number, and the most that it can name. */
export const PAGE = { default: 100, most: 1000 } as const

/** A page of a list; `totalResults` is exact. */
export interface Page {
  readonly resources: readonly Resource[]
  readonly totalResults: number
  /** Absent where the page was asked for by a cursor. */
  readonly startIndex?: number
  readonly nextCursor?: string
  readonly previousCursor?: string
}

/** How the resources of one type are found and looked at. */
interface Finding {
  readonly resource: ResourceRules
  readonly filter: Filter
  /** Whether a resource that was found is one that was asked for; absent where all are. */
  readonly accepts?: (resource: Resource) => boolean
  readonly sorting?: Sorting
  /** The rules that `accepts` and `sorting` look at. */
  readonly looked: readonly AttributeRule[]
  /** The rules that the client gets to see. */
  readonly wanted: readonly AttributeRule[]
  readonly projection: Projection
}

/** What the client gets to see of a resource, and its place in the order. */
interface Shown {
  readonly listed: Listed
  readonly resource: Resource
}

/**
 * One page of the resources of some types that a filter finds (RFC 7644 §3.4.2, RFC 9865). A result
 * that fits the first page costs one search a type; a longer one is collected once, as ids in their
 * order, and each page reads its own entries.
 *
 * @throws {ScimError} invalidFilter, invalidPath (sortBy), tooMany, invalidCursor, expiredCursor
 */
export async function list(
  context: Context,
  resources: readonly ResourceRules[],
  query: ListQuery,
): Promise<Page> {
  const server = await serverOf(context)
  const findings = await findingsOf(context, resources, query, server)
  const count = Math.min(query.count ?? PAGE.default, PAGE.most)
  const first = query.cursor === undefined ? query.startIndex === 1 : query.cursor === ''
  const identity = identityOf(context, findings, query)
  const whole =
    first && seemsToFit(context, query, identity, count)
      ? await wholeList(context, findings, query, count, server)
      : undefined
  if (whole !== undefined) {
    context.lists.noteWhole(identity, whole.length)
    return {
      resources: whole,
      totalResults: whole.length,
      ...(query.cursor === undefined && { startIndex: 1 }),
    }
  }
  const all = await orderedList(context, findings, query, { identity, first, server })
  const descending = query.sortOrder === 'descending'
  const sealed = { seal: context.seal, context: identity, descending }
  const window: Window =
    query.cursor === undefined
      ? { from: query.startIndex - 1, to: query.startIndex - 1 + count }
      : windowAt(all, query.cursor, count, sealed)
  return {
    resources: await show(context, findings, all.slice(window.from, window.to), server),
    totalResults: all.length,
    ...(query.cursor === undefined
      ? { startIndex: query.startIndex }
      : cursorsAround(all, window, sealed)),
  }
}

async function findingsOf(
  context: Context,
  resources: readonly ResourceRules[],
  { filter, sortBy, projection }: ListQuery,
  server: Server,
): Promise<readonly Finding[]> {
  const { rules, tolerance } = context
  if (filter !== undefined) {
    for (const { type } of resources) checkFilterQuirks(type, filter, tolerance)
  }
  const ids =
    filter === undefined ? [] : resources.flatMap((resource) => idsInFilter(filter, resource))
  const { references } = await gather(context, { ids }, server)
  const findings = resources.map((resource): Finding => {
    const matches = filter && resourceMatcher(resource.type, filter)
    const translated = filter && translateFilter(filter, { rules, resource, server, references })
    const sorting = sortBy && sortingOf(resource.type, sortBy)
    const accepts = translated?.exact === false ? matches : undefined
    return {
      resource,
      filter: and([resource.filter, translated?.filter ?? { kind: 'true' }]),
      ...(accepts !== undefined && { accepts }),
      ...(sorting !== undefined && { sorting }),
      looked: [
        ...new Set([
          ...(accepts !== undefined && filter !== undefined ? rulesInFilter(filter, resource) : []),
          ...(sorting === undefined ? [] : rulesOf(sorting.path, resource)),
        ]),
      ],
      wanted: wantedRules(resource, projection),
      projection,
    }
  })
  if (sortBy !== undefined && findings.every(({ sorting }) => sorting === undefined)) {
    throw new ScimError(
      'invalidPath',
      `sortBy: there is no attribute "${printAttributePath(sortBy)}"`,
    )
  }
  return findings.filter((finding) => finding.filter.kind !== 'false')
}

/**
 * Whether it is worth a search to try for the whole list at once: going by the last time, else
 * there is a filter, which finds one or two as a rule.
 */
function seemsToFit(
  { lists }: Context,
  { filter }: ListQuery,
  identity: string,
  count: number,
): boolean {
  const length = lists.lastLength(identity)
  return count > 0 && (length === undefined ? filter !== undefined : length <= count)
}

/** Everything, where it is not more than a page. */
async function wholeList(
  context: Context,
  findings: readonly Finding[],
  { sortOrder }: ListQuery,
  count: number,
  server: Server,
): Promise<readonly Resource[] | undefined> {
  const found: Shown[] = []
  for (const finding of findings) {
    const { looked, wanted } = finding
    const rules = [...new Set([...looked, ...wanted])]
    const search = { ...searchOf(context, finding, rules, server), sizeLimit: count }
    const options = { signal: context.signal, large: rules.some(isMembership) }
    const { entries, complete } = await context.directory.search(search, options)
    if (!complete) return undefined
    found.push(...(await showAll(context, finding, rules, entries, server)))
    if (found.length > count) return undefined
  }
  const descending = sortOrder === 'descending'
  return found
    .sort((left, right) => compareListed(left.listed, right.listed, descending))
    .map(({ resource }) => resource)
}

/** The whole list: of a listing under way, or collected afresh. */
async function orderedList(
  context: Context,
  findings: readonly Finding[],
  { sortOrder }: ListQuery,
  { identity, first, server }: { identity: string; first: boolean; server: Server },
): Promise<List> {
  const kept = first ? undefined : context.lists.get(identity)
  if (kept !== undefined) return kept
  const all: Listed[] = []
  for (const finding of findings) all.push(...(await collect(context, finding, server)))
  const descending = sortOrder === 'descending'
  all.sort((left, right) => compareListed(left, right, descending))
  context.lists.put(identity, all)
  return all
}

async function collect(
  context: Context,
  finding: Finding,
  server: Server,
): Promise<readonly Listed[]> {
  const { rules, directory, lookThrough, signal } = context
  const { resource, looked, accepts, sorting } = finding
  const plain = accepts === undefined && sorting === undefined
  const search = plain
    ? { ...searchOf(context, finding, [], server), attributes: [rules.dialect.id.attribute] }
    : searchOf(context, finding, looked, server)
  const all: Listed[] = []
  let seen = 0
  for await (const entries of directory.pages(search, PAGE_SIZE, { signal })) {
    seen += entries.length
    if (accepts !== undefined && seen > lookThrough) throw tooMany(resource, lookThrough)
    if (plain) {
      const type = resource.type.name
      for (const entry of entries) all.push({ id: idOf(entry, rules), type })
      continue
    }
    for (const one of await renderAll(context, resource, looked, entries, server)) {
      if (accepts?.(one) !== false) all.push(listedOf(one, finding))
    }
  }
  return all
}

/** The resources of a page in its order; those that were deleted meanwhile are left out. */
async function show(
  context: Context,
  findings: readonly Finding[],
  page: List,
  server: Server,
): Promise<readonly Resource[]> {
  const { dialect } = context.rules
  const shown = new Map<string, Resource>()
  for (const finding of findings) {
    const { resource, wanted } = finding
    const values = page
      .filter(({ type }) => type === resource.type.name)
      .flatMap(({ id }) => dialect.id.toValue(id) ?? [])
    if (values.length === 0) continue
    const byId = or(values.map((value) => equal(dialect.id.attribute, value)))
    const filter = and([resource.filter, byId])
    const search = searchOf(context, { resource, filter }, wanted, server)
    const entries = await searchAll(context, search, wanted.some(isMembership))
    // That they belong to the list is known, and not to be seen in what is shown of them.
    const { accepts: _known, ...listed } = finding
    for (const one of await showAll(context, listed, wanted, entries, server)) {
      shown.set(one.listed.id, one.resource)
    }
  }
  return page.flatMap(({ id }) => {
    const one = shown.get(id)
    return one === undefined ? [] : [one]
  })
}

/**
 * Those of the entries that were asked for. The ones with references by the thousand are worked off
 * one after the other, unless it is their references that are looked at.
 */
async function showAll(
  context: Context,
  { accepts, ...finding }: Finding,
  rules: readonly AttributeRule[],
  entries: readonly Entry[],
  server: Server,
): Promise<readonly Shown[]> {
  const { resource, looked, wanted, projection } = finding
  const isLarge = (entry: Entry) => {
    const large: readonly AttributeRule[] = rulesInParts(entry, wanted)
    return large.length > 0 && !looked.some((rule) => large.includes(rule))
  }
  const { small = [], large = [] } = Object.groupBy(entries, (entry) =>
    isLarge(entry) ? 'large' : 'small',
  )
  const shown = (await renderAll(context, resource, rules, small, server))
    .filter((one) => accepts?.(one) !== false)
    .map((one) => ({
      listed: listedOf(one, finding),
      resource: project(resource.type, one, projection),
    }))
  for (const entry of large) {
    const rest = remainderOf(entry, rulesInParts(entry, wanted))
    const [one] = await renderAll(context, resource, looked, [rest], server)
    if (one === undefined || accepts?.(one) === false) continue
    const view = { wanted, projection }
    shown.push({
      listed: listedOf(one, finding),
      resource: await showEntry(context, resource, view, entry, server),
    })
  }
  return shown
}

function searchOf(
  { rules }: Context,
  { resource, filter }: Pick<Finding, 'resource' | 'filter'>,
  wanted: readonly AttributeRule[],
  server: Server,
): Search {
  const { attributes, dereference } = readingOf(rules, resource, wanted, server)
  return {
    base: resource.base,
    scope: 'subtree',
    filter,
    attributes,
    ...(dereference.length > 0 && { dereference }),
  }
}

function listedOf(resource: Resource, { resource: { type }, sorting }: Finding): Listed {
  const key = sorting?.keyOf(resource)
  return { id: idIn(resource), type: type.name, ...(key !== undefined && { key }) }
}

function idIn({ id }: Resource): string {
  return typeof id === 'string' ? id : ''
}

/** What makes two requests ask for the same list. */
function identityOf(
  { client }: Context,
  findings: readonly Finding[],
  { filter, sortBy, sortOrder }: ListQuery,
): string {
  return JSON.stringify([
    client,
    findings.map((finding) => [finding.resource.type.name, printFilter(finding.filter)]),
    filter ?? null,
    sortBy ?? null,
    sortOrder,
  ])
}

function tooMany({ type }: ResourceRules, lookThrough: number): ScimError {
  return new ScimError(
    'tooMany',
    `the directory cannot answer this filter by itself, and more than ${lookThrough} resources of type ${type.name} would have to be looked at; make it narrower, for example by "and" with an attribute that can be searched for`,
  )
}
