import type { Attribute } from './attribute.ts'

/** A schema as /Schemas shows it (RFC 7643 §7). */
export interface Schema {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly attributes: readonly Attribute[]
}

/** The attribute with this name, whatever its letter case (RFC 7643 §2.1). */
export function findAttribute(
  attributes: readonly Attribute[],
  name: string,
): Attribute | undefined {
  const wanted = name.toLowerCase()
  return attributes.find((attribute) => attribute.name.toLowerCase() === wanted)
}
