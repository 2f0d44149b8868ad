import type { Schema } from './schema.ts'

/** A resource type (RFC 7643 §6), with its schemas as far as the mapping fills them. */
export interface ResourceType {
  readonly name: string
  readonly description: string
  /** Relative to the base URL, e.g. `/Users`. */
  readonly endpoint: string
  readonly schema: Schema
  readonly extensions: readonly SchemaExtension[]
}

export interface SchemaExtension {
  readonly schema: Schema
  readonly required: boolean
}
