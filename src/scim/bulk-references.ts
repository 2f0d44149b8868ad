import { isArray, isObject } from './json.ts'
import { LIMITS } from './scanner.ts'
import type { Json, JsonObject } from './json.ts'

/** What stands before a bulkId where the id of a new resource belongs (RFC 7644 §3.7.2). */
const PREFIX = 'bulkId:'

/** The bulkId that a text refers to. */
export function bulkIdIn(text: string): string | undefined {
  return text.startsWith(PREFIX) ? text.slice(PREFIX.length) : undefined
}

/** A bulkId as clients refer to it. */
export function printReference(bulkId: string): string {
  return PREFIX + bulkId
}

/**
 * The bulkIds that data refers to: texts anywhere in it that are `bulkId:…`, and strings in the
 * filters of PATCH paths, `members[value eq "bulkId:…"]`.
 */
export function referencesIn(data: Json): ReadonlySet<string> {
  const found = new Set<string>()
  replaceIn(data, false, (bulkId) => {
    found.add(bulkId)
    return undefined
  })
  return found
}

/** Data with the ids of new resources in the place of their bulkIds; those not known stay. */
export function withIds(data: Json, ids: ReadonlyMap<string, string>): Json {
  return replaceIn(data, false, (bulkId) => ids.get(bulkId))
}

/**
 * A new resource in two parts: what can be created now, and the attributes, or values of
 * multi-valued ones, that refer to what is not there yet (RFC 7644 §3.7.1).
 */
export function splitUnknown(
  data: JsonObject,
  ids: ReadonlyMap<string, string>,
): { readonly now: JsonObject; readonly later?: JsonObject } {
  return split(data, (value) => [...referencesIn(value)].every((bulkId) => ids.has(bulkId)))
}

function split(
  data: JsonObject,
  isKnown: (value: Json) => boolean,
): { now: JsonObject; later?: JsonObject } {
  const now: [string, Json][] = []
  const later: [string, Json][] = []
  for (const [name, value] of Object.entries(data)) {
    if (isKnown(value)) now.push([name, value])
    else if (isArray(value)) {
      now.push([name, value.filter(isKnown)])
      later.push([name, value.filter((element) => !isKnown(element))])
    } else if (isObject(value) && name.includes(':')) {
      // An extension: its URN is the name, and its attributes are split as those of the core are.
      const parts = split(value, isKnown)
      now.push([name, parts.now])
      if (parts.later !== undefined) later.push([name, parts.later])
    } else later.push([name, value])
  }
  return {
    now: Object.fromEntries(now),
    ...(later.length > 0 && { later: Object.fromEntries(later) }),
  }
}

/** @param inPath Whether the value is that of a member called `path`. */
function replaceIn(
  value: Json,
  inPath: boolean,
  idOf: (bulkId: string) => string | undefined,
): Json {
  if (typeof value === 'string') {
    const bulkId = bulkIdIn(value)
    if (bulkId !== undefined) return idOf(bulkId) ?? value
    return inPath ? replaceInPath(value, idOf) : value
  }
  if (isArray(value)) return value.map((element) => replaceIn(element, false, idOf))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      replaceIn(item, name.toLowerCase() === 'path', idOf),
    ]),
  )
}

/** A string of a filter, also one that nobody has closed: so the search never turns back. */
const STRING = /"(?:[^"\\]|\\.)*(?:"|\\?$)/gs

function replaceInPath(path: string, idOf: (bulkId: string) => string | undefined): string {
  // What is longer is refused as a path.
  if (path.length > LIMITS.textLength || !path.includes(PREFIX)) return path
  return path.replace(STRING, (literal) => {
    const bulkId = bulkIdIn(stringOf(literal) ?? '')
    const id = bulkId === undefined ? undefined : idOf(bulkId)
    return id === undefined ? literal : JSON.stringify(id)
  })
}

function stringOf(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string // a literal in quotes is a string
  } catch {
    return undefined
  }
}
