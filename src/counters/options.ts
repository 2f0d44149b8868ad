/** The store that replicas share their counts by: Redis or what speaks its protocol (Valkey). */
export interface CountersOptions {
  /** redis://host[:port][/database], or rediss:// for TLS; without credentials. */
  readonly url: string
  readonly username?: string
  readonly password?: string
  /** PEM; the system's CAs unless given. */
  readonly ca?: string
}
