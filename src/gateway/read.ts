import type { Entry } from '../ldap/entry.ts'
import type { Server } from '../ldap/server.ts'
import type { AttributeRule, ResourceRules } from '../mapping/rules.ts'
import { unlinkedIn } from '../plan/backlinks.ts'
import { dereferencedIn } from '../plan/facts.ts'
import type { Facts, Links, Reference } from '../plan/facts.ts'
import { hasMembers, isMembership } from '../plan/membership.ts'
import { digestOf } from '../plan/meta.ts'
import { partsOf, remainderOf, rulesInParts } from '../plan/parts.ts'
import { readingOf } from '../plan/reading.ts'
import { idOf, referencesOf, resourceOf, unresolvedIn } from '../plan/resource.ts'
import { SetDigest } from '../plan/set-digest.ts'
import { ScimError } from '../scim/error.ts'
import { isReturned, project } from '../scim/projection.ts'
import type { Projection } from '../scim/projection.ts'
import type { ResolvedPath } from '../scim/path.ts'
import { getAttribute, withAttribute } from '../scim/resource.ts'
import type { Json, JsonObject, Resource } from '../scim/resource.ts'
import { failedCondition } from '../scim/version.ts'
import type { Conditions } from '../scim/version.ts'
import type { Context } from './context.ts'
import { serverOf } from './context.ts'
import { gather } from './gather.ts'
import { resolveLinks, resolveNames } from './resolve.ts'
import { turn } from './turn.ts'

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
  const large = wanted.some(isMembership)
  const read = { ...reading, type: resource.type.name, id, large, inParts: true }
  const entry = requireEntry(resource, id, await gather(context, { read }, server))
  return showEntry(context, resource, { wanted, projection }, entry, server)
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
export function requireEntry(
  { type }: ResourceRules,
  id: string,
  { entry }: Pick<Facts, 'entry'>,
): Entry {
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
  noteGroups(context, resource, [entry])
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
  const found = await foundOf(context, resource, wanted, entries, server)
  const rendering = renderingOf(context, resource, wanted, found)
  return entries.map((entry) => resourceOf(entry, rendering))
}

/** What a client gets to see of resources. */
interface View {
  /** The rules that it sees something of. */
  readonly wanted: readonly AttributeRule[]
  readonly projection: Projection
}

/**
 * An entry as a client gets to see it. Where it has references by the thousand, they are worked off
 * part by part: others get their turn in between, and only what is shown is kept.
 */
export async function showEntry(
  context: Context,
  resource: ResourceRules,
  { wanted, projection }: View,
  entry: Entry,
  server: Server,
): Promise<Resource> {
  const { type } = resource
  const digests = new Map<AttributeRule, SetDigest>()
  const shown: [ResolvedPath, Json[]][] = []
  const large = rulesInParts(entry, wanted)
  for (const rule of large) {
    const { path } = rule
    const digest = new SetDigest()
    const elements: Json[] = []
    // Several names may be those of one resource, in different parts.
    const ids = new Set<Json | undefined>()
    const isNew = ({ value }: JsonObject) => {
      const before = ids.size
      return ids.add(value).size > before
    }
    for (const part of partsOf(entry, rule)) {
      const found = await foundOf(context, resource, [rule], [part], server)
      const references = referencesOf(
        rule,
        part,
        renderingOf(context, resource, [rule], found),
      ).filter(isNew)
      digestOf(references, digest)
      const visible = project(type, withAttribute({}, path, references), projection)
      elements.push(...((getAttribute(visible, path) ?? []) as readonly Json[]))
      await turn()
    }
    digests.set(rule, digest)
    if (elements.length > 0) shown.push([path, elements])
  }
  const rest = remainderOf(entry, large)
  const found = await foundOf(context, resource, wanted, [rest], server)
  const whole = resourceOf(rest, renderingOf(context, resource, wanted, found), digests)
  const withSome = (to: Resource, most?: number) =>
    shown.reduce((all, [path, elements]) => withAttribute(all, path, elements.slice(0, most)), to)
  // One of each will do to tell which schemas there are.
  return withSome(project(type, withSome(whole, 1), projection))
}

/** What the references of entries name, as told with them, and who refers to them; the rest is looked up. */
async function foundOf(
  context: Context,
  resource: ResourceRules,
  wanted: readonly AttributeRule[],
  entries: readonly Entry[],
  server: Server,
): Promise<Pick<Facts, 'byDn' | 'links'>> {
  noteGroups(context, resource, entries)
  const { dereference } = readingOf(context.rules, resource, wanted, server)
  const known = dereferencedIn(context.rules, entries, dereference)
  const missing = unresolvedIn(entries, wanted, known)
  const [byDn, links] = await Promise.all([
    resolveNames(context, missing, server, known),
    resolveLinks(context, unlinkedIn(entries, wanted, NO_LINKS), server, NO_LINKS),
  ])
  return { byDn, links }
}

/** Where groups are is remembered, for when somebody joins them. */
function noteGroups(
  { guards, rules }: Context,
  resource: ResourceRules,
  entries: readonly Entry[],
): void {
  if (!hasMembers(resource)) return
  for (const entry of entries) guards.remember(idOf(entry, rules), entry.dn)
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
