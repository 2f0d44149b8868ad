import type { Profile, UnknownReferences } from '../scim/client-quirks.ts'

/** A client, the secrets that it may show, and how it is dealt with. */
export interface ClientOptions {
  readonly name: string
  readonly tokens: readonly TokenOptions[]
  readonly profile?: Profile
  /** The profile's own unless given. */
  readonly unknownReferences?: UnknownReferences
}

export interface TokenOptions {
  /** Of the token's text, hexadecimal. */
  readonly sha256: string
  /** ISO 8601; the token is refused from then on. */
  readonly expires?: string
}

/** One endpoint as HTTP sees it. */
export interface EndpointOptions {
  /** Absolute path, e.g. `/scim/v2`. */
  readonly path: string
  readonly clients: readonly ClientOptions[]
}

export interface HttpOptions {
  /** Scheme and host that clients use, where a proxy stands in between; else the Host header's. */
  readonly publicUrl?: string
  /** Largest request body in bytes. */
  readonly bodyLimit: number
}
