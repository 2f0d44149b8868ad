import type { QuirkName } from '../scim/client-quirks.ts'

/** How many requests of each client made use of each quirk, since the process began. */
export class QuirkCounts {
  readonly #counts = new Map<string, Map<QuirkName, number>>()

  /** Counts one request. */
  count(client: string, quirks: ReadonlySet<QuirkName>): void {
    const counts = this.#counts.get(client) ?? new Map<QuirkName, number>()
    this.#counts.set(client, counts)
    for (const quirk of quirks) counts.set(quirk, (counts.get(quirk) ?? 0) + 1)
  }

  /** Requests by client and quirk. */
  get requests(): ReadonlyMap<string, ReadonlyMap<QuirkName, number>> {
    return this.#counts
  }
}
