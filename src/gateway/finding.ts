import type { Entry } from '../ldap/entry.ts'
import type { Filter } from '../ldap/filter.ts'
import { and, equal, or } from '../ldap/filter.ts'
import type { Search } from '../ldap/operation.ts'
import type { Server } from '../ldap/server.ts'
import type { AttributeRule, ResourceRules } from '../mapping/rules.ts'
import { isMembership } from '../plan/membership.ts'
import { remainderOf, rulesInParts } from '../plan/parts.ts'
import { readingOf } from '../plan/reading.ts'
import { idOf } from '../plan/resource.ts'
import type { Sorting } from '../plan/sort.ts'
import { ScimError } from '../scim/error.ts'
import { project } from '../scim/projection.ts'
import type { Projection } from '../scim/projection.ts'
import type { Resource } from '../scim/resource.ts'
import type { Context } from './context.ts'
import type { List, Listed } from './lists.ts'
import { renderAll, showEntry } from './read.ts'
import { PAGE_SIZE, searchAll } from './search.ts'

/** How the resources of one type are found and looked at. */
export interface Finding {
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
export interface Shown {
  readonly listed: Listed
  readonly resource: Resource
}

/**
 * The ids of all resources that a finding finds, with what they are sorted by.
 *
 * @throws {ScimError} tooMany
 */
export async function collect(
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
export async function show(
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
export async function showAll(
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

/** The search that finds them, with what the rules of `wanted` want to know. */
export function searchOf(
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

function tooMany({ type }: ResourceRules, lookThrough: number): ScimError {
  return new ScimError(
    'tooMany',
    `the directory cannot answer this filter by itself, and more than ${lookThrough} resources of type ${type.name} would have to be looked at; make it narrower, for example by "and" with an attribute that can be searched for`,
  )
}
