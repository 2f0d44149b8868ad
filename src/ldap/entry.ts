import type { Dn } from './dn.ts'
import type { Value } from './value.ts'
import { attributeKey, bytesOf, textOf } from './value.ts'

/** An entry as a search or a read control returned it. */
export interface Entry {
  readonly dn: Dn
  /** By `attributeKey`; an attribute without values is absent. */
  readonly attributes: ReadonlyMap<string, readonly Value[]>
  /**
   * What the dereference control said, by `attributeKey` of the attribute that was followed. What is
   * said of thousands of values is read from its octets each time it is gone through.
   */
  readonly dereferenced?: ReadonlyMap<string, Iterable<Dereferenced>>
}

/** One value of a DN attribute and what was asked of the entry that it names. */
export interface Dereferenced {
  readonly dn: string
  /** By `attributeKey`; empty where the entry is missing or may not be read. */
  readonly attributes: ReadonlyMap<string, readonly Value[]>
}

/** One attribute with its values, as an add carries it. */
export interface Attribute {
  readonly name: string
  readonly values: readonly Value[]
}

type Readable = Pick<Entry, 'attributes'>

export function valuesOf(entry: Readable, name: string): readonly Value[] {
  return entry.attributes.get(attributeKey(name)) ?? []
}

export function textsOf(entry: Readable, name: string): readonly string[] {
  return valuesOf(entry, name).map(textOf)
}

/** The first value as text. */
export function firstText(entry: Readable, name: string): string | undefined {
  const [first] = valuesOf(entry, name)
  return first === undefined ? undefined : textOf(first)
}

export function firstBytes(entry: Readable, name: string): Uint8Array | undefined {
  const [first] = valuesOf(entry, name)
  return first === undefined ? undefined : bytesOf(first)
}

/** An entry from plain data; what has no values is left out. */
export function entryOf(dn: Dn, attributes: Iterable<readonly [string, readonly Value[]]>): Entry {
  const map = new Map<string, readonly Value[]>()
  for (const [name, values] of attributes)
    if (values.length > 0) map.set(attributeKey(name), values)
  return { dn, attributes: map }
}
