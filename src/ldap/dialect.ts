import type { ControlName } from './control.ts'
import type { Dn } from './dn.ts'
import type { Entry } from './entry.ts'
import type { Filter } from './filter.ts'
import type { ResultName } from './result.ts'
import type { MatchingRules } from './schema.ts'
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
  readonly password: PasswordRule
  /** Where accounts are in one group more than groups and `memberOf` say. */
  readonly primaryGroup?: PrimaryGroup
  readonly privileged: Privileged
  readonly groups: Groups
  /** A modify finds the value to delete even where the attribute type has no equality rule. */
  readonly comparesWithoutRule: boolean
  /** The dereference control leaves out references whose entry is missing or may not be read. */
  readonly leavesOutDangling: boolean
  /** Controls that the server has although its root DSE does not list them. */
  readonly unlistedControls: readonly ControlName[]
  /** Controls that the root DSE lists and that do not do what we would use them for. */
  readonly unusableControls: readonly ControlName[]
  /** How the server compares values of a syntax, where its schema does not tell. */
  matchingRules(syntax: string): MatchingRules
  /** The assertion to send so that `filter` is checked of the entry `dn`, around the product's traps. */
  assertion(filter: Filter, dn: Dn): Filter
  /** Whether a write that is refused so may have met no entry of that DN, although the code says otherwise. */
  mayHideAbsence(result: ResultName, diagnostic: string): boolean
  /** What the server means by a refusal; `undefined` where it is what the result code says. */
  resultOf(code: number, diagnostic: string): ResultName | undefined
  /** What a refusal's diagnostic message says, as far as the product's wording is known. */
  readDiagnostic(diagnostic: string): Diagnosis
}

/** The attribute that identifies an entry for its life, and its form as a SCIM id. */
export interface IdRule {
  readonly attribute: string
  /** `undefined` where the text cannot be the id of any entry. */
  toValue(id: string): Value | undefined
  toId(value: Value): string
  /** What stands for a DN and means the entry with this id, wherever it is now; where the server has that. */
  nameOf?(value: Value): string
}

/** Entries that have rights over others on every directory of the product, or by custom. */
export interface Privileged {
  /** DNs below the suffix, of single entries. */
  readonly entries: readonly string[]
  /** Likewise, of entries with all that is below them. */
  readonly subtrees: readonly string[]
  /** What tells of an entry, wherever it is, that it is one. */
  readonly attributes: readonly string[]
  tells(entry: Pick<Entry, 'attributes'>): boolean
  /** Of a group that is one: everybody is in it, so that it gives nobody any rights. */
  isOfEverybody(entry: Pick<Entry, 'attributes'>): boolean
}

/** How groups name their members, whatever the mapping says of groups. */
export interface Groups {
  /** A class of groups, and the attribute that names the members. */
  readonly kinds: readonly { readonly objectClass: string; readonly member: string }[]
  /**
   * What names the groups that an entry is in, for certain and all of them; absent where that
   * depends on overlays or plug-ins, so that the groups must be asked.
   */
  readonly backlink?: string
}

/** How a password is set; it is only ever written. */
export interface PasswordRule {
  readonly attribute: string
  /**
   * The value that carries it in an add or a modify. Without it the password goes by the password
   * modify operation (RFC 3062), so that the server hashes and judges it.
   */
  toValue?(password: string): Value
  /** No account can be on without one: a new account gets one that nobody knows. */
  readonly required: boolean
}

/** How an account is switched off so that it cannot log on. */
export interface Activation {
  readonly attribute: string
  /** The bits of the attribute's integer that this is about; else it is all about this. */
  readonly bits?: bigint
  isActive(values: readonly Value[]): boolean
  /** The attribute's values after the switch, as near to `current` as can be. */
  valuesFor(active: boolean, current: readonly Value[]): readonly Value[]
  /** Entries with this state. */
  filter(active: boolean): Filter
  /** Setting a password switches the account on; who shall stay off must be switched off anew. */
  readonly liftedByPassword: boolean
}

/** The group that an account itself names. Names are texts that stand where DNs do. */
export interface PrimaryGroup {
  /** What must be known of an account. */
  readonly attributes: readonly string[]
  /** The attribute of a group by which accounts name it. */
  readonly identity: string
  /** The name of an account's group; nothing where that is one which the directory made itself. */
  nameIn(account: Pick<Entry, 'attributes'>): string | undefined
  nameOf(group: Pick<Entry, 'attributes'>): string | undefined
  /** Finds the group of this name; `undefined` where it is no such name. */
  filterOfName(name: string): Filter | undefined
  /** Accounts with such a group. */
  readonly any: Filter
  /** Accounts with this one. */
  filterOfUsers(group: Pick<Entry, 'attributes'>): Filter
}

export interface Diagnosis {
  /** The attribute that the message blames. */
  readonly attribute?: string
  readonly reason?: 'notUnique' | 'missing' | 'notAllowed' | 'multipleValues' | 'passwordPolicy'
  /** The message repeats a value, which logs must not have. */
  readonly quotesValue?: true
}
