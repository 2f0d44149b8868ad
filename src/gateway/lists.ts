/** The ordered ids of a list, collected in one pass. */
export type IdList = readonly string[]

export interface ListsOptions {
  /** How long a list serves further pages, in ms. */
  readonly maxAgeMs: number
  /** Ids kept over all lists; the oldest lists go first. */
  readonly maxIds: number
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}

/** Lists kept for a short time, so that the pages of one listing fit together and cost one search each. */
export class Lists {
  readonly #options: ListsOptions
  readonly #lists = new Map<string, { readonly ids: IdList; readonly since: number }>()
  #size = 0

  constructor(options: ListsOptions) {
    this.#options = options
  }

  get(key: string): IdList | undefined {
    const list = this.#lists.get(key)
    if (list === undefined) return undefined
    if (this.#options.now() - list.since <= this.#options.maxAgeMs) return list.ids
    this.#drop(key)
    return undefined
  }

  /** Keeps a list, unless it alone is more than may be kept. */
  put(key: string, ids: IdList): void {
    this.#drop(key)
    if (ids.length > this.#options.maxIds) return
    this.#lists.set(key, { ids, since: this.#options.now() })
    this.#size += ids.length
    for (const oldest of this.#lists.keys()) {
      if (this.#size <= this.#options.maxIds) break
      this.#drop(oldest)
    }
  }

  #drop(key: string): void {
    this.#size -= this.#lists.get(key)?.ids.length ?? 0
    this.#lists.delete(key)
  }
}
