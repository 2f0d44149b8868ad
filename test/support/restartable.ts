import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { findBinary } from '../../src/demo/binary.ts'
import { whenGone } from '../../src/demo/guard.ts'
import type { OpenLdapOptions } from '../../src/demo/openldap.ts'
import { CONFIG_FILE } from '../../src/demo/openldap.ts'
import { missingPrograms } from '../../src/demo/packages.ts'
import type { RunningSlapd } from '../../src/demo/slapd.ts'
import { startSlapd } from '../../src/demo/slapd.ts'
import { untilTlsAnswers } from '../../src/demo/tls.ts'

/** An OpenLDAP of this machine whose process the test kills, freezes and starts again. */
export interface RestartableSlapd extends RunningSlapd {
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
  /** Resolves when the process is gone. */
  kill(): Promise<void>
  /** Starts it again on its ports with its data; resolves when it answers. */
  restart(): Promise<void>
}

/**
 * Whether this machine has a slapd whose process can be signalled; where the tests run on containers
 * alone, those of killed and frozen servers are left out.
 */
export async function hasRestartable(): Promise<boolean> {
  return (await missingPrograms()).length === 0
}

/** Starts one, as `startSlapd` does. */
export async function startRestartable(options: OpenLdapOptions = {}): Promise<RestartableSlapd> {
  const first = await startSlapd(options)
  const folder = dirname(dirname(first.caFile))
  let pid: number | undefined = first.pid
  let release = () => {}
  const listeners = [first.url, first.plainUrl].map((url) => url.replace('localhost', '127.0.0.1'))
  const isAlive = (): boolean => {
    try {
      return pid !== undefined && process.kill(pid, 0)
    } catch {
      return false
    }
  }
  const signal: RestartableSlapd['signal'] = (name) => {
    if (pid !== undefined) process.kill(pid, name)
  }
  const kill = async () => {
    if (pid === undefined) return
    signal('SIGKILL')
    while (isAlive()) await new Promise((resolve) => setTimeout(resolve, 10))
    release()
    pid = undefined
  }
  return {
    ...first,
    signal,
    kill,
    restart: async () => {
      const args = ['-d', 'none', '-f', join(folder, CONFIG_FILE), '-h', listeners.join(' ')]
      const child = spawn(await findBinary('slapd'), args, { detached: true, stdio: 'ignore' })
      await once(child, 'spawn')
      pid = child.pid
      release = whenGone('kill -9 "$1"', String(pid))
      await untilTlsAnswers(Number(new URL(first.url).port), first.ca, AbortSignal.timeout(20_000))
    },
    stop: async () => {
      await kill()
      await first.stop()
    },
  }
}
