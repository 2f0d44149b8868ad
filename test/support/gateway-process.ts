import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import type { GatewayOptions, Json, TestGateway } from './gateway.ts'
import { clientOf, ENDPOINT } from './gateway.ts'

/** What the parent tells the process, and what it hears. */
export type ToChild =
  | 'memory'
  | {
      readonly running: Pick<
        RunningDirectory,
        'url' | 'ca' | 'suffix' | 'serviceDn' | 'servicePassword'
      >
      readonly options: GatewayOptions
    }
export type FromChild =
  { readonly url: string } | { readonly line: string } | { readonly memory: Memory }

/** In bytes: what the process has now, and the most that it ever had. */
export interface Memory {
  readonly rss: number
  readonly peak: number
}

/** A gateway that shares neither memory nor event loop with the test. */
export interface GatewayProcess extends Omit<TestGateway, 'adminUrl' | 'reload'> {
  memory(): Promise<Memory>
}

/** Starts it with V8's options as the image has them (Dockerfile). */
export async function startGatewayProcess(
  { url, ca, suffix, serviceDn, servicePassword }: RunningDirectory,
  options: GatewayOptions,
): Promise<GatewayProcess> {
  const child = fork(join(import.meta.dirname, 'gateway-child.ts'), {
    execArgv: ['--max-semi-space-size=8'],
  })
  const log: Record<string, Json>[] = []
  const heard = <T>(pick: (message: FromChild) => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const listen = (message: FromChild) => {
        const found = pick(message)
        if (found === undefined) return
        child.off('message', listen)
        resolve(found)
      }
      child.on('message', listen)
      child.once('exit', () => reject(new Error('the gateway has ended')))
    })
  child.on('message', (message: FromChild) => {
    if ('line' in message) log.push(JSON.parse(message.line) as Record<string, Json>)
  })
  const tell = (message: ToChild) => child.send(message)
  const begun = heard((message) => ('url' in message ? message.url : undefined))
  tell({ running: { url, ca, suffix, serviceDn, servicePassword }, options })
  return {
    ...clientOf(`${await begun}${ENDPOINT}`),
    log,
    memory: () => {
      const memory = heard((message) => ('memory' in message ? message.memory : undefined))
      tell('memory')
      return memory
    },
    stop: async () => {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
