import type { Count, Counters } from './counters.ts'

/** Keys that are kept; beyond it the oldest windows are forgotten, so that memory does not grow. */
const MOST_KEYS = 100_000

/**
 * Counters of this process alone.
 *
 * @param now Milliseconds since 1970.
 */
export function memoryCounters(now: () => number = Date.now, mostKeys = MOST_KEYS): Counters {
  const windows = new Map<string, Count>()
  return {
    add: (key, amount, windowSeconds) => {
      const known = windows.get(key)
      const current = known !== undefined && known.resetsAt > now() ? known : undefined
      if (current === undefined) windows.delete(key)
      const count = {
        total: (current?.total ?? 0) + amount,
        resetsAt: current?.resetsAt ?? now() + windowSeconds * 1000,
      }
      // A look begins no window.
      if (current !== undefined || amount !== 0) windows.set(key, count)
      const [oldest] = windows.keys()
      if (windows.size > mostKeys && oldest !== undefined) windows.delete(oldest)
      return Promise.resolve(count)
    },
    clear: (key) => {
      windows.delete(key)
      return Promise.resolve()
    },
    close: () => windows.clear(),
  }
}
