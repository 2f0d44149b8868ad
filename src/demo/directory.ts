import { createHash, randomBytes } from 'node:crypto'
import type { NewEntry } from './ldif.ts'

/** What every private directory may be told. */
export interface DirectoryOptions {
  /** `dc=example,dc=test` unless given; its first RDN is a `dc`, `o` or `ou`. */
  readonly suffix?: string
  /** Loaded before the server starts, below `ou=people` and `ou=groups`, which are there. */
  readonly entries?: readonly NewEntry[]
  /** The port of LDAPS; a free one unless given. */
  readonly port?: number
  /** Passwords are random unless given. */
  readonly adminPassword?: string
  readonly servicePassword?: string
  /** Gives up starting: what was begun is ended and removed, and the signal's reason is thrown. */
  readonly signal?: AbortSignal
}

/** A private directory that is up. */
export interface RunningDirectory {
  /** `ldaps://localhost:PORT`, its certificate signed by `ca`. */
  readonly url: string
  /** `ldap://localhost:PORT`, which speaks StartTLS. */
  readonly plainUrl: string
  readonly caFile: string
  /** PEM text of `caFile`. */
  readonly ca: string
  readonly suffix: string
  /** No access control, no limits. */
  readonly adminDn: string
  readonly adminPassword: string
  /** What a gateway binds as: writes by access control, without limits. */
  readonly serviceDn: string
  readonly servicePassword: string
  /** The server's process, where it is a child of this one. */
  readonly pid?: number
  /** Ends the server and removes its folder. */
  stop(): Promise<void>
}

export const DEFAULT_SUFFIX = 'dc=example,dc=test'

/** `{SSHA}`, which servers read without a module. */
export function saltedHash(password: string): string {
  const salt = randomBytes(8)
  const hash = createHash('sha1').update(password).update(salt).digest()
  return `{SSHA}${Buffer.concat([hash, salt]).toString('base64')}`
}

export function randomPassword(): string {
  return randomBytes(18).toString('base64url')
}
