import type { Change } from './change.ts'
import { childOf, parentOf } from './dn.ts'
import type { Dn, Rdn } from './dn.ts'
import type { Attribute } from './entry.ts'
import type { Filter } from './filter.ts'

/** A search (RFC 4511 §4.5) with the controls that ride on it. */
export interface Search {
  readonly base: Dn
  readonly scope: 'base' | 'one' | 'subtree'
  readonly filter: Filter
  /** Attribute descriptions to return; none at all = no attributes (sent as `1.1`). */
  readonly attributes: readonly string[]
  /** Entries at most; the result then says that it is not complete. */
  readonly sizeLimit?: number
  /** DN attributes to follow, each with what to return of the entries that they name. */
  readonly dereference?: readonly Dereference[]
}

export interface Dereference {
  readonly attribute: string
  readonly attributes: readonly string[]
}

export interface Add {
  readonly dn: Dn
  readonly attributes: readonly Attribute[]
  /** Attributes to return of the new entry (post-read control). */
  readonly postRead?: readonly string[]
}

export interface Modify {
  readonly dn: Dn
  /** What the server takes in the place of the DN, and means one entry whatever its DN. */
  readonly target?: string
  readonly changes: readonly Change[]
  /** What is added to the one value of an integer (RFC 4525); what it is then, a post-read tells. */
  readonly increment?: { readonly attribute: string; readonly by: number }
  /** What must hold of the entry (assertion control). */
  readonly assertion?: Filter
  /** Adding what is there and deleting what is not are no errors (permissive modify control). */
  readonly permissive?: boolean
  readonly preRead?: readonly string[]
  readonly postRead?: readonly string[]
}

/** ModifyDN; the old RDN's values go, unless it keeps them. */
export interface Rename {
  readonly dn: Dn
  readonly rdn: Rdn
  readonly keepsOldRdn?: true
  /** Where to, if the entry moves as well. */
  readonly superior?: Dn
  readonly assertion?: Filter
  readonly preRead?: readonly string[]
  readonly postRead?: readonly string[]
}

export interface Delete {
  readonly dn: Dn
  /** As of a modify. */
  readonly target?: string
  readonly assertion?: Filter
  readonly preRead?: readonly string[]
}

/** Sets a password through the password modify extended operation (RFC 3062), so that the server hashes it. */
export interface PasswordModify {
  readonly dn: Dn
  readonly newPassword: string
}

/** An operation that changes one entry. */
export type Write =
  | ({ readonly kind: 'add' } & Add)
  | ({ readonly kind: 'modify' } & Modify)
  | ({ readonly kind: 'rename' } & Rename)
  | ({ readonly kind: 'delete' } & Delete)
  | ({ readonly kind: 'password' } & PasswordModify)

/** The DN that the entry has after a rename; nothing after other writes. */
export function nameAfter(write: Write): Dn | undefined {
  if (write.kind !== 'rename') return undefined
  const { dn, rdn, superior } = write
  return childOf(superior ?? parentOf(dn) ?? dn, rdn)
}
