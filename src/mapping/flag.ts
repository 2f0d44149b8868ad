import { BIT_AND, integerIn } from '../ldap/bits.ts'
import { and, not, present } from '../ldap/filter.ts'
import type { Transform } from './transform.ts'
import { expected } from './transform.ts'

/** Bits that a mapping may name; the sign bit is none of them. */
export const FLAGS: readonly number[] = Array.from({ length: 31 }, (_, index) => 2 ** index)

/** One bit of an integer, whose others are somebody else's. */
export function flagOf(bit: number): Transform {
  const bits = BigInt(bit)
  return {
    type: 'boolean',
    compares: 'state',
    bits,
    toLdap(value) {
      if (typeof value !== 'boolean') throw expected('true or false')
      return value ? String(bits) : '0'
    },
    toScim(value) {
      const integer = integerIn([value])
      return integer === undefined ? undefined : (integer & bits) !== 0n
    },
    finds(state, attribute, { equality }) {
      if (equality !== 'integerMatch') return undefined
      const set = { kind: 'extensible', attribute, rule: BIT_AND, value: String(bits) } as const
      return and([present(attribute), state ? set : not(set)])
    },
  }
}
