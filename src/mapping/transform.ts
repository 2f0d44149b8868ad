import type { Value } from '../ldap/value.ts'
import type { AttributeKind } from '../scim/attribute.ts'
import type { Json } from '../scim/resource.ts'

/** How one SCIM value is said in LDAP and back. */
export interface Transform {
  /** What it makes of an LDAP value; the schema of the attribute must be of this type. */
  readonly type: AttributeKind
  /** Which SCIM comparisons mean the same of the LDAP values (under the attribute's matching rules). */
  readonly compares: 'text' | 'order' | 'equality' | 'nothing'
  /** What LDAP values begin with; those that do not are none of this transform's. */
  readonly tag?: string
  /** Another tag differs from this one in letter case alone: an LDAP comparison may not tell them apart. */
  readonly tagMindsCase?: boolean
  /** @throws {SyntaxError} Whose message says what was expected, e.g. `one of "A", "B"`. */
  toLdap(value: Json): Value
  /** `undefined` where the directory holds something that is no such value. */
  toScim(value: Value): Json | undefined
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
