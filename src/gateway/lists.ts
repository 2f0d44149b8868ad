import type { SortKey } from '../plan/sort.ts'

/** A resource in a list: where it stands, and which it is. */
export interface Listed {
  readonly id: string
  /** Name of its type. */
  readonly type: string
  readonly key?: SortKey
}

/** The resources of a list in its order, collected in one pass. */
export type List = readonly Listed[]

export interface ListsOptions {
  /** How long a list serves further pages, in ms. */
  readonly maxAgeMs: number
  /** Resources over all lists; the oldest lists go first. */
  readonly maxResources: number
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}

/** Lists whose length is remembered. */
const LENGTHS = 10_000

/** Lists kept for a short time, so that the pages of one listing fit together and cost one search each. */
export class Lists {
  readonly #options: ListsOptions
  readonly #lists = new Map<string, { readonly list: List; readonly since: number }>()
  readonly #lengths = new Map<string, number>()
  #size = 0

  constructor(options: ListsOptions) {
    this.#options = options
  }

  get(key: string): List | undefined {
    const kept = this.#lists.get(key)
    if (kept === undefined) return undefined
    if (this.#options.now() - kept.since <= this.#options.maxAgeMs) return kept.list
    this.#drop(key)
    return undefined
  }

  /** How many resources the list had when it was looked at last, however long ago. */
  lastLength(key: string): number | undefined {
    return this.#lengths.get(key)
  }

  /** That one page held the whole list: what was kept of an earlier listing is out of date. */
  noteWhole(key: string, length: number): void {
    this.#drop(key)
    this.#noteLength(key, length)
  }

  /** Keeps a list, unless it alone is more than may be kept. */
  put(key: string, list: List): void {
    this.#drop(key)
    this.#noteLength(key, list.length)
    if (sizeOf(list) > this.#options.maxResources) return
    this.#lists.set(key, { list, since: this.#options.now() })
    this.#size += sizeOf(list)
    for (const oldest of this.#lists.keys()) {
      if (this.#size <= this.#options.maxResources) break
      this.#drop(oldest)
    }
  }

  #noteLength(key: string, length: number): void {
    this.#lengths.delete(key)
    this.#lengths.set(key, length)
    const [oldest] = this.#lengths.keys()
    if (this.#lengths.size > LENGTHS && oldest !== undefined) this.#lengths.delete(oldest)
  }

  #drop(key: string): void {
    const kept = this.#lists.get(key)
    if (kept === undefined) return
    this.#size -= sizeOf(kept.list)
    this.#lists.delete(key)
  }
}

/** In resources; an empty list takes room too. */
function sizeOf(list: List): number {
  return list.length + 1
}
