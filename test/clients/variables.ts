import type { Json } from '../support/gateway.ts'

/** What `{{NAME}}` stands for in a conversation. */
export class Variables {
  readonly #values: Map<string, string>

  constructor(values: Readonly<Record<string, string>>) {
    this.#values = new Map(Object.entries(values))
  }

  set(name: string, value: string): void {
    this.#values.set(name, value)
  }

  /**
   * The value with variables in the place of their names, in texts and in names of members;
   * `{{any}}` is none.
   */
  fill(value: Json): Json {
    if (typeof value === 'string') {
      return value.replace(/\{\{([^{}]+)\}\}/g, (whole, name: string) =>
        name === 'any' ? whole : this.#get(name),
      )
    }
    if (Array.isArray(value)) return value.map((item) => this.fill(item))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [this.fill(name), this.fill(item)]),
    )
  }

  #get(name: string): string {
    const value = this.#values.get(name)
    if (value === undefined) throw new Error(`{{${name}}} has no value yet`)
    return value
  }
}
