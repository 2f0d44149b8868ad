/** What may not happen to too many at a time: resources deleted or switched off, members taken out. */
export const BREAKER_KINDS = ['deletes', 'disables', 'memberRemovals'] as const

export type BreakerKind = (typeof BREAKER_KINDS)[number]

/** How many of each kind a client may do within a window that begins with the first. */
export interface BreakerLimits extends Readonly<Record<BreakerKind, number>> {
  readonly windowMinutes: number
}
