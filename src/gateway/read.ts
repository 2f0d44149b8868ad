import type { Entry } from '../ldap/entry.ts'
import type { Filter } from '../ldap/filter.ts'
import { and, equal, or, printFilter } from '../ldap/filter.ts'
import type { Search } from '../ldap/operation.ts'
import type { Server } from '../ldap/server.ts'
import type { AttributeRule, ResourceRules } from '../mapping/rules.ts'
import { dereferencedIn } from '../plan/facts.ts'
import type { Facts, Reading, Reference } from '../plan/facts.ts'
import { idsInFilter, translateFilter } from '../plan/filter.ts'
import { readingOf } from '../plan/reading.ts'
import { idOf, resourceOf, unresolvedDns } from '../plan/resource.ts'
import { ScimError } from '../scim/error.ts'
import { isReturned, project } from '../scim/projection.ts'
import type { Projection } from '../scim/projection.ts'
import type { ListQuery } from '../scim/query.ts'
import type { Resource } from '../scim/resource.ts'
import type { Context } from './context.ts'
import { serverOf } from './context.ts'
import { gather, resolveDns } from './gather.ts'
import { PAGE_SIZE, searchAll } from './search.ts'

/** Resources on a page where the client names no number, and the most that it can name. */
export const PAGE = { default: 100, most: 1000 } as const

/** A page of a list; `totalResults` is exact. */
export interface Page {
  readonly resources: readonly Resource[]
  readonly totalResults: number
  readonly startIndex: number
}

/** @throws {ScimError} 404 */
export async function get(
  context: Context,
  resource: ResourceRules,
  id: string,
  projection: Projection,
): Promise<Resource> {
  const server = await serverOf(context)
  const wanted = wantedRules(resource, projection)
  const reading = readingOf(context.rules, resource, wanted, server)
  const facts = await gather(
    context,
    { read: { ...reading, type: resource.type.name, id } },
    server,
  )
  const shown = await render(context, resource, wanted, requireEntry(resource, id, facts), facts)
  return project(resource.type, shown, projection)
}

/**
 * One page of the resources that a filter finds. A result that fits the first page costs one
 * search; a longer one is collected as ids once, and each page reads its own entries.
 */
export async function list(
  context: Context,
  resource: ResourceRules,
  query: ListQuery,
): Promise<Page> {
  const { startIndex, projection } = query
  const count = Math.min(query.count ?? PAGE.default, PAGE.most)
  const server = await serverOf(context)
  const filter = and([resource.filter, await searchFilter(context, resource, query, server)])
  if (filter.kind === 'false') return { resources: [], totalResults: 0, startIndex }
  const wanted = wantedRules(resource, projection)
  const reading = readingOf(context.rules, resource, wanted, server)
  const show = async (entries: readonly Entry[]) => {
    const shown = await renderAll(context, resource, wanted, entries, server)
    return shown.map((one) => project(resource.type, one, projection))
  }
  if (startIndex === 1 && count > 0) {
    const search = { ...searchOf(resource, filter, reading), sizeLimit: count }
    const { entries, complete } = await context.directory.search(search, { signal: context.signal })
    if (complete) {
      const ordered = inOrder(context, entries)
      return { resources: await show(ordered), totalResults: entries.length, startIndex }
    }
  }
  const ids = await idsOf(context, resource, filter, startIndex)
  const page = ids.slice(startIndex - 1, startIndex - 1 + count)
  const { attribute } = context.rules.dialect.id
  const entries =
    page.length === 0
      ? []
      : await searchAll(
          context,
          searchOf(
            resource,
            and([resource.filter, or(page.map((id) => equal(attribute, id)))]),
            reading,
          ),
        )
  return {
    resources: await show(inOrder(context, entries)),
    totalResults: ids.length,
    startIndex,
  }
}

/** The rules whose attributes a client gets to see. */
export function wantedRules(
  resource: ResourceRules,
  projection: Projection,
): readonly AttributeRule[] {
  return resource.attributes.filter(({ path }) => isReturned(resource.type, projection, path))
}

/** @throws {ScimError} 404 */
export function requireEntry({ type }: ResourceRules, id: string, { entry }: Facts): Entry {
  if (entry === undefined)
    throw new ScimError(404, `no ${type.name} has the id ${JSON.stringify(id)}`)
  return entry
}

/** An entry as a resource; references that nobody has resolved yet are looked up. */
export async function render(
  context: Context,
  resource: ResourceRules,
  wanted: readonly AttributeRule[],
  entry: Entry,
  facts: Pick<Facts, 'byDn' | 'server'>,
): Promise<Resource> {
  const missing = unresolvedDns([entry], wanted, facts.byDn)
  const byDn = await resolveDns(context, missing, facts.server, facts.byDn)
  return resourceOf(entry, renderingOf(context, resource, wanted, byDn))
}

async function renderAll(
  context: Context,
  resource: ResourceRules,
  wanted: readonly AttributeRule[],
  entries: readonly Entry[],
  server: Server,
): Promise<readonly Resource[]> {
  const known = dereferencedIn(context.rules, entries)
  const missing = unresolvedDns(entries, wanted, known)
  const byDn = await resolveDns(context, missing, server, known)
  const rendering = renderingOf(context, resource, wanted, byDn)
  return entries.map((entry) => resourceOf(entry, rendering))
}

function renderingOf(
  { rules, baseUrl }: Context,
  resource: ResourceRules,
  wanted: readonly AttributeRule[],
  byDn: ReadonlyMap<string, Reference | undefined>,
) {
  return { rules, resource, wanted, byDn, baseUrl }
}

async function searchFilter(
  context: Context,
  resource: ResourceRules,
  { filter }: ListQuery,
  server: Server,
): Promise<Filter> {
  if (filter === undefined) return { kind: 'true' }
  const ids = idsInFilter(filter, resource)
  const { references } = await gather(context, { ids }, server)
  return translateFilter(filter, { rules: context.rules, resource, server, references })
}

/** The ids of the whole list in order: of a listing under way, or collected afresh. */
async function idsOf(
  context: Context,
  resource: ResourceRules,
  filter: Filter,
  startIndex: number,
): Promise<readonly string[]> {
  const { rules, directory, lists, client, signal } = context
  const key = JSON.stringify([client, resource.type.name, printFilter(filter)])
  const kept = startIndex > 1 ? lists.get(key) : undefined
  if (kept !== undefined) return kept
  const search = searchOf(resource, filter, {
    attributes: [rules.dialect.id.attribute],
    dereference: [],
  })
  const ids: string[] = []
  for await (const page of directory.pages(search, PAGE_SIZE, { signal })) {
    ids.push(...page.map((entry) => idOf(entry, rules)))
  }
  ids.sort()
  lists.put(key, ids)
  return ids
}

function searchOf(
  { base }: ResourceRules,
  filter: Filter,
  { attributes, dereference }: Reading,
): Search {
  return {
    base,
    scope: 'subtree',
    filter,
    attributes,
    ...(dereference.length > 0 && { dereference }),
  }
}

/** By id, which is the order of every list. */
function inOrder({ rules }: Context, entries: readonly Entry[]): readonly Entry[] {
  const keyed = entries.map((entry) => [idOf(entry, rules), entry] as const)
  return keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, entry]) => entry)
}
