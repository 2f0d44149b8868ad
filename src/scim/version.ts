import { ScimError } from './error.ts'

/** `*`, or the opaque parts of entity tags: without quotes and `W/`. */
export type EntityTags = '*' | readonly string[]

/**
 * The entity tags of an If-Match or If-None-Match header (RFC 9110 §8.8.3, RFC 7644 §3.14).
 *
 * @throws {ScimError} invalidValue if it is not a list of quoted tags.
 */
export function parseEntityTags(header: string): EntityTags {
  if (header.trim() === '*') return '*'
  const tags: string[] = []
  let at = 0
  for (;;) {
    while (isBlank(header[at]) || header[at] === ',') at++
    if (at >= header.length) break
    if (header.startsWith('W/', at)) at += 2
    const end = header[at] === '"' ? header.indexOf('"', at + 1) : -1
    if (end === -1) throw refusal()
    tags.push(header.slice(at + 1, end))
    at = end + 1
    while (isBlank(header[at])) at++
    if (at < header.length && header[at] !== ',') throw refusal()
  }
  if (tags.length === 0) throw refusal()
  return tags
}

/** What a request says of the version that it is about: headers as they came. */
export interface Conditions {
  readonly ifMatch?: string
  readonly ifNoneMatch?: string
}

export function isConditional({ ifMatch, ifNoneMatch }: Conditions): boolean {
  return ifMatch !== undefined || ifNoneMatch !== undefined
}

/**
 * The condition that does not hold for a resource with this `meta.version` (`W/"…"`), if one does
 * not. Tags are compared weakly, as SCIM's are weak (RFC 7644 §3.14, RFC 9110 §13.1).
 *
 * @throws {ScimError} invalidValue where a header is no list of entity tags.
 */
export function failedCondition(
  { ifMatch, ifNoneMatch }: Conditions,
  version: string | undefined,
): 'If-Match' | 'If-None-Match' | undefined {
  if (ifMatch !== undefined && !includes(parseEntityTags(ifMatch), version)) return 'If-Match'
  if (ifNoneMatch !== undefined && includes(parseEntityTags(ifNoneMatch), version)) {
    return 'If-None-Match'
  }
  return undefined
}

/** `*` is any version of a resource that is there, known or not. */
function includes(tags: EntityTags, version: string | undefined): boolean {
  if (tags === '*') return true
  if (version === undefined) return false
  const own = parseEntityTags(version)
  return own !== '*' && own.some((tag) => tags.includes(tag))
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t'
}

function refusal(): ScimError {
  return new ScimError('invalidValue', 'An entity tag must be quoted, such as W/"3", or be *')
}
