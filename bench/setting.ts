import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newToken } from '../src/commands/token.ts'
import { loadConfiguration } from '../src/config/load.ts'
import type { Product } from '../src/demo/products.ts'
import type { Measurable } from './directories.ts'
import type { GatewayProcess } from './gateway.ts'
import { startGateway, writeSettings } from './gateway.ts'
import { Monitor } from './monitor.ts'
import type { Listing, Population } from './people.ts'
import { populationEntries, populationOf } from './people.ts'
import { Raw } from './raw.ts'
import { startRecorder } from './record.ts'
import type { Recorder } from './record.ts'
import { ScimClient } from './scim.ts'

export interface SettingOptions {
  readonly product: Product
  readonly measurable: Measurable
  /** How many people there are. */
  readonly count: number
  readonly durable: boolean
  /** Where to write a CPU profile of the gateway, if anywhere. */
  readonly profile: string | undefined
  readonly signal: AbortSignal
  say(line: string): void
}

/** Everything that measuring takes, all of it up. */
export interface Parts {
  readonly population: Population
  readonly gateway: GatewayProcess
  readonly client: ScimClient
  readonly raw: Raw
  readonly recorder: Recorder
  /** Of the directory, where it counts. */
  readonly monitor: Monitor | undefined
}

const ROOT = join(import.meta.dirname, '..')
const LONGEST_PAGE = 1000

/** Starts a directory, the gateway over it, and ldapts; all of it ends with the stack. */
export async function prepare(
  { product, measurable, count, durable, profile, signal, say }: SettingOptions,
  after: AsyncDisposableStack,
): Promise<Parts> {
  const folder = await mkdtemp(join(tmpdir(), 'scim2ldap-bench-'))
  after.defer(() => rm(folder, { recursive: true, force: true }))

  say(`${product.title} with ${count} people …`)
  const entries = populationEntries(count)
  const directory = await product.start({ root: ROOT, entries, say, signal })
  after.defer(() => directory.stop())
  if (durable) await measurable.makeDurable?.(directory)

  const { token, sha256 } = newToken()
  const gatewayOptions = { folder, mapping: measurable.mapping, sha256, profile }
  const settings = await writeSettings(directory, gatewayOptions)
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
  await raw.connect(directory)
  const { counters } = measurable
  const monitor = counters && new Monitor(directory, counters)
  if (monitor !== undefined) {
    after.defer(() => monitor.close())
    await monitor.bind(directory)
  }
  // Not by the gateway that is measured, whose memory it would fill.
  const population = await populationOf(product, count, listingOf(recorder.url, token))
  return { population, gateway, client, raw, recorder, monitor }
}

function listingOf(url: string, token: string): Listing {
  return async (path) => {
    const all: Record<string, string>[] = []
    for (;;) {
      const page = `${url}${path}&count=${LONGEST_PAGE}&startIndex=${all.length + 1}`
      const response = await fetch(page, { headers: { authorization: `Bearer ${token}` } })
      const body = (await response.json()) as {
        readonly totalResults: number
        readonly Resources?: readonly Record<string, string>[]
      }
      if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(body)}`)
      all.push(...(body.Resources ?? []))
      if (all.length >= body.totalResults || body.Resources === undefined) return all
    }
  }
}
