import type { Filter } from '../ldap/filter.ts'
import type { MatchingRules } from '../ldap/schema.ts'
import type { Value } from '../ldap/value.ts'
import type { AttributeKind } from '../scim/attribute.ts'
import type { Json } from '../scim/resource.ts'

/** How one SCIM value is said in LDAP and back. */
export interface Transform {
  /** What it makes of an LDAP value; the schema of the attribute must be of this type. */
  readonly type: AttributeKind
  /** Which SCIM comparisons mean the same of the LDAP values (under the attribute's matching rules). */
  readonly compares: 'text' | 'order' | 'equality' | 'state' | 'nothing'
  /** What LDAP values begin with; those that do not are none of this transform's. */
  readonly tag?: string
  /** Another tag differs from this one in letter case alone: an LDAP comparison may not tell them apart. */
  readonly tagMindsCase?: boolean
  /** The bits of the integer that this is about; the others are none of this transform's. */
  readonly bits?: bigint
  /** What it means that there is no value; such a value is not written where there is none. */
  readonly absent?: Json
  /** @throws {SyntaxError} Whose message says what was expected, e.g. `one of "A", "B"`. */
  toLdap(value: Json): Value
  /** `undefined` where the directory holds something that is no such value. */
  toScim(value: Value): Json | undefined
  /** Of what `compares` as a state: the entries in it. `undefined` where the server cannot tell them. */
  finds?(state: boolean, attribute: string, rules: MatchingRules): Filter | undefined
}

/** @throws {SyntaxError} */
export function expectText(value: Json): string {
  if (typeof value !== 'string') throw expected('a string')
  return value
}

/** What `toLdap` throws. */
export function expected(what: string): SyntaxError {
  return new SyntaxError(what)
}
