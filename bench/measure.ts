import type { Measured } from './gateway.ts'
import type { Monitor, Operations } from './monitor.ts'
import { sameCounts, total } from './monitor.ts'
import type { Recorder, Sequence } from './record.ts'
import { lengthOf } from './record.ts'
import type { Result } from './report.ts'
import { median } from './report.ts'
import type { Scenario, ScimRequest } from './scenarios.ts'
import type { ScimClient } from './scim.ts'
import type { Parts } from './setting.ts'
import type { Unit } from './slots.ts'
import { drive, Slot } from './slots.ts'

const ROUNDS = 5

/** A scenario by the gateway and by ldapts alone, in turns. */
export async function measure(
  scenario: Scenario,
  { population, gateway, client, raw, recorder, monitor }: Parts,
  seconds: number,
  signal: AbortSignal,
): Promise<Result> {
  const { name, title, concurrency } = scenario
  const numbers = Array.from({ length: concurrency }, (_, slot) => slot)
  const memoryBefore = gateway.memory()
  const slots = numbers.map(
    (slot) => new Slot(scenario.units(slot, population), (unit) => client.perform(unit)),
  )
  // ldapts has people and groups of its own, so that neither side undoes what the other one did.
  const recorded = new Map<string, readonly Unit<Sequence>[]>()
  const rawSlots: (readonly Unit<Sequence>[])[] = []
  for (const slot of numbers) {
    signal.throwIfAborted()
    const units = scenario.units(concurrency + slot, population)
    const key = JSON.stringify(units)
    const sequences = recorded.get(key) ?? (await recorder.record(units))
    recorded.set(key, sequences)
    rawSlots.push(sequences)
  }
  await raw.load(rawSlots)

  // The first request of all has the gateway read what the server offers.
  await slots[0]?.advance()
  const counts = countsOf(
    monitor === undefined
      ? await recordedLaps(slots[0]?.units ?? [], recorder)
      : await laps(slots[0]?.units ?? [], client, monitor, signal),
  )
  await raw.once()
  const rawCounts = await monitor?.lap()

  const round = async (side: () => Promise<Measured>) => {
    signal.throwIfAborted()
    return side()
  }
  const gatewaySide = async (length: number): Promise<Measured> => {
    const before = gateway.cpuSeconds()
    const measured = await drive(slots, length, signal)
    const after = gateway.cpuSeconds()
    const known = before !== undefined && after !== undefined
    return { ...measured, cpuSeconds: known ? after - before : undefined }
  }
  const length = seconds / ROUNDS
  await round(() => gatewaySide(length))
  await round(() => raw.round(length))
  const pairs: (readonly [gateway: Measured, raw: Measured])[] = []
  for (let index = 0; index < ROUNDS; index++) {
    pairs.push([await round(() => gatewaySide(length)), await round(() => raw.round(length))])
  }

  const ratios = pairs.map(([ours, theirs]) => rateOf(ours) / rateOf(theirs))
  return {
    name,
    title,
    concurrency,
    operations: counts.byLabel,
    // What was recorded is what ldapts sends, where nobody counts.
    sameOperations: rawCounts === undefined || sameCounts(counts.all, rawCounts),
    gatewayRate: median(pairs.map(([ours]) => rateOf(ours))),
    rawRate: median(pairs.map(([, theirs]) => rateOf(theirs))),
    ratios,
    ratio: median(ratios),
    gatewayCpu: cpuOf(pairs.map(([ours]) => ours)),
    rawCpu: cpuOf(pairs.map(([, theirs]) => theirs)),
    memoryBefore,
    memoryAfter: gateway.memory(),
  }
}

interface Counted {
  readonly label: string
  readonly asked: Operations
}

/** Each request alone, with a look at the server's counters before and after it. */
async function laps(
  units: readonly Unit<ScimRequest>[],
  client: ScimClient,
  monitor: Monitor,
  signal: AbortSignal,
): Promise<readonly Counted[]> {
  const counted: Counted[] = []
  await monitor.lap()
  for (const unit of units) {
    await client.perform(unit, async ({ label }) => {
      signal.throwIfAborted()
      counted.push({ label, asked: await monitor.lap() })
    })
  }
  return counted
}

/** Where the server has no counters: each request alone, by what the gateway hands to its connections. */
async function recordedLaps(
  units: readonly Unit<ScimRequest>[],
  recorder: Recorder,
): Promise<readonly Counted[]> {
  const recorded = await recorder.record(units)
  return units.flatMap((unit, index) =>
    unit.map(({ label }, step) => {
      const operations = lengthOf(recorded[index]?.[step] ?? [])
      return { label, asked: new Map([['operation', operations]]) }
    }),
  )
}

function countsOf(counted: readonly Counted[]) {
  const all = new Map<string, number>()
  const byLabel = new Map<string, { requests: number; operations: number }>()
  for (const { label, asked } of counted) {
    for (const [kind, count] of asked) all.set(kind, (all.get(kind) ?? 0) + count)
    const { requests, operations } = byLabel.get(label) ?? { requests: 0, operations: 0 }
    byLabel.set(label, { requests: requests + 1, operations: operations + total(asked) })
  }
  return {
    all,
    byLabel: [...byLabel].map(([label, { requests, operations }]) => ({
      label,
      perRequest: operations / requests,
    })),
  }
}

function rateOf({ steps, seconds }: Measured): number {
  return steps / seconds
}

/** µs of processor time a step, over all rounds. */
function cpuOf(rounds: readonly Measured[]): number | undefined {
  let [cpu, steps] = [0, 0]
  for (const round of rounds) {
    if (round.cpuSeconds === undefined) return undefined
    cpu += round.cpuSeconds
    steps += round.steps
  }
  return (cpu / steps) * 1e6
}
