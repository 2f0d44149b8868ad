import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { RunningDaemon } from '../../src/demo/daemon.ts'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import { whenGone } from '../../src/demo/guard.ts'
import { missingPrograms } from '../../src/demo/packages.ts'
import { untilTlsAnswers } from '../../src/demo/tls.ts'

/** A directory of this machine whose process the test kills, freezes and starts again. */
export interface Restartable {
  /** The folder of the server. */
  readonly folder: string
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
  /** Resolves when the process is gone. */
  kill(): Promise<void>
  /** Starts it again on its ports with its data; resolves when it answers. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/**
 * Whether this machine has a slapd whose process can be signalled; where the tests run on containers
 * alone, those of killed and frozen servers are left out.
 */
export async function hasRestartable(): Promise<boolean> {
  return (await missingPrograms()).length === 0
}

/** Makes a server of one process so. */
export function restartable<Server extends RunningDirectory & RunningDaemon>(
  first: Server,
): Server & Restartable {
  const folder = dirname(dirname(first.caFile))
  const [command = '', ...args] = first.command
  let pid: number | undefined = first.pid
  let release = () => {}
  const isAlive = (): boolean => {
    try {
      return pid !== undefined && process.kill(pid, 0)
    } catch {
      return false
    }
  }
  const signal: Restartable['signal'] = (name) => {
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
    folder,
    signal,
    kill,
    restart: async () => {
      const child = spawn(command, args, { detached: true, stdio: 'ignore' })
      await once(child, 'spawn')
      pid = child.pid
      release = whenGone('kill -9 "$1"; rm -rf "$2"', String(pid), folder)
      const { hostname, port } = new URL(first.url)
      const host = hostname === 'localhost' ? '127.0.0.1' : hostname
      const late = AbortSignal.timeout(30_000)
      await untilTlsAnswers(Number(port) || 636, first.ca, late, host)
    },
    stop: async () => {
      await kill()
      await first.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
