import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { RunningDirectory } from '../src/demo/directory.ts'
import { DEFAULTS } from '../src/directory/options.ts'
import type { Measured } from './gateway.ts'
import type { Sequence } from './record.ts'
import type { Round, Unit } from './slots.ts'

export type ToWorker =
  | {
      readonly kind: 'connect'
      readonly url: string
      readonly ca: string
      readonly bindDn: string
      readonly password: string
      readonly connections: number
    }
  | { readonly kind: 'load'; readonly slots: readonly (readonly Unit<Sequence>[])[] }
  /** All units of the first slot, one after the other. */
  | { readonly kind: 'once' }
  | { readonly kind: 'round'; readonly seconds: number }

export type FromWorker =
  | { readonly kind: 'done' }
  | { readonly kind: 'round'; readonly round: Round; readonly cpuSeconds: number }
  | { readonly kind: 'failed'; readonly why: string }

/** ldapts alone, in a process of its own, with as many connections as the gateway has. */
export class Raw {
  private readonly worker: ChildProcess

  constructor() {
    this.worker = fork(join(import.meta.dirname, 'raw-worker.ts'), { serialization: 'advanced' })
  }

  async connect({ url, ca, serviceDn, servicePassword }: RunningDirectory): Promise<void> {
    await this.ask({
      kind: 'connect',
      url,
      ca,
      bindDn: serviceDn,
      password: servicePassword,
      connections: DEFAULTS.poolSize,
    })
  }

  async load(slots: readonly (readonly Unit<Sequence>[])[]): Promise<void> {
    await this.ask({ kind: 'load', slots })
  }

  async once(): Promise<void> {
    await this.ask({ kind: 'once' })
  }

  async round(seconds: number): Promise<Measured> {
    const answer = await this.ask({ kind: 'round', seconds })
    if (answer.kind !== 'round') throw new Error(`an answer of kind ${answer.kind}`)
    return { ...answer.round, cpuSeconds: answer.cpuSeconds }
  }

  close(): void {
    this.worker.disconnect()
  }

  private async ask(message: ToWorker): Promise<FromWorker> {
    const gone = new AbortController()
    const exited = () => gone.abort(new Error('the process of ldapts ended'))
    this.worker.once('exit', exited)
    try {
      this.worker.send(message)
      const [answer] = (await once(this.worker, 'message', { signal: gone.signal })) as [FromWorker]
      if (answer.kind === 'failed') throw new Error(`ldapts: ${answer.why}`)
      return answer
    } finally {
      this.worker.removeListener('exit', exited)
    }
  }
}
