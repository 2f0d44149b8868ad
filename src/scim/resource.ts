/** JSON as it came or as it will go. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

/**
 * A resource: attributes in the schema's spelling, those of an extension in an object under its
 * URN. `id`, `externalId`, `schemas` and `meta` are there as the message has them. Absent means
 * unassigned; there are no nulls, empty arrays or empty objects in it (RFC 7643 §2.5).
 */
export type Resource = JsonObject
