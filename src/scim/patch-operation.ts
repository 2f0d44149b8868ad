import type { Attribute } from './attribute.ts'
import type { Filter } from './filter.ts'
import type { Json } from './json.ts'
import type { ResolvedPath } from './path.ts'

/** One operation of a PATCH as it will be applied (RFC 7644 §3.5.2): every one has a target. */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove'
  readonly target: PatchTarget
  /**
   * Normalized as in a resource, never empty: an array for a multi-valued attribute as a whole,
   * one value after a filter. `add` and `replace` always have one. `remove` has one only where it
   * removes just these values of a multi-valued attribute.
   */
  readonly value?: Json
}

export interface PatchTarget {
  /** The attribute, with its sub-attribute if the path has one and no filter. */
  readonly resolved: ResolvedPath
  /** Which values of the multi-valued attribute. */
  readonly filter?: Filter
  /** The sub-attribute after the filter. */
  readonly sub?: Attribute
}
