import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { EXIT } from '../src/commands/command.ts'
import { untilAskedToEnd } from '../src/commands/signals.ts'
import { newToken } from '../src/commands/token.ts'
import { loadConfiguration } from '../src/config/load.ts'
import { startOpenLdap } from '../src/demo/start.ts'
import type { GatewayProcess, Measured } from './gateway.ts'
import { startGateway, writeSettings } from './gateway.ts'
import { makeDurable } from './durable.ts'
import { Monitor, total } from './monitor.ts'
import type { Operations } from './monitor.ts'
import { populate } from './people.ts'
import type { Population } from './people.ts'
import { Raw } from './raw.ts'
import { startRecorder } from './record.ts'
import type { Recorder, Sequence } from './record.ts'
import { asText, median } from './report.ts'
import type { Report, Result } from './report.ts'
import { LEAST_PEOPLE, SCENARIOS } from './scenarios.ts'
import type { Scenario, ScimRequest } from './scenarios.ts'
import { ScimClient } from './scim.ts'
import { drive, Slot } from './slots.ts'
import type { Unit } from './slots.ts'

const HELP = `Usage: npm run bench -- [--users N] [--seconds S] [--only NAME[,NAME…]] [--durable] [--profile DIR] [--json]

Measures the gateway over a private OpenLDAP, and ldapts alone with the same LDAP operations, in
turns. docs/performance.md tells more.

Options:
  --users N      people in the directory; 3000 unless given, at least ${LEAST_PEOPLE}
  --seconds S    how long each side of a scenario is measured; 4 unless given
  --only NAMES   these scenarios alone: ${SCENARIOS.map(({ name }) => name).join(', ')}
  --durable      the directory writes through to the disk, as OpenLDAP does by itself; else it leaves
                 that to the system, so that the disk is not what is measured
  --profile DIR  write a CPU profile of the gateway there; it slows the gateway down
  --json         print JSON
`

const SUFFIX = 'dc=example,dc=test'
const ROUNDS = 5
const ROOT = join(import.meta.dirname, '..')

process.exitCode = await main()

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      users: { type: 'string', default: '3000' },
      seconds: { type: 'string', default: '4' },
      only: { type: 'string' },
      durable: { type: 'boolean', default: false },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const count = Number(values.users)
  const seconds = Number(values.seconds)
  const wanted = values.only?.split(',')
  const scenarios = SCENARIOS.filter(({ name }) => wanted?.includes(name) ?? true)
  const wrong = !(count >= LEAST_PEOPLE && seconds > 0 && scenarios.length > 0)
  if (values.help === true || wrong) {
    process.stderr.write(HELP)
    return wrong ? EXIT.wrongInput : EXIT.done
  }
  const asked = new AbortController()
  void untilAskedToEnd().then((signal) => asked.abort(new Error(`ended by ${signal}`)))
  try {
    const report = await bench({
      count,
      seconds,
      scenarios,
      durable: values.durable,
      profile: values.profile,
      signal: asked.signal,
    })
    process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : asText(report))
    return EXIT.done
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return EXIT.failed
  }
}

interface Options {
  readonly count: number
  readonly seconds: number
  readonly scenarios: readonly Scenario[]
  readonly durable: boolean
  readonly profile: string | undefined
  readonly signal: AbortSignal
}

interface Parts {
  readonly population: Population
  readonly gateway: GatewayProcess
  readonly client: ScimClient
  readonly raw: Raw
  readonly recorder: Recorder
  readonly monitor: Monitor
}

async function bench(options: Options): Promise<Report> {
  const { count, seconds, scenarios, durable, profile, signal } = options
  await using after = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'scim2ldap-bench-'))
  after.defer(() => rm(folder, { recursive: true, force: true }))

  say(`a directory of ${count} people …`)
  const population = populate(SUFFIX, count)
  const image = join(ROOT, 'deploy/openldap')
  const openLdap = await startOpenLdap({ image, suffix: SUFFIX, entries: population.entries }, say)
  after.defer(() => openLdap.stop())
  if (durable) await makeDurable(openLdap)

  const { token, sha256 } = newToken()
  const gatewayOptions = { folder, sha256, profile }
  const settings = await writeSettings(openLdap, gatewayOptions)
  const gateway = await startGateway(settings, gatewayOptions)
  after.defer(() => gateway.stop())
  const client = new ScimClient(gateway.url, token)
  after.defer(() => client.close())

  const configuration = loadConfiguration(settings.file, {
    environment: process.env,
    shippedMappings: join(ROOT, 'mappings'),
  })
  const recorder = await startRecorder(configuration, token)
  after.defer(() => recorder.close())
  const raw = new Raw()
  after.defer(() => raw.close())
  await raw.connect(openLdap)
  const monitor = new Monitor(openLdap)
  after.defer(() => monitor.close())
  await monitor.bind(openLdap)

  const parts: Parts = { population, gateway, client, raw, recorder, monitor }
  const results: Result[] = []
  for (const scenario of scenarios) {
    say(`${scenario.title} …`)
    results.push(await measure(scenario, parts, seconds, signal))
  }
  return {
    people: count,
    seconds,
    durable,
    node: process.versions.node,
    processors: availableParallelism(),
    results,
    peakMemory: gateway.peakMemory(),
  }
}

async function measure(
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
  const counts = await countOperations(slots[0]?.units ?? [], client, monitor, signal)
  await raw.once()
  const rawCounts = await monitor.lap()

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
    sameOperations: sameCounts(counts.all, rawCounts),
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

/** Each request alone, with a look at the server's counters before and after it. */
async function countOperations(
  units: readonly Unit<ScimRequest>[],
  client: ScimClient,
  monitor: Monitor,
  signal: AbortSignal,
) {
  const all = new Map<string, number>()
  const byLabel = new Map<string, { requests: number; operations: number }>()
  await monitor.lap()
  for (const unit of units) {
    await client.perform(unit, async ({ label }) => {
      signal.throwIfAborted()
      const asked = await monitor.lap()
      for (const [kind, count] of asked) all.set(kind, (all.get(kind) ?? 0) + count)
      const { requests, operations } = byLabel.get(label) ?? { requests: 0, operations: 0 }
      byLabel.set(label, { requests: requests + 1, operations: operations + total(asked) })
    })
  }
  return {
    all,
    byLabel: [...byLabel].map(([label, { requests, operations }]) => ({
      label,
      perRequest: operations / requests,
    })),
  }
}

function sameCounts(a: Operations, b: Operations): boolean {
  return a.size === b.size && [...a].every(([kind, count]) => b.get(kind) === count)
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

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
