interface Written {
  readonly value: unknown
  readonly from: number
  readonly to: number
}

/** Something that holds one value at a time, and what clients wrote to it and when. */
export class Register {
  private readonly written: Written[]

  constructor(initial: unknown) {
    this.written = [{ value: initial, from: -Infinity, to: -Infinity }]
  }

  /** Notes a write that began at `from` and was acknowledged at `to`, by one clock. */
  note(value: unknown, from: number, to: number): void {
    this.written.push({ value, from, to })
  }

  /**
   * The values that it may have when all is done: those of writes that no other one came after. Of
   * two that were under way at the same time either may be the last.
   */
  get possible(): readonly unknown[] {
    const lastStart = Math.max(...this.written.map(({ from }) => from))
    return [...new Set(this.written.filter(({ to }) => to >= lastStart).map(({ value }) => value))]
  }
}
