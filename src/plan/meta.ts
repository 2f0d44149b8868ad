import { hash } from 'node:crypto'
import type { Entry } from '../ldap/entry.ts'
import { firstText } from '../ldap/entry.ts'
import { parseGeneralizedTime } from '../ldap/syntax.ts'
import type { AttributeRule, ResourceRules, Rules } from '../mapping/rules.ts'
import { isObject } from '../scim/json.ts'
import { isReturned } from '../scim/projection.ts'
import type { Json, JsonObject } from '../scim/resource.ts'
import { SetDigest } from './set-digest.ts'

/** `meta` of a resource (RFC 7643 §3.1). @param location Its absolute URL. */
export function metaOf(
  entry: Entry,
  { dialect }: Rules,
  resource: ResourceRules,
  stateOf: StateOf,
  location: string,
  wanted: readonly AttributeRule[],
): JsonObject {
  const created = isoTime(firstText(entry, dialect.created))
  const lastModified = isoTime(firstText(entry, dialect.modified))
  const stamp = dialect.version === undefined ? undefined : firstText(entry, dialect.version)
  const version =
    stamp === undefined
      ? versionOfShown(lastModified, resource, stateOf, wanted)
      : versionOf(stamp, resource, stateOf, wanted)
  return {
    resourceType: resource.type.name,
    ...(created !== undefined && { created }),
    ...(lastModified !== undefined && { lastModified }),
    location,
    ...(version !== undefined && { version }),
  }
}

/**
 * The weak ETag (RFC 7644 §3.14). The server's version attribute does not move when an entry that
 * is referred to is renamed or deleted (directories differ), so what is shown of references goes
 * into it; there is none where a reference was left unread.
 */
function versionOf(
  stamp: string,
  resource: ResourceRules,
  stateOf: StateOf,
  wanted: readonly AttributeRule[],
): string | undefined {
  const references = resource.attributes.filter(
    ({ kind }) => kind === 'reference' || kind === 'backlink',
  )
  if (references.some((rule) => !wanted.includes(rule))) return undefined
  return weakTag([stamp, ...references.map(stateOf)])
}

/**
 * The weak ETag where the server has no version attribute: of what is shown where nothing else is
 * asked for, `lastModified` too. There is none where some of that was left unread.
 */
function versionOfShown(
  lastModified: string | undefined,
  resource: ResourceRules,
  stateOf: StateOf,
  wanted: readonly AttributeRule[],
): string | undefined {
  const rules = rulesShown(resource)
  if (rules.some((rule) => !wanted.includes(rule))) return undefined
  return weakTag([lastModified ?? '', ...rules.map(stateOf)])
}

const rulesByResource = new WeakMap<ResourceRules, readonly AttributeRule[]>()

/** The rules of what is shown where nothing else is asked for. */
function rulesShown(resource: ResourceRules): readonly AttributeRule[] {
  const known = rulesByResource.get(resource)
  if (known !== undefined) return known
  const rules = resource.attributes.filter(({ path }) => isReturned(resource.type, {}, path))
  rulesByResource.set(resource, rules)
  return rules
}

/** What tells what is shown of an attribute from anything else that could be. */
type StateOf = (rule: AttributeRule) => string

/** Values have no order; the location of the gateway is not part of the resource. */
export function digestOf(value: Json | undefined, digest = new SetDigest()): SetDigest {
  for (const one of [value ?? []].flat()) {
    if (!isObject(one)) digest.add(JSON.stringify(one))
    else {
      const { $ref: _, ...rest } = one
      digest.add(JSON.stringify(rest))
    }
  }
  return digest
}

function weakTag(parts: readonly string[]): string {
  return `W/"${hash('sha256', parts.join('\0'), 'base64url').slice(0, 22)}"`
}

function isoTime(text: string | undefined): string | undefined {
  const millis = text === undefined ? undefined : parseGeneralizedTime(text)
  return millis === undefined ? undefined : new Date(millis).toISOString()
}
