import { BULK_RESPONSE, ERROR, LIST_RESPONSE } from './urn.ts'
import type { Method } from './bulk.ts'
import type { ScimError } from './error.ts'
import type { JsonObject } from './json.ts'
import type { Resource } from './resource.ts'

/**
 * A ListResponse (RFC 7644 §3.4.2, RFC 9865 §2). `itemsPerPage` is what is on this page, and
 * `Resources` is there even if empty.
 */
export function listResponse({
  resources,
  totalResults,
  ...position
}: {
  readonly resources: readonly Resource[]
  readonly totalResults: number
  readonly startIndex?: number
  readonly nextCursor?: string
  readonly previousCursor?: string
}): JsonObject {
  return {
    schemas: [LIST_RESPONSE],
    totalResults,
    ...position,
    itemsPerPage: resources.length,
    Resources: resources,
  }
}

/** An Error message (RFC 7644 §3.12), where the status is a string. */
export function errorMessage(error: ScimError): JsonObject {
  return {
    schemas: [ERROR],
    status: String(error.status),
    ...(error.scimType === undefined ? {} : { scimType: error.scimType }),
    detail: error.message,
  }
}

/** What became of one operation of a bulk request. */
export interface BulkResult {
  /** Absent where the request named none that there is. */
  readonly method?: Method
  readonly bulkId?: string
  readonly location?: string
  /** The weak ETag that the resource has now. */
  readonly version?: string
  readonly status: number
  readonly error?: ScimError
}

/** A BulkResponse (RFC 7644 §3.7.3); of what succeeded the bodies are left out. */
export function bulkResponse(results: readonly BulkResult[]): JsonObject {
  return {
    schemas: [BULK_RESPONSE],
    Operations: results.map(({ status, error, ...rest }) => ({
      ...rest,
      status: String(status),
      ...(error !== undefined && { response: errorMessage(error) }),
    })),
  }
}
