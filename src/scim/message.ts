import { ERROR, LIST_RESPONSE } from './urn.ts'
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
