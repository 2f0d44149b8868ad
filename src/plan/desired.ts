import { integerIn, withBits } from '../ldap/bits.ts'
import type { Value } from '../ldap/value.ts'
import { attributeKey } from '../ldap/value.ts'
import type { SlotPart } from '../mapping/rules.ts'

/** The values that one LDAP attribute shall have, and those that it has now. */
export interface Desired {
  readonly ldap: string
  /** What the values begin with that this is about, in any letter case; others only happen to stand there too. */
  readonly tag?: string
  /** The bits of the integer that this is about; the others only happen to stand there too. */
  readonly bits?: bigint
  readonly current: readonly Value[]
  readonly values: readonly Value[]
}

/** The values that a place shall have. Where they are told by a tag, those without it stay. */
export function desiredOf(
  { ldap, transform }: SlotPart,
  current: readonly Value[],
  values: readonly Value[],
): Desired {
  const { tag, tagMindsCase, bits, absent, toScim } = transform
  if (bits !== undefined) return { ldap, bits, current, values: withFlag(bits, current, values) }
  // What is so without a value needs none.
  const [only] = values
  if (absent !== undefined && current.length === 0 && only !== undefined && toScim(only) === absent)
    return { ldap, current, values: [] }
  if (tag === undefined) return { ldap, current, values }
  const others = current.filter((value) => toScim(value) === undefined)
  return {
    ldap,
    ...(tagMindsCase !== true && { tag }),
    current,
    values: [...others, ...values],
  }
}

/** Rules that share an integer, each for its bits, want one value of it together. */
export function joined(desired: readonly Desired[]): readonly Desired[] {
  return desired.flatMap((one, index) => {
    if (one.bits === undefined) return [one]
    const sharesWith = ({ ldap, bits }: Desired) =>
      bits !== undefined && attributeKey(ldap) === attributeKey(one.ldap)
    const isFirst = !desired.slice(0, index).some(sharesWith)
    return isFirst ? [inOne(one, desired.filter(sharesWith))] : []
  })
}

function inOne({ ldap, current }: Desired, sharers: readonly Desired[]): Desired {
  const bits = sharers.reduce((all, own) => all | (own.bits ?? 0n), 0n)
  const wanted = sharers.flatMap(({ bits: own = 0n, values }) => {
    const integer = integerIn(values)
    return integer === undefined ? [] : [{ own, integer }]
  })
  if (wanted.length === 0) return { ldap, bits, current, values: [] }
  const start = integerIn(current) ?? wanted.reduce((all, { integer }) => all | integer, 0n)
  const value = wanted.reduce((all, { own, integer }) => withBits(all, own, integer), start)
  return { ldap, bits, current, values: [String(value)] }
}

/** An integer with its other bits as they are; a bit that nobody speaks of is off. */
function withFlag(
  bits: bigint,
  current: readonly Value[],
  values: readonly Value[],
): readonly Value[] {
  if (current.length === 0) return values
  return [String(withBits(integerIn(current) ?? 0n, bits, integerIn(values) ?? 0n))]
}
