import type { Entry } from '../ldap/entry.ts'
import type { Server } from '../ldap/server.ts'
import type { AttributeRule, ResourceRules } from '../mapping/rules.ts'
import { unlinkedIn } from '../plan/backlinks.ts'
import { dereferencedIn } from '../plan/facts.ts'
import type { Facts, Links, Reference } from '../plan/facts.ts'
import { readingOf } from '../plan/reading.ts'
import { resourceOf, unresolvedIn } from '../plan/resource.ts'
import { ScimError } from '../scim/error.ts'
import { isReturned, project } from '../scim/projection.ts'
import type { Projection } from '../scim/projection.ts'
import type { Resource } from '../scim/resource.ts'
import { failedCondition } from '../scim/version.ts'
import type { Conditions } from '../scim/version.ts'
import type { Context } from './context.ts'
import { serverOf } from './context.ts'
import { gather, resolveLinks, resolveNames } from './gather.ts'

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

/** @throws {ScimError} 412, where the resource is not at the version that the request is about. */
export function requireConditions(resource: Resource, conditions: Conditions): void {
  const { version } = resource.meta as { readonly version?: string }
  const failed = failedCondition(conditions, version)
  if (failed === undefined) return
  throw new ScimError(
    412,
    failed === 'If-Match'
      ? 'the resource has another version than If-Match asks for'
      : 'the resource has a version that If-None-Match rules out',
  )
}

/** The rules whose attributes a client gets to see; the same array for the same projection. */
export function wantedRules(
  resource: ResourceRules,
  projection: Projection,
): readonly AttributeRule[] {
  let byProjection = wanted.get(resource)
  if (byProjection === undefined) wanted.set(resource, (byProjection = new WeakMap()))
  let rules = byProjection.get(projection)
  if (rules === undefined) {
    rules = resource.attributes.filter(({ path }) => isReturned(resource.type, projection, path))
    byProjection.set(projection, rules)
  }
  return rules
}

const wanted = new WeakMap<ResourceRules, WeakMap<Projection, readonly AttributeRule[]>>()

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
  facts: Pick<Facts, 'byDn' | 'links' | 'server'>,
): Promise<Resource> {
  const missing = unresolvedIn([entry], wanted, facts.byDn)
  const unlinked = unlinkedIn([entry], wanted, facts.links)
  const [byDn, links] = await Promise.all([
    resolveNames(context, missing, facts.server, facts.byDn),
    resolveLinks(context, unlinked, facts.server, facts.links),
  ])
  return resourceOf(entry, renderingOf(context, resource, wanted, { byDn, links }))
}

/** Entries as resources; references that did not come with them are looked up together. */
export async function renderAll(
  context: Context,
  resource: ResourceRules,
  wanted: readonly AttributeRule[],
  entries: readonly Entry[],
  server: Server,
): Promise<readonly Resource[]> {
  const { dereference } = readingOf(context.rules, resource, wanted, server)
  const known = dereferencedIn(context.rules, entries, dereference)
  const missing = unresolvedIn(entries, wanted, known)
  const [byDn, links] = await Promise.all([
    resolveNames(context, missing, server, known),
    resolveLinks(context, unlinkedIn(entries, wanted, NO_LINKS), server, NO_LINKS),
  ])
  const rendering = renderingOf(context, resource, wanted, { byDn, links })
  return entries.map((entry) => resourceOf(entry, rendering))
}

function renderingOf(
  { rules, baseUrl }: Context,
  resource: ResourceRules,
  wanted: readonly AttributeRule[],
  found: { readonly byDn: ReadonlyMap<string, Reference | undefined>; readonly links: Links },
) {
  return { rules, resource, wanted, ...found, baseUrl }
}

const NO_LINKS: Links = new Map()
