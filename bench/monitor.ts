import { Client } from 'ldapts'
import type { RunningDirectory } from '../src/demo/directory.ts'

/** LDAP operations that a server began, by kind. */
export type Operations = ReadonlyMap<string, number>

/** Reads a server's own counters by one search. */
export type Counters = (client: Client) => Promise<Operations>

/** A look at a server's own counters, from lap to lap. */
export class Monitor {
  private readonly client: Client
  private readonly read: Counters
  private counts: Operations = new Map()

  constructor({ url, ca }: RunningDirectory, read: Counters) {
    this.client = new Client({ url, tlsOptions: { ca } })
    this.read = read
  }

  async bind({ adminDn, adminPassword }: RunningDirectory): Promise<void> {
    await this.client.bind(adminDn, adminPassword)
  }

  /** What the server was asked since the lap before. */
  async lap(): Promise<Operations> {
    const counts = await this.read(this.client)
    const operations = [...counts].map(([kind, count]): [string, number] => {
      const own = kind === 'search' ? 1 : 0 // this lap's own
      return [kind, count - (this.counts.get(kind) ?? 0) - own]
    })
    this.counts = counts
    return new Map(operations.filter(([, count]) => count !== 0))
  }

  async close(): Promise<void> {
    await this.client.unbind()
  }
}

export function total(operations: Operations): number {
  return [...operations.values()].reduce((sum, count) => sum + count, 0)
}

export function sameCounts(a: Operations, b: Operations): boolean {
  return a.size === b.size && [...a].every(([kind, count]) => b.get(kind) === count)
}
