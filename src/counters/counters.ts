/**
 * Counts that come to an end: how often something happened within a window of time. Limits are
 * built on it (requests and failed attempts, http/limits), and whatever else must be counted over
 * all replicas.
 *
 * A window begins with the first `add` under a key and ends `windowSeconds` later, whatever comes in
 * between; the next `add` begins a new one. So the caller decides by the answer:
 *
 *     const { total, resetsAt } = await counters.add(`deletes:${client}`, 1, 3600)
 *     if (total > most) … // refused until resetsAt
 *
 * To look without counting, add 0. Keys are namespaced by whoever uses them (`rate:`, `failed:`),
 * hold names and no secrets, and a key is always used with the same window.
 *
 * No method rejects or hangs: where the shared store does not answer, the process counts for itself
 * until it does (redis.ts), so a limit may be looser for a while but never shuts everybody out.
 */
export interface Counters {
  /** @param amount Whole; 0 looks only, negative takes back. */
  add(key: string, amount: number, windowSeconds: number): Promise<Count>
  /** Forgets a key: its next window begins from nothing. */
  clear(key: string): Promise<void>
  /** No more connections afterwards. */
  close(): void
}

export interface Count {
  /** Of the window, this call's amount included. */
  readonly total: number
  /** When the window ends, in milliseconds since 1970. */
  readonly resetsAt: number
}
