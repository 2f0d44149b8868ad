import { and, printFilter } from '../ldap/filter.ts'
import type { Server } from '../ldap/server.ts'
import type { ResourceRules } from '../mapping/rules.ts'
import { idsInFilter, rulesInFilter, rulesOf, translateFilter } from '../plan/filter.ts'
import { isMembership } from '../plan/membership.ts'
import { sortingOf } from '../plan/sort.ts'
import { ScimError } from '../scim/error.ts'
import { checkFilterQuirks } from '../scim/filter-quirks.ts'
import { resourceMatcher } from '../scim/match.ts'
import { printAttributePath } from '../scim/path.ts'
import type { ListQuery } from '../scim/query.ts'
import type { Resource } from '../scim/resource.ts'
import type { Context } from './context.ts'
import { serverOf } from './context.ts'
import { compareListed, cursorsAround, windowAt } from './cursor.ts'
import type { Window } from './cursor.ts'
import { collect, searchOf, show, showAll } from './finding.ts'
import type { Finding, Shown } from './finding.ts'
import { gather } from './gather.ts'
import type { List, Listed } from './lists.ts'
import { wantedRules } from './read.ts'

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
