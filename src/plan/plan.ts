import type { Dn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import type { Filter } from '../ldap/filter.ts'
import type { Write } from '../ldap/operation.ts'
import type { ResultName } from '../ldap/result.ts'

/** What shall be done to the directory for one request: data, so that it can be run, printed and compared. */
export interface Plan {
  /** In this order; when one fails, those before it are undone. */
  readonly steps: readonly Step[]
  /** An entry whose DN others may still hold where the server does not mind references. */
  readonly moved?: { readonly from: Dn; readonly to?: Dn }
  /** The entry is to be read afterwards, because no step's read control tells its final state. */
  readonly readAfter: boolean
}

export interface Step {
  readonly write: Write
  /** What must have held of the entry, where the server does not check it itself; else, where the write told, the step is taken back. */
  readonly check?: Check
  /** What takes the step back. */
  readonly undo?: Write
  /** What to send instead where the server answers so; each is tried once. */
  readonly otherwise?: readonly { readonly on: ResultName; readonly write: Write }[]
}

/** What must hold of an entry as the pre-read control told of it. */
export interface Check {
  /** That it is the entry that was meant. */
  readonly identity: Filter
  /** That nobody else was faster. */
  readonly state: Filter
  /** The entry with all that it must still have, and nothing besides. */
  readonly unchanged?: Entry
}
