import { isIP } from 'node:net'

import type { ResolveSrv } from './discovery.ts'
import { serviceOf, systemResolver } from './discovery.ts'

/** How to reach and enter a directory. What is optional has its default in `DEFAULTS`. */
export interface DirectoryOptions {
  /**
   * `ldap://host[:port]` or `ldaps://host[:port]`, the preferred server first; `ldap+srv://domain` or
   * `ldaps+srv://domain` for the servers that DNS knows.
   */
  readonly urls: readonly string[]
  readonly bind: BindOptions
  /** DN of what the servers are asked about before they are gone back to; the root DSE unless given. */
  readonly suffix?: string
  /** Whom clients act as; servers without proxied authorization (RFC 4370) are then refused. */
  readonly identities?: readonly Identity[]
  /** Whether `ldap://` connections turn to TLS before anything else is sent (RFC 4511 §4.14). */
  readonly startTls?: boolean
  /** Binding without TLS to a host other than this one: credentials and data can be read on the way. */
  readonly allowPlaintext?: boolean
  readonly tls?: TlsOptions
  /** For TCP, TLS and bind together; also the longest that an operation waits for a connection. */
  readonly connectTimeoutMs?: number
  readonly operationTimeoutMs?: number
  /** Connections that many operations share. */
  readonly poolSize?: number
  /** Connections for paged searches, one search on each at a time. */
  readonly searchPoolSize?: number
  /** Operations that may wait for a connection; further ones are refused at once. */
  readonly maxQueue?: number
  readonly maxPendingPerConnection?: number
  /** After so much silence a connection is asked for a sign of life, and the preferred server tried. */
  readonly heartbeatMs?: number
  /** The largest message that is taken from a server. */
  readonly maxMessageBytes?: number
  /** How DNS is asked; by the system's resolver unless given. */
  readonly resolveSrv?: ResolveSrv
}

/** Whose rights a client has in the directory: `dn:…` or `u:…` (RFC 4513 §5.2.1.8). */
export interface Identity {
  readonly client: string
  readonly actAs: string
}

export interface TlsOptions {
  /** Certificates that are trusted instead of the system's, PEM. */
  readonly ca?: string | Buffer
  /** The client's own certificate and key, PEM. */
  readonly certificate?: string | Buffer
  readonly key?: string | Buffer
  /** The name that the certificate must carry where it is not the URL's host. */
  readonly servername?: string
  /** Takes any certificate. Anyone on the way can then read and change everything. */
  readonly allowUnverified?: boolean
}

export type BindOptions =
  | { readonly kind: 'simple'; readonly dn: string; readonly password: string }
  | { readonly kind: 'external' }

export type CompleteOptions = Required<DirectoryOptions>

export const DEFAULTS: Omit<CompleteOptions, 'urls' | 'bind'> = {
  suffix: '',
  identities: [],
  startTls: false,
  allowPlaintext: false,
  tls: {},
  connectTimeoutMs: 5_000,
  operationTimeoutMs: 30_000,
  poolSize: 4,
  searchPoolSize: 2,
  maxQueue: 1_000,
  maxPendingPerConnection: 100,
  heartbeatMs: 30_000,
  maxMessageBytes: 64 * 1024 * 1024,
  resolveSrv: systemResolver(),
}

/** A server's URL, taken apart. */
export interface Address {
  readonly url: string
  readonly host: string
  readonly port: number
  /** Whether TLS begins with the first byte. */
  readonly secure: boolean
}

/**
 * The options with their defaults.
 *
 * @throws {Error} Where they cannot work, or would send a password or data in the clear.
 */
export function completeOptions(options: DirectoryOptions): CompleteOptions {
  const complete = { ...DEFAULTS, ...options }
  if (complete.urls.length === 0) throw new Error('urls: expected at least one server')
  for (const url of complete.urls) {
    const service = serviceOf(url)
    const { secure } = service ?? addressOf(url)
    const local = service === undefined && isLoopback(addressOf(url).host)
    if (!secure && !complete.startTls && !local && !complete.allowPlaintext) {
      throw new Error(
        `${url}: binding without TLS is refused; use ldaps://, startTls, or allowPlaintext if you accept that everything can be read on the way`,
      )
    }
  }
  checkBind(complete)
  return complete
}

/** @throws {Error} Where `url` is not the URL of an LDAP server. */
export function addressOf(url: string): Address {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const secure = parsed?.protocol === 'ldaps:'
  if (parsed === undefined || (!secure && parsed.protocol !== 'ldap:') || parsed.hostname === '') {
    throw new Error(`${url}: expected ldaps://host[:port] or ldap://host[:port]`)
  }
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1')
  return { url, host, port: Number(parsed.port) || (secure ? 636 : 389), secure }
}

function checkBind({ bind, tls }: CompleteOptions): void {
  if (bind.kind === 'external') {
    if (tls.certificate === undefined || tls.key === undefined) {
      throw new Error('bind: external needs tls.certificate and tls.key')
    }
    return
  }
  // RFC 4513 §5.1.2: a server takes a name without a password as nobody, and answers success.
  if (bind.password === '') throw new Error('bind: the password is empty')
  if (bind.dn === '') throw new Error('bind: the DN is empty')
}

function isLoopback(host: string): boolean {
  if (isIP(host) === 0) return host === 'localhost'
  return host === '::1' || host.startsWith('127.')
}
