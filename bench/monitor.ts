import { Client } from 'ldapts'
import type { RunningOpenLdap } from '../src/demo/openldap.ts'

/** LDAP operations that the server began, by kind: `Search`, `Modify` … */
export type Operations = ReadonlyMap<string, number>

/** The server's own counters, `cn=monitor` (slapd-monitor(5)). */
export class Monitor {
  private readonly client: Client
  private counts: Operations = new Map()

  constructor({ url, ca }: RunningOpenLdap) {
    this.client = new Client({ url, tlsOptions: { ca } })
  }

  async bind({ adminDn, adminPassword }: RunningOpenLdap): Promise<void> {
    await this.client.bind(adminDn, adminPassword)
  }

  /** What the server was asked since the lap before. */
  async lap(): Promise<Operations> {
    const counts = await this.read()
    const operations = [...counts].map(([kind, count]): [string, number] => {
      const own = kind === 'Search' ? 1 : 0 // this lap's own
      return [kind, count - (this.counts.get(kind) ?? 0) - own]
    })
    this.counts = counts
    return new Map(operations.filter(([, count]) => count !== 0))
  }

  async close(): Promise<void> {
    await this.client.unbind()
  }

  private async read(): Promise<Map<string, number>> {
    const { searchEntries } = await this.client.search('cn=Operations,cn=Monitor', {
      scope: 'one',
      attributes: ['cn', 'monitorOpInitiated'],
    })
    return new Map(
      searchEntries.map(({ cn, monitorOpInitiated }) => [String(cn), Number(monitorOpInitiated)]),
    )
  }
}

export function total(operations: Operations): number {
  return [...operations.values()].reduce((sum, count) => sum + count, 0)
}
