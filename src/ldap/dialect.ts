import type { ControlName } from './control.ts'
import type { Dn } from './dn.ts'
import type { Filter } from './filter.ts'
import type { ResultName } from './result.ts'
import type { Value } from './value.ts'

/**
 * Everything that differs between directory products, as data and small functions. Nothing outside
 * of an entry of `dialects.ts` asks for a product's name.
 */
export interface Dialect {
  readonly id: IdRule
  /**
   * The attribute that moves whenever the entry is changed, e.g. `entryCSN`; absent where there is
   * none that tells the same on every server of the directory.
   */
  readonly version?: string
  readonly created: string
  readonly modified: string
  /** The attribute by which a search finds an entry of a known DN, e.g. `entryDN`. */
  readonly dn: string
  readonly activation: Activation
  /** Where the password is kept; it is only ever written. */
  readonly password: string
  /** A modify finds the value to delete even where the attribute type has no equality rule. */
  readonly comparesWithoutRule: boolean
  /** The dereference control leaves out references whose entry is missing or may not be read. */
  readonly leavesOutDangling: boolean
  /** Controls that the server has although its root DSE does not list them. */
  readonly unlistedControls: readonly ControlName[]
  /** The assertion to send so that `filter` is checked of the entry `dn`, around the product's traps. */
  assertion(filter: Filter, dn: Dn): Filter
  /** Whether a write that is refused so may have met no entry of that DN, although the code says otherwise. */
  mayHideAbsence(result: ResultName, diagnostic: string): boolean
  /** What a refusal's diagnostic message says, as far as the product's wording is known. */
  readDiagnostic(diagnostic: string): Diagnosis
}

/** The attribute that identifies an entry for its life, and its form as a SCIM id. */
export interface IdRule {
  readonly attribute: string
  /** `undefined` where the text cannot be the id of any entry. */
  toValue(id: string): Value | undefined
  toId(value: Value): string
}

/** How an account is switched off so that it cannot log on. */
export interface Activation {
  readonly attribute: string
  isActive(values: readonly Value[]): boolean
  /** The attribute's values after the switch, as near to `current` as can be. */
  valuesFor(active: boolean, current: readonly Value[]): readonly Value[]
  /** Entries with this state. */
  filter(active: boolean): Filter
  /** Setting a password switches the account on; who shall stay off must be switched off anew. */
  readonly liftedByPassword: boolean
}

export interface Diagnosis {
  /** The attribute that the message blames. */
  readonly attribute?: string
  readonly reason?: 'notUnique' | 'missing' | 'notAllowed' | 'multipleValues' | 'passwordPolicy'
  /** The message repeats a value, which logs must not have. */
  readonly quotesValue?: true
}
