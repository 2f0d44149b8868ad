import { parseInteger } from './syntax.ts'
import type { Value } from './value.ts'
import { textOf } from './value.ts'

/** LDAP_MATCHING_RULE_BIT_AND (MS-ADTS §3.1.1.3.4.4.1); OpenLDAP and 389 Directory Server have it too. */
export const BIT_AND = '1.2.840.113556.1.4.803'

/** The integer that an attribute holds, its bits those of two's complement; `undefined` where it holds none. */
export function integerIn(values: readonly Value[]): bigint | undefined {
  const [first] = values
  return first === undefined ? undefined : parseInteger(textOf(first))
}

/** An integer with some of its bits taken from another one. */
export function withBits(integer: bigint, bits: bigint, from: bigint): bigint {
  return (integer & ~bits) | (from & bits)
}
