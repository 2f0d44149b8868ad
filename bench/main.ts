import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { EXIT, oneOf, UsageError, wholeNumber } from '../src/commands/command.ts'
import { endSignal } from '../src/commands/signals.ts'
import { PRODUCTS } from '../src/demo/products.ts'
import { DIRECTORIES } from './directories.ts'
import { measure } from './measure.ts'
import { watchMemory } from './memory.ts'
import { asText, memoryText } from './report.ts'
import type { Report, Result } from './report.ts'
import { LEAST_PEOPLE, SCENARIOS } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'
import { prepare } from './setting.ts'
import type { SettingOptions } from './setting.ts'

const HELP = `Usage: npm run bench -- [--directory NAME] [--users N] [--seconds S] [--only NAME[,NAME…]]
                        [--durable] [--memory N] [--profile DIR] [--json]

Measures the gateway over a private directory, and ldapts alone with the same LDAP operations, in
turns. docs/performance.md tells more.

Options:
  --directory NAME  openldap, 389ds or active-directory (Samba); openldap unless given
  --users N         people in the directory; 3000 unless given, at least ${LEAST_PEOPLE}
  --seconds S       how long each side of a scenario is measured; 4 unless given
  --only NAMES      these scenarios alone: ${SCENARIOS.map(({ name }) => name).join(', ')}
  --durable         OpenLDAP writes through to the disk, as it does by itself; else it leaves that to
                    the system, so that the disk is not what is measured
  --memory N        no scenario, but what the gateway holds over N requests and a list of everybody
  --profile DIR     write a CPU profile of the gateway there; it slows the gateway down
  --json            print JSON
`

process.exitCode = await main()

async function main(): Promise<number> {
  try {
    const { help, json, ...asked } = readArguments()
    if (help) {
      process.stdout.write(HELP)
      return EXIT.done
    }
    process.stdout.write(await bench({ ...asked, json, signal: endSignal() }))
    return EXIT.done
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`)
    if (!(error instanceof UsageError)) return EXIT.failed
    process.stderr.write('"npm run bench -- --help" tells more.\n')
    return EXIT.wrongInput
  }
}

interface Options extends Omit<SettingOptions, 'say'> {
  readonly seconds: number
  readonly scenarios: readonly Scenario[]
  /** How many requests memory is watched over; `undefined` where throughput is measured. */
  readonly memory: number | undefined
  readonly json: boolean
}

function readArguments(): Omit<Options, 'signal'> & { readonly help: boolean } {
  const { values } = parseArgs({
    options: {
      directory: { type: 'string', default: 'openldap' },
      users: { type: 'string', default: '3000' },
      seconds: { type: 'string', default: '4' },
      only: { type: 'string' },
      durable: { type: 'boolean', default: false },
      memory: { type: 'string' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const measurable = oneOf(values, 'directory', DIRECTORIES)
  const { durable, profile, json, help } = values
  if (durable && measurable.makeDurable === undefined) {
    throw new UsageError(`--durable is for openldap, not for ${values.directory}`)
  }
  const seconds = Number(values.seconds)
  if (!(seconds > 0)) throw new UsageError('--seconds must be a number above 0')
  const table = new Map(SCENARIOS.map((scenario) => [scenario.name, scenario]))
  return {
    product: oneOf(values, 'directory', PRODUCTS),
    measurable,
    count: wholeNumber(values, 'users', { least: LEAST_PEOPLE, most: 1_000_000 }) ?? 0,
    seconds,
    scenarios: values.only?.split(',').map((only) => oneOf({ only }, 'only', table)) ?? SCENARIOS,
    durable,
    memory: wholeNumber(values, 'memory', { least: 1000, most: 100_000_000 }),
    profile,
    json,
    help,
  }
}

/** What went wrong first; the end of what is up may have gone wrong because of it. */
function messageOf(error: unknown): string {
  if (error instanceof SuppressedError) return messageOf(error.suppressed)
  return error instanceof Error ? error.message : String(error)
}

/** @returns What to print. */
async function bench(options: Options): Promise<string> {
  const { product, count, seconds, scenarios, durable, memory, json, signal } = options
  await using after = new AsyncDisposableStack()
  const say = (line: string) => process.stderr.write(`${line}\n`)
  const parts = await prepare({ ...options, say }, after)
  const machine = {
    directory: product.title,
    people: count,
    durable,
    node: process.versions.node,
    processors: availableParallelism(),
  }
  if (memory !== undefined) {
    const samples = await watchMemory(parts, memory, signal, say)
    const report = { ...machine, samples, peakMemory: parts.gateway.peakMemory() }
    return json ? asJson(report) : memoryText(report)
  }
  const results: Result[] = []
  for (const scenario of scenarios) {
    say(`${scenario.title} …`)
    results.push(await measure(scenario, parts, seconds, signal))
  }
  const countedBy = parts.monitor === undefined ? 'gateway' : 'directory'
  const peakMemory = parts.gateway.peakMemory()
  const report: Report = { ...machine, seconds, countedBy, results, peakMemory }
  return json ? asJson(report) : asText(report)
}

function asJson(report: object): string {
  return `${JSON.stringify(report, null, 2)}\n`
}
