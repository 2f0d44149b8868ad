import { Client } from 'ldapts'
import type { Prepared } from './ldapts.ts'
import { prepare } from './ldapts.ts'
import type { FromWorker, ToWorker } from './raw.ts'
import { drive, Slot } from './slots.ts'
import type { Unit } from './slots.ts'

/** The process in which ldapts alone does what the gateway did; it obeys its parent (raw.ts). */

let clients: readonly Client[] = []
let slots: readonly Slot<readonly Prepared[]>[] = []

process.on('message', (message: ToWorker) => {
  handle(message).then(answer, (error: unknown) => {
    answer({ kind: 'failed', why: error instanceof Error ? error.message : String(error) })
  })
})
process.on('disconnect', () => process.exit())
// Ctrl-C is for the parent to act on.
process.on('SIGINT', () => {})

function answer(message: FromWorker): void {
  process.send?.(message)
}

async function handle(message: ToWorker): Promise<FromWorker> {
  switch (message.kind) {
    case 'connect': {
      const { url, ca, bindDn, password, connections } = message
      clients = Array.from(
        { length: connections },
        () => new Client({ url, tlsOptions: { ca }, timeout: 30_000 }),
      )
      await Promise.all(clients.map((client) => client.bind(bindDn, password)))
      return { kind: 'done' }
    }
    case 'load':
      slots = message.slots.map((units, index) => {
        const client = clients[index % clients.length]
        if (client === undefined) throw new Error('not connected')
        const prepared = units.map((unit) => unit.map((sequence) => sequence.map(prepare)))
        return new Slot<readonly Prepared[]>(prepared, (unit) => perform(client, unit))
      })
      return { kind: 'done' }
    case 'once':
      for (const _ of slots[0]?.units ?? []) await slots[0]?.advance()
      return { kind: 'done' }
    case 'round': {
      const before = process.cpuUsage()
      const round = await drive(slots, message.seconds)
      const { user, system } = process.cpuUsage(before)
      return { kind: 'round', round, cpuSeconds: (user + system) / 1e6 }
    }
  }
}

async function perform(client: Client, unit: Unit<readonly Prepared[]>): Promise<void> {
  for (const sequence of unit) for (const send of sequence) await send(client)
}
