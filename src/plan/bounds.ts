import type { Filter } from '../ldap/filter.ts'
import { and, FALSE, not, or } from '../ldap/filter.ts'

/**
 * What LDAP can say of a condition. Where it can say it exactly, both bounds are the same filter;
 * where it cannot, the negation of one bound is the other bound of the negation.
 */
export interface Bounds {
  /** Finds every entry that meets the condition, and maybe more. */
  readonly upper: Filter
  /** Finds only entries that meet the condition, maybe not all of them. */
  readonly lower: Filter
}

/** A condition that LDAP can say. */
export function exactly(filter: Filter): Bounds {
  return { upper: filter, lower: filter }
}

/** A condition that LDAP cannot say; `filter` finds all that may meet it. */
export function within(filter: Filter): Bounds {
  return { upper: filter, lower: FALSE }
}

export function isExact({ upper, lower }: Bounds): boolean {
  return upper === lower
}

export function allOf(parts: readonly Bounds[]): Bounds {
  return combine(parts, and)
}

export function anyOf(parts: readonly Bounds[]): Bounds {
  return combine(parts, or)
}

export function noneOf(part: Bounds): Bounds {
  const upper = not(part.lower)
  return { upper, lower: isExact(part) ? upper : not(part.upper) }
}

function combine(parts: readonly Bounds[], join: (filters: readonly Filter[]) => Filter): Bounds {
  const upper = join(parts.map((part) => part.upper))
  return { upper, lower: parts.every(isExact) ? upper : join(parts.map((part) => part.lower)) }
}
