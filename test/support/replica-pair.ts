import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CONFIG_FILE } from '../../src/demo/openldap.ts'
import type { RunningSlapd } from '../../src/demo/slapd.ts'
import { startSlapd } from '../../src/demo/slapd.ts'
import { ldapread } from './ldapsearch.ts'
import type { Proxy } from './proxy.ts'
import { startProxy } from './proxy.ts'
import type { Restartable } from './restartable.ts'
import { restartable } from './restartable.ts'

export type Replica = RunningSlapd & Restartable

/** Two OpenLDAPs that take writes and pass them to each other (syncrepl, multi-provider). */
export interface ReplicaPair {
  readonly first: Replica
  readonly second: Replica
  /** The way by which the first one gets what the second one has; frozen, it stays behind. */
  readonly toFirst: Proxy
  /** Resolves when each has every change of the other. */
  level(): Promise<void>
  stop(): Promise<void>
}

export async function startReplicaPair(): Promise<ReplicaPair> {
  const options = {
    adminPassword: 'of the admin',
    servicePassword: 'of the service',
    // memberof and refint change entries on each server by themselves, and those changes meet.
    overlays: ['unique', 'deref', 'syncprov'] as const,
  }
  const start = async () => restartable(await startSlapd(options))
  const [first, second] = await Promise.all([start(), start()])
  await Promise.all([first.kill(), second.kill()])
  const toFirst = await startProxy(second.plainUrl)
  await follow(first, 1, `ldap://127.0.0.1:${toFirst.port}`)
  await follow(second, 2, first.plainUrl.replace('localhost', '127.0.0.1'))
  // The second one begins with nothing: all that it has comes from the first one.
  await rm(join(second.folder, 'db'), { recursive: true })
  await mkdir(join(second.folder, 'db'), { mode: 0o700 })
  await Promise.all([first.restart(), second.restart()])
  const pair: ReplicaPair = {
    first,
    second,
    toFirst,
    level: async () => {
      const late = AbortSignal.timeout(20_000)
      for (;;) {
        const [one, other] = await Promise.all([changesOf(first), changesOf(second)])
        if (one !== '' && one === other) return
        late.throwIfAborted()
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    stop: async () => {
      await Promise.all([first.stop(), second.stop()])
      await toFirst.stop()
    },
  }
  await pair.level()
  return pair
}

/** Has a server, which is not running, take what the one at `provider` has. */
async function follow(server: Replica, id: number, provider: string): Promise<void> {
  const file = join(server.folder, CONFIG_FILE)
  const conf = await readFile(file, 'utf8')
  const source = [
    `syncrepl rid=00${id} provider=${provider} type=refreshAndPersist retry="1 +"`,
    `searchbase="${server.suffix}" bindmethod=simple`,
    `binddn="${server.adminDn}" credentials="${server.adminPassword}"`,
  ]
  await writeFile(file, `serverID ${id}\n${conf}${source.join(' ')}\nmultiprovider on\n`)
}

async function changesOf(server: Replica): Promise<string> {
  const entry = await ldapread(server, server.suffix, ['contextCSN'])
  return [...(entry?.attributes.contextCSN ?? [])].sort().join()
}
