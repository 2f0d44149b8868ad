import { ScimError } from './error.ts'
import type { ScimType } from './error.ts'

/** A habit of clients that the RFCs do not have. */
export interface Quirk {
  readonly what: string
  /** What it deviates from. */
  readonly rfc: string
  /** Keyword of the refusal where it is not tolerated. */
  readonly refusal: ScimType
  readonly toleratedBy: readonly Profile[]
  /** What the client sent is not kept, and nobody would know without a line in the log. */
  readonly loses?: true
}

/** How a client is dealt with; the setting `clients[].profile`. */
export type Profile = 'lenient' | 'strict' | 'entra' | 'okta'

export const DEFAULT_PROFILE: Profile = 'lenient'

const ALL = ['lenient', 'entra', 'okta'] as const
const ENTRA = ['lenient', 'entra'] as const
const OTHERS = ['lenient'] as const

/**
 * Every deviation that is tolerated, by the name it has in the log. `test/clients` has a recorded
 * conversation with each.
 */
export const QUIRKS = {
  unknownAttribute: {
    what: 'an attribute, or a part of a value, that the endpoint has no place for is ignored',
    rfc: 'RFC 7643 §3, RFC 7644 §3.12 (invalidSyntax)',
    refusal: 'invalidSyntax',
    toleratedBy: ALL,
  },
  schemasMissing: {
    what: 'a body without "schemas"',
    rfc: 'RFC 7643 §3, RFC 7644 §3.5.2',
    refusal: 'invalidSyntax',
    toleratedBy: ALL,
  },
  schemasWrong: {
    what: '"schemas" without the URN of what the body holds, or with a foreign one',
    rfc: 'RFC 7643 §3, RFC 7644 §3.5.2',
    refusal: 'invalidSyntax',
    toleratedBy: ALL,
  },
  emptyText: {
    what: '"" or {} for an attribute that has no value',
    rfc: 'RFC 7643 §2.5',
    refusal: 'invalidValue',
    toleratedBy: ALL,
  },
  booleanAsText: {
    what: '"True" or "False" as a string for a boolean',
    rfc: 'RFC 7643 §2.3.2',
    refusal: 'invalidValue',
    toleratedBy: ALL,
  },
  textForComplex: {
    what: 'the "value" alone for an attribute with sub-attributes',
    rfc: 'RFC 7643 §2.3.8',
    refusal: 'invalidValue',
    toleratedBy: ALL,
  },
  oneForMany: {
    what: 'a value without its array for a multi-valued attribute',
    rfc: 'RFC 7643 §2.4',
    refusal: 'invalidValue',
    toleratedBy: ALL,
  },
  arrayForOne: {
    what: 'an array of one for a single value',
    rfc: 'RFC 7643 §2.3, RFC 7644 §3.5.2',
    refusal: 'invalidValue',
    toleratedBy: ALL,
  },
  wrappedValue: {
    what: 'a value without sub-attributes as [{"$ref": null, "value": "…"}]',
    rfc: 'RFC 7643 §2.3, RFC 7644 §3.5.2',
    refusal: 'invalidValue',
    toleratedBy: ENTRA,
  },
  capitalOperation: {
    what: '"Add", "Replace" or "Remove" for "add", "replace" or "remove"',
    rfc: 'RFC 7644 §3.5.2',
    refusal: 'invalidSyntax',
    toleratedBy: ENTRA,
  },
  emptyPath: {
    what: 'an operation with the path "" for one without a path',
    rfc: 'RFC 7644 §3.5.2',
    refusal: 'invalidPath',
    toleratedBy: OTHERS,
  },
  pathAsKey: {
    what: 'paths as keys of a value without a path: "name.givenName", "urn:…:User:department"',
    rfc: 'RFC 7644 §3.5.2.1, §3.5.2.3',
    refusal: 'invalidSyntax',
    toleratedBy: ENTRA,
  },
  readOnlyInPatch: {
    what: 'id, schemas, meta or another read-only attribute in a value without a path is ignored',
    rfc: 'RFC 7644 §3.5.2',
    refusal: 'mutability',
    toleratedBy: ALL,
  },
  removeByValue: {
    what: '"remove" with a list of the values to be removed, where a filter belongs in the path',
    rfc: 'RFC 7644 §3.5.2.2',
    refusal: 'invalidValue',
    toleratedBy: ENTRA,
  },
  replaceWithoutMatch: {
    what: '"replace" after a filter that selects nothing creates the value that the filter describes',
    rfc: 'RFC 7644 §3.5.2.3; for "add" so erratum 8097',
    refusal: 'noTarget',
    toleratedBy: ALL,
  },
  jsonAsText: {
    what: 'the value of an operation without a path as a string that holds JSON',
    rfc: 'RFC 7644 §3.5.2.1, §3.5.2.3',
    refusal: 'invalidValue',
    toleratedBy: OTHERS,
  },
  dotAfterUrn: {
    what: 'a dot between the URN of a schema and the attribute, where a colon belongs',
    rfc: 'RFC 7644 §3.10',
    refusal: 'invalidPath',
    toleratedBy: ENTRA,
  },
  unprefixedExtension: {
    what: 'an attribute of an extension without the URN of its schema',
    rfc: 'RFC 7644 §3.10',
    refusal: 'invalidPath',
    toleratedBy: ENTRA,
  },
  unquotedText: {
    what: 'a filter that compares with a text without quotes',
    rfc: 'RFC 7644 §3.4.2.2',
    refusal: 'invalidFilter',
    toleratedBy: ENTRA,
  },
  testAfterBrackets: {
    what: 'a filter that goes on after brackets: emails[type eq "work"].value eq "…"',
    rfc: 'RFC 7644 §3.4.2.2',
    refusal: 'invalidFilter',
    toleratedBy: ALL,
  },
  filterInAttributes: {
    what: 'a filter in "attributes": emails[type eq "work"]; all values are returned',
    rfc: 'RFC 7644 §3.9, §3.10',
    refusal: 'invalidValue',
    toleratedBy: ENTRA,
  },
  unknownReference: {
    what: 'a member or manager that does not exist is left out; the others are kept',
    rfc: 'RFC 7643 §2.3.7',
    refusal: 'invalidValue',
    // Okta takes a 400 as final: one unknown member would lose the whole push of a group.
    toleratedBy: ['okta'],
    loses: true,
  },
} as const satisfies Record<string, Quirk>

export type QuirkName = keyof typeof QUIRKS

/** What becomes of deviations from the RFCs. */
export interface Tolerance {
  /**
   * Lets a deviation pass.
   *
   * @param detail What is wrong, in words for the client.
   * @param refusal Where the table's keyword does not fit.
   * @throws {ScimError} Where the client is not allowed this one.
   */
  tolerate(quirk: QuirkName, detail: string, refusal?: ScimType): void
}

/** Everything passes. */
export const TOLERANT: Tolerance = { tolerate() {} }

/** Nothing passes: the RFCs as they are. */
export const STRICT: Tolerance = {
  tolerate(quirk, detail, refusal = QUIRKS[quirk].refusal) {
    throw new ScimError(refusal, detail)
  },
}

/** What a client is allowed besides its profile, or not in spite of it. */
export type Allowances = Readonly<Partial<Record<QuirkName, boolean>>>

/** The tolerance of one request: what its client is allowed, and what was made use of. */
export class ProfileTolerance implements Tolerance {
  readonly #profile: Profile
  readonly #allowances: Allowances
  readonly #warn: (quirk: QuirkName, detail: string) => void
  readonly #warned = new Set<string>()
  #used: Set<QuirkName> | undefined

  /** @param warn Told once of each thing that is not kept. */
  constructor(
    profile: Profile,
    allowances: Allowances = {},
    warn: (quirk: QuirkName, detail: string) => void = () => {},
  ) {
    this.#profile = profile
    this.#allowances = allowances
    this.#warn = warn
  }

  /** `undefined` where the request was as the RFCs want it. */
  get used(): ReadonlySet<QuirkName> | undefined {
    return this.#used
  }

  tolerate(quirk: QuirkName, detail: string, refusal?: ScimType): void {
    const { toleratedBy, loses }: Quirk = QUIRKS[quirk]
    if (!(this.#allowances[quirk] ?? toleratedBy.includes(this.#profile))) {
      return STRICT.tolerate(quirk, detail, refusal)
    }
    this.#used ??= new Set()
    this.#used.add(quirk)
    if (loses !== true || this.#warned.has(detail)) return
    this.#warned.add(detail)
    this.#warn(quirk, detail)
  }
}
