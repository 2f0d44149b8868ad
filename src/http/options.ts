import type { Profile } from '../scim/client-quirks.ts'

/** A client, the secrets that it may show, and how it is dealt with. */
export interface ClientOptions {
  readonly name: string
  readonly tokens: readonly TokenOptions[]
  readonly profile?: Profile
  /** What becomes of references to resources that do not exist; the profile's own unless given. */
  readonly unknownReferences?: 'refuse' | 'skip'
  /** userName of the person that the client stands for. */
  readonly user?: string
  /** Whose rights it has in the directory, by proxied authorization: `dn:…` or `u:…`. */
  readonly actAs?: string
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
