import { STRICT } from './client-quirks.ts'
import { ScimError } from './error.ts'
import { parseFilter } from './filter.ts'
import { isArray, isObject, kindOf, memberIgnoringCase } from './json.ts'
import { parseAttributePath } from './path.ts'
import { readProjection } from './projection.ts'
import type { Tolerance } from './client-quirks.ts'
import type { Filter } from './filter.ts'
import type { Json } from './json.ts'
import type { AttributePath } from './path.ts'
import type { Projection } from './projection.ts'

/** What a client asks of a list (RFC 7644 §3.4.2). */
export interface ListQuery {
  readonly filter?: Filter
  /** Of the first resource, counted from 1. */
  readonly startIndex: number
  /** How many at most; 0 asks for the total alone. */
  readonly count?: number
  /** Where to go on (RFC 9865 §2.1); empty for the first page. */
  readonly cursor?: string
  readonly projection: Projection
  readonly sortBy?: AttributePath
  readonly sortOrder: 'ascending' | 'descending'
}

/**
 * A list query from query parameters, names in lower case. Parameters with other names change
 * nothing; a start below 1 means 1, a count below 0 means 0 (§3.4.2.4).
 *
 * @throws {ScimError} invalidFilter, invalidPath (sortBy), invalidValue (the others).
 */
export function readListQuery(
  parameters: ReadonlyMap<string, string>,
  tolerance: Tolerance = STRICT,
): ListQuery {
  const filter = parameters.get('filter')
  const sortBy = parameters.get('sortby')
  const cursor = parameters.get('cursor')
  const startIndex = readInteger('startIndex', parameters.get('startindex'))
  const count = readInteger('count', parameters.get('count'))
  return {
    ...(filter === undefined ? {} : { filter: parseFilter(filter, {}, tolerance) }),
    startIndex: Math.max(1, startIndex ?? 1),
    ...(count === undefined ? {} : { count: Math.max(0, count) }),
    ...(cursor === undefined ? {} : { cursor }),
    projection: readProjection(parameters, tolerance),
    ...(sortBy === undefined || sortBy === ''
      ? {}
      : { sortBy: parseAttributePath(sortBy, tolerance) }),
    sortOrder: readOrder(parameters.get('sortorder')),
  }
}

/**
 * A list query from the body of a POST to `/.search` (RFC 7644 §3.4.3).
 *
 * @throws {ScimError} invalidSyntax if the body or a member has the wrong type; else as
 *   `readListQuery`.
 */
export function readSearchRequest(body: unknown, tolerance: Tolerance = STRICT): ListQuery {
  if (!isObject(body)) {
    throw new ScimError('invalidSyntax', `A search must be a JSON object, not ${kindOf(body)}`)
  }
  const parameters = new Map<string, string>()
  for (const [name, read] of MEMBERS) {
    const value = memberIgnoringCase(body, name)
    if (value !== undefined && value !== null) parameters.set(name.toLowerCase(), read(name, value))
  }
  return readListQuery(parameters, tolerance)
}

type ReadMember = (name: string, value: Json) => string

const MEMBERS: readonly (readonly [string, ReadMember])[] = [
  ['filter', readText],
  ['startIndex', readNumber],
  ['count', readNumber],
  ['cursor', readText],
  ['attributes', readTexts],
  ['excludedAttributes', readTexts],
  ['sortBy', readText],
  ['sortOrder', readText],
]

function readText(name: string, value: Json): string {
  if (typeof value === 'string') return value
  throw new ScimError('invalidSyntax', `${name} must be a string, not ${kindOf(value)}`)
}

function readNumber(name: string, value: Json): string {
  if (typeof value === 'number' || typeof value === 'string') return String(value)
  throw new ScimError('invalidSyntax', `${name} must be an integer, not ${kindOf(value)}`)
}

function readTexts(name: string, value: Json): string {
  if (!isArray(value)) return readText(name, value)
  return value.map((item, index) => readText(`${name}[${index}]`, item)).join(',')
}

function readInteger(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  if (!/^[+-]?[0-9]+$/.test(text)) {
    throw new ScimError('invalidValue', `${name} must be an integer`)
  }
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER)
}

function readOrder(text = ''): ListQuery['sortOrder'] {
  const order = text === '' ? 'ascending' : text.toLowerCase()
  if (order === 'ascending' || order === 'descending') return order
  throw new ScimError('invalidValue', 'sortOrder must be "ascending" or "descending"')
}
