/** Steps that belong together: the directory is afterwards as it was before. */
export type Unit<Step> = readonly Step[]

/** What one round of measuring saw. */
export interface Round {
  readonly steps: number
  readonly seconds: number
}

/** One of the clients at work at the same time: it performs its units in turn, over and over again. */
export class Slot<Step> {
  readonly units: readonly Unit<Step>[]
  private readonly perform: (unit: Unit<Step>) => Promise<void>
  private next = 0

  constructor(units: readonly Unit<Step>[], perform: (unit: Unit<Step>) => Promise<void>) {
    this.units = units
    this.perform = perform
  }

  /** Performs the next unit; resolves to the number of its steps. */
  async advance(): Promise<number> {
    const unit = this.units[this.next]
    if (unit === undefined) throw new RangeError('a slot without units')
    this.next = (this.next + 1) % this.units.length
    await this.perform(unit)
    return unit.length
  }
}

/** Keeps all slots at work for so long; what was begun is finished, and counts. */
export async function drive<Step>(
  slots: readonly Slot<Step>[],
  seconds: number,
  signal?: AbortSignal,
): Promise<Round> {
  const begin = performance.now()
  const deadline = begin + seconds * 1000
  let steps = 0
  await Promise.all(
    slots.map(async (slot) => {
      while (performance.now() < deadline) {
        signal?.throwIfAborted()
        const done = await slot.advance() // others count meanwhile
        steps += done
      }
    }),
  )
  return { steps, seconds: (performance.now() - begin) / 1000 }
}
