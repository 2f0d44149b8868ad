import type { Rights } from '../gateway/access.ts'
import type { Profile } from '../scim/client-quirks.ts'

/** A client, how it shows who it is, and how it is dealt with. It has one credential or more. */
export interface ClientOptions {
  readonly name: string
  readonly tokens?: readonly TokenOptions[]
  readonly jwt?: JwtOptions
  readonly certificate?: CertificateOptions
  readonly basic?: BasicOptions
  readonly profile?: Profile
  /** What becomes of references to resources that do not exist; the profile's own unless given. */
  readonly unknownReferences?: 'refuse' | 'skip'
  /** userName of the person that the client stands for. */
  readonly user?: string
  /** Whose rights it has in the directory, by proxied authorization: `dn:…` or `u:…`. */
  readonly actAs?: string
  /** By the name of an endpoint, e.g. `Users`; everything where absent. */
  readonly rights?: Rights
  /** DN of the subtree that the client is confined to. */
  readonly subtree?: string
  /** The limit of all clients unless given. */
  readonly rate?: Rate
  /** The limit of all clients unless given. */
  readonly concurrency?: number
}

export interface TokenOptions {
  /** Of the token's text, hexadecimal. */
  readonly sha256: string
  /** ISO 8601; the token is refused from then on. */
  readonly expires?: string
}

/** Tokens that somebody else issues (RFC 7519, RFC 9068). */
export interface JwtOptions {
  /** The `iss` that tokens must have. */
  readonly issuer: string
  /** The `aud` that tokens must have, one of these. */
  readonly audience: string | readonly string[]
  /** Where the issuer's keys are; found by its discovery document unless given. */
  readonly jwksUri?: string
  readonly algorithms: readonly string[]
  /** Claims that tokens must have, by name: the value, or one of these. */
  readonly claims?: Readonly<Record<string, ClaimValue | readonly ClaimValue[]>>
  readonly clockSkewSeconds: number
}

export type ClaimValue = string | number | boolean

/** A client certificate, by all that is given. */
export interface CertificateOptions {
  /** As RFC 4514 writes it; the order of its parts does not matter. */
  readonly subject?: string
  /** One of the subject alternative names, with its kind: `DNS:`, `URI:`, `email:` or `IP:`. */
  readonly san?: string
  /** SHA-256 of the certificate, hexadecimal, with or without colons. */
  readonly fingerprint256?: string
  /** Counts only together with another credential of the client, and that only with it. */
  readonly together?: boolean
}

/** HTTP Basic (RFC 7617). */
export interface BasicOptions {
  readonly user: string
  /** `scim2ldap password` makes it: `$scrypt$ln=…,r=…,p=…$salt$hash`. */
  readonly scrypt: string
}

/** So many requests within so many seconds. */
export interface Rate {
  readonly requests: number
  readonly seconds: number
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
  /** Networks of proxies whose headers are believed. */
  readonly trustedProxies: readonly string[]
  /** The header by which trusted proxies hand on a client's certificate. */
  readonly clientCertificateHeader?: string
}

/** How much there may be of it at a time. */
export interface LimitOptions {
  /** Of each client that has no rate of its own. */
  readonly rate: Rate
  /** Requests of one client that are worked on at the same time. */
  readonly concurrency: number
  /** The same over all clients. */
  readonly totalConcurrency: number
  /** Requests that wait for their turn, of one client. */
  readonly queue: number
  /** Failed attempts of one address to show who it is. */
  readonly failedAttempts: { readonly most: number; readonly seconds: number }
  /** After which a request is given up. */
  readonly requestSeconds: number
}
