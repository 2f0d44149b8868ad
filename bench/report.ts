import type { Sample } from './memory.ts'

/** What a scenario came to. */
export interface Result {
  readonly name: string
  readonly title: string
  readonly concurrency: number
  /** LDAP operations a request, by the label of the request. */
  readonly operations: readonly { readonly label: string; readonly perRequest: number }[]
  /** Whether ldapts did just as many operations of each kind as the gateway. */
  readonly sameOperations: boolean
  /** Requests a second; of ldapts, as many of their operations. Medians. */
  readonly gatewayRate: number
  readonly rawRate: number
  /** Of each pair of rounds, in their order. */
  readonly ratios: readonly number[]
  readonly ratio: number
  /** Processor time a request, in µs. */
  readonly gatewayCpu: number | undefined
  readonly rawCpu: number | undefined
  /** Resident memory of the gateway, in bytes. */
  readonly memoryBefore: number | undefined
  readonly memoryAfter: number | undefined
}

/** What was measured, and on what. */
export interface Machine {
  readonly directory: string
  readonly people: number
  /** Whether the directory wrote through to the disk. */
  readonly durable: boolean
  readonly node: string
  readonly processors: number
}

export interface Report extends Machine {
  readonly seconds: number
  /** Who counted LDAP operations. */
  readonly countedBy: 'directory' | 'gateway'
  readonly results: readonly Result[]
  readonly peakMemory: number | undefined
}

export interface MemoryReport extends Machine {
  readonly samples: readonly Sample[]
  readonly peakMemory: number | undefined
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [upper = NaN, lower = NaN] = [sorted[middle], sorted[middle - 1]]
  return sorted.length % 2 === 1 ? upper : (lower + upper) / 2
}

export function asText(report: Report): string {
  const { seconds, countedBy, results, peakMemory } = report
  const rows = results.map((result) => [
    result.title,
    String(result.concurrency),
    operationsText(result),
    whole(result.gatewayRate),
    whole(result.rawRate),
    result.ratio.toFixed(2),
    `${Math.min(...result.ratios).toFixed(2)}–${Math.max(...result.ratios).toFixed(2)}`,
    whole(result.gatewayCpu),
    whole(result.rawCpu),
    megabytes(result.memoryBefore),
    megabytes(result.memoryAfter),
  ])
  return `
${machineText(report)}, ${seconds} s a scenario and side

${table([HEAD, ...rows])}

gateway   SCIM requests over HTTP to "scim2ldap serve", LDAPS behind it
ldapts    the LDAP operations of those requests and nothing else: no HTTP, no SCIM; same number at a
          time, same connections, LDAPS
ratio     gateway ÷ ldapts, the median of rounds that took turns, and the extremes
LDAP ops  a request, ${COUNTED[countedBy]}${results.every(({ sameOperations }) => sameOperations) ? '; ldapts did the same' : ''}
CPU       processor time of the process a request, in µs; the gateway's rounds share the processors
          with the HTTP client, those of ldapts do not
RSS       resident memory of the gateway, in MB, before and after the scenario; at most ${megabytes(peakMemory)}
${results
  .filter(({ sameOperations }) => !sameOperations)
  .map(({ title }) => `NOTE      ldapts did other operations than the gateway in "${title}"\n`)
  .join('')}`
}

export function memoryText(report: MemoryReport): string {
  const { samples, peakMemory } = report
  const rows = samples.map(({ what, requests, resident, heap }) => [
    what,
    String(requests),
    megabytes(resident),
    megabytes(heap),
  ])
  return `
${machineText(report)}

${table([['after', 'requests', 'RSS', 'heap'], ...rows])}

RSS       resident memory of the gateway, in MB; at most ${megabytes(peakMemory)}
heap      what V8 uses of it, garbage included that is not collected yet
`
}

function machineText({ directory, people, durable, node, processors }: Machine): string {
  const disk = durable ? 'written through to the disk' : 'left to the system to write'
  return `${directory}, ${people} people, ${disk}, Node ${node}, ${processors} processors`
}

const COUNTED: Readonly<Record<Report['countedBy'], string>> = {
  directory: "by the directory's own counters",
  gateway: 'as the gateway hands them to its connections; the directory does not count',
}

const HEAD = [
  'request',
  'at once',
  'LDAP ops',
  'gateway/s',
  'ldapts/s',
  'ratio',
  'from–to',
  'CPU gw',
  'ldapts',
  'RSS before',
  'after',
]

function operationsText({ operations }: Result): string {
  return operations
    .map(({ label, perRequest }) => `${label} ${Number(perRequest.toFixed(2))}`.trim())
    .join(', ')
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0
          return column === 0 ? cell.padEnd(width) : cell.padStart(width)
        })
        .join('  '),
    )
    .join('\n')
}

function whole(number: number | undefined): string {
  return number === undefined ? '–' : Math.round(number).toString()
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? '–' : Math.round(bytes / 1e6).toString()
}
