import { bulkIdIn, printReference, referencesIn } from './bulk-references.ts'
import { orderUnits } from './bulk-order.ts'
import { ScimError } from './error.ts'
import { isArray, isObject, kindOf, memberIgnoringCase } from './json.ts'
import { BULK_REQUEST, sameUrn } from './urn.ts'
import type { Tolerance } from './client-quirks.ts'
import type { Json, JsonObject } from './json.ts'

/** A BulkRequest message (RFC 7644 §3.7). */
export interface BulkRequest {
  /** After how many errors no further operation is carried out. */
  readonly failOnErrors?: number
  readonly operations: readonly BulkOperation[]
}

/** One operation, or why it cannot be carried out whatever the others do. */
export type BulkOperation = CreateOperation | ChangeOperation | RemoveOperation | RefusedOperation

export interface CreateOperation extends Head {
  readonly method: 'POST'
  readonly bulkId: string
  readonly endpoint: string
  readonly data: JsonObject
}

export interface ChangeOperation extends Head {
  readonly method: 'PUT' | 'PATCH'
  readonly endpoint: string
  readonly id: string
  /** The If-Match condition. */
  readonly version?: string
  readonly data: JsonObject
}

export interface RemoveOperation extends Head {
  readonly method: 'DELETE'
  readonly endpoint: string
  readonly id: string
  /** The If-Match condition. */
  readonly version?: string
}

/** With as much of the rest as could be read. */
export interface RefusedOperation extends Head {
  readonly error: ScimError
}

interface Head {
  readonly method?: Method
  readonly bulkId?: string
  /** Of the resource type, as the mapping spells it. */
  readonly endpoint?: string
  /** Of the resource; may be `bulkId:…`. */
  readonly id?: string
  /** The bulkIds of the new resources that the operation needs, the one in its path too. */
  readonly references: ReadonlySet<string>
}

export type Method = (typeof METHODS)[number]

const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'] as const

/** What can be asked for in a BulkRequest. */
export interface BulkLimits {
  readonly maxOperations: number
  /** Endpoints of the resource types, e.g. `/Users`. */
  readonly endpoints: readonly string[]
}

/**
 * Reads a BulkRequest. What is wrong with one operation is the answer to that operation and no
 * matter of the others; only where it is not clear what the operations are is the request refused.
 *
 * @throws {ScimError} 413 for too many operations (§3.7.4), invalidSyntax, invalidValue.
 */
export function readBulk(body: unknown, limits: BulkLimits, tolerance: Tolerance): BulkRequest {
  if (!isObject(body)) {
    throw new ScimError(
      'invalidSyntax',
      `A bulk request must be a JSON object, not ${kindOf(body)}`,
    )
  }
  checkSchemas(memberIgnoringCase(body, 'schemas'), tolerance)
  const operations = memberIgnoringCase(body, 'Operations')
  if (!isArray(operations)) {
    throw new ScimError('invalidSyntax', `Operations must be an array, not ${kindOf(operations)}`)
  }
  const { maxOperations } = limits
  if (operations.length > maxOperations) {
    throw new ScimError(
      413,
      `the number of operations, ${operations.length}, exceeds maxOperations (${maxOperations})`,
    )
  }
  const failOnErrors = readFailOnErrors(memberIgnoringCase(body, 'failOnErrors') ?? undefined)
  const read = operations.map((operation, index) => readOperation(operation, index, limits))
  const creators = creatorsIn(read)
  return {
    ...(failOnErrors !== undefined && { failOnErrors }),
    operations: read.map((operation) => refuseUnknown(operation, creators)),
  }
}

/**
 * The order of the operations, by index: after what they refer to, and those on one resource in
 * the order given (§3.7). More than one together refer to each other in a circle.
 */
export function orderOf({ operations }: BulkRequest): readonly (readonly number[])[] {
  const creators = creatorsIn(operations)
  const last = new Map<string, number>()
  return orderUnits(
    operations.map((operation, index) => {
      const needs = [...operation.references].flatMap((bulkId) => creators.get(bulkId) ?? [])
      if (operation.id === undefined) return needs
      const resource = `${operation.endpoint} ${operation.id.toLowerCase()}`
      const before = last.get(resource)
      last.set(resource, index)
      return before === undefined ? needs : [...needs, before]
    }),
  )
}

function checkSchemas(schemas: Json | undefined, tolerance: Tolerance): void {
  if (!isArray(schemas) || schemas.length === 0) {
    tolerance.tolerate('schemasMissing', `schemas is missing; it must be ["${BULK_REQUEST}"]`)
  } else if (!schemas.every((urn) => typeof urn === 'string' && sameUrn(urn, BULK_REQUEST))) {
    tolerance.tolerate('schemasWrong', `schemas must be ["${BULK_REQUEST}"]`)
  }
}

function readFailOnErrors(value: Json | undefined): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value
  throw new ScimError('invalidValue', 'failOnErrors must be an integer, 1 or more')
}

/** The POST that has each bulkId; in a Map, for clients may call one `__proto__`. */
function creatorsIn(operations: readonly BulkOperation[]): ReadonlyMap<string, number> {
  const creators = new Map<string, number>()
  operations.forEach(({ method, bulkId }, index) => {
    if (method !== 'POST' || bulkId === undefined) return
    const other = creators.get(bulkId)
    if (other !== undefined) {
      throw new ScimError(
        'invalidValue',
        `Operations[${other}] and Operations[${index}] have the same bulkId; it must be unique`,
      )
    }
    creators.set(bulkId, index)
  })
  return creators
}

function refuseUnknown(
  operation: BulkOperation,
  creators: ReadonlyMap<string, number>,
): BulkOperation {
  const unknown = [...operation.references].filter((bulkId) => !creators.has(bulkId))
  if (unknown.length === 0) return operation
  return refused(
    operation,
    new ScimError(
      'invalidValue',
      `no POST of the request has the bulkId of ${unknown.map(printReference).join(', ')}`,
    ),
  )
}

/** The operation as one that needs nothing, because it is not carried out. */
function refused({ method, bulkId, endpoint, id }: Head, error: ScimError): RefusedOperation {
  return {
    ...(method !== undefined && { method }),
    ...(bulkId !== undefined && { bulkId }),
    ...(endpoint !== undefined && { endpoint }),
    ...(id !== undefined && { id }),
    references: new Set(),
    error,
  }
}

/** What is known of an operation as it is read. */
type Draft = { -readonly [Name in keyof Head]: Head[Name] }

function readOperation(operation: Json, index: number, limits: BulkLimits): BulkOperation {
  if (!isObject(operation)) {
    throw new ScimError(
      'invalidSyntax',
      `Operations[${index}] must be an object, not ${kindOf(operation)}`,
    )
  }
  const draft: Draft = { references: new Set() }
  try {
    return complete(draft, operation, limits)
  } catch (error) {
    if (!(error instanceof ScimError)) throw error
    return refused(draft, error)
  }
}

function complete(draft: Draft, operation: JsonObject, limits: BulkLimits): BulkOperation {
  const bulkId = textIn(operation, 'bulkId')
  if (bulkId !== undefined) draft.bulkId = bulkId
  const method = readMethod(memberIgnoringCase(operation, 'method'))
  draft.method = method
  const path = textIn(operation, 'path')
  if (path === undefined) throw new ScimError('invalidSyntax', 'path is missing')
  const { endpoint, id } = readPath(path, limits.endpoints)
  draft.endpoint = endpoint
  if (method === 'POST') {
    if (id !== undefined) {
      throw new ScimError(405, `POST needs the path of a resource type, such as ${endpoint}`)
    }
    if (bulkId === undefined) throw new ScimError('invalidSyntax', 'bulkId is missing')
    const data = readData(operation)
    return { method, bulkId, endpoint, data, references: referencesIn(data) }
  }
  if (id === undefined) {
    throw new ScimError(405, `${method} needs the path of a resource, such as ${endpoint}/{id}`)
  }
  draft.id = id
  const version = textIn(operation, 'version')
  const own = bulkIdIn(id)
  const references = new Set(own === undefined ? [] : [own])
  const rest = {
    ...(bulkId !== undefined && { bulkId }),
    ...(version !== undefined && { version }),
    endpoint,
    id,
  }
  if (method === 'DELETE') return { method, ...rest, references }
  const data = readData(operation)
  return { method, ...rest, data, references: new Set([...references, ...referencesIn(data)]) }
}

/** `method` is a string like others, whose letter case does not count (RFC 7643 §7). */
function readMethod(value: Json | undefined): Method {
  const name = typeof value === 'string' ? value.toUpperCase() : undefined
  const method = METHODS.find((one) => one === name)
  if (method !== undefined) return method
  throw new ScimError('invalidSyntax', 'method must be "POST", "PUT", "PATCH" or "DELETE"')
}

function textIn(operation: JsonObject, name: string): string | undefined {
  const value = memberIgnoringCase(operation, name) ?? undefined
  if (value === undefined || typeof value === 'string') return value
  throw new ScimError('invalidSyntax', `${name} must be a string, not ${kindOf(value)}`)
}

function readData(operation: JsonObject): JsonObject {
  const data = memberIgnoringCase(operation, 'data')
  if (isObject(data)) return data
  throw new ScimError('invalidSyntax', `data must be an object, not ${kindOf(data)}`)
}

/**
 * `/Users` or `/Users/{id}`, percent-encoded as in a URL. An id is any text: what it finds is the
 * directory's matter, and `..` finds nothing.
 */
function readPath(
  path: string,
  endpoints: readonly string[],
): { readonly endpoint: string; readonly id?: string } {
  const shown = JSON.stringify(path)
  if (/[?#]/.test(path)) throw new ScimError('invalidPath', `${shown} must be a path and no more`)
  const [first = '', id, ...rest] = path.replace(/^\/|\/$/g, '').split('/')
  const [name, own] = [first, id].map((segment) => segment && decode(segment, shown))
  const endpoint = endpoints.find((one) => one.toLowerCase() === `/${name ?? ''}`.toLowerCase())
  if (endpoint === undefined) {
    const known = endpoints.join(', ')
    throw new ScimError(404, `${shown} is on no resource type; bulk operations are on ${known}`)
  }
  if (own === undefined) return { endpoint }
  if (rest.length > 0 || own === '') {
    throw new ScimError('invalidPath', `${shown} must be ${endpoint} or ${endpoint}/{id}`)
  }
  return { endpoint, id: own }
}

function decode(segment: string, path: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (cause) {
    throw new ScimError('invalidPath', `${path} has a percent-encoding that is none`, { cause })
  }
}
