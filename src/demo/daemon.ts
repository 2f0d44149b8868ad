import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { whenGone } from './guard.ts'
import { untilTlsAnswers } from './tls.ts'

/** A directory server to be run in the foreground, as a child of this process. */
export interface Daemon {
  /** What messages call it. */
  readonly name: string
  readonly binary: string
  readonly args: readonly string[]
  /** Where it will speak TLS with a certificate of `ca`; at 127.0.0.1 unless given. */
  readonly address?: string
  readonly port: number
  readonly ca: string
  /** Its folder, which goes with it. */
  readonly folder: string
  /** Gives up starting it. */
  readonly signal?: AbortSignal | undefined
}

export interface RunningDaemon {
  readonly pid: number
  /** The program and its arguments, by which it can be started again in its folder. */
  readonly command: readonly string[]
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

const START_TIMEOUT = 20_000 // ms
const STOP_TIMEOUT = 10_000 // ms
/** Somebody else may take a free port before the server does. */
const ATTEMPTS = 5

/**
 * Has `start` put a server into a new folder, which does not stay where that fails.
 *
 * @param directory The folder to make; one below the temporary folder unless given.
 */
export async function inNewFolder<T>(
  directory: string | undefined,
  start: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = directory ?? (await mkdtemp(join(tmpdir(), 'scim2ldap-')))
  if (directory !== undefined) await mkdir(folder, { mode: 0o700 })
  try {
    return await start(folder)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** Has `start` try with a TLS port and a plain one that are free, again where they were taken meanwhile. */
export async function onFreePorts<T>(
  fixedPort: number | undefined,
  start: (port: number, plainPort: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(fixedPort ?? (await freePort()), await freePort())
    } catch (error) {
      if (attempt === ATTEMPTS || fixedPort !== undefined) throw error
    }
  }
}

/**
 * Starts a server and waits until it answers. It ends with this process, however that ends.
 *
 * @throws {Error} If it does not come up; the message holds what it wrote.
 */
export async function startDaemon(daemon: Daemon): Promise<RunningDaemon> {
  const { name, binary, args, address, port, ca, folder, signal } = daemon
  signal?.throwIfAborted()
  // A session of its own, so that Ctrl-C reaches the gateway first and this child by `stop`.
  const child = spawn(binary, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  const said = tail(child)
  const failed = new AbortController()
  child.on('error', (error) => failed.abort(error))
  child.on('exit', () => {
    // What it wrote may still be on its way.
    child.once('close', () => failed.abort(new Error(`${name} did not start: ${said()}`)))
  })
  const late = AbortSignal.timeout(START_TIMEOUT)
  const { pid } = child
  const release = whenGone('kill -9 "$1"; rm -rf "$2"', String(pid), folder)
  try {
    const givenUp = signal === undefined ? [] : [signal]
    await untilTlsAnswers(port, ca, AbortSignal.any([failed.signal, late, ...givenUp]), address)
  } catch (error) {
    await end(child)
    release()
    throw late.aborted ? new Error(`${name} did not answer in time: ${said()}`) : error
  }
  if (pid === undefined) throw new Error(`${name} has no process id`) // it answers, so it has one
  return {
    pid,
    command: [binary, ...args],
    stop: async () => {
      await end(child)
      await rm(folder, { recursive: true, force: true })
      release()
    },
  }
}

/** Collects the end of what the child writes to its standard error. */
export function tail(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    text = (text + piece).slice(-2000)
  })
  return () => text.trim() || 'it said nothing'
}

/** SIGTERM, and SIGKILL where that does not help; resolves when the process is gone. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = new AbortController()
  const late = setTimeout(STOP_TIMEOUT, 'late', { signal: timer.signal }).catch(() => undefined)
  if ((await Promise.race([gone, late])) === 'late') {
    child.kill('SIGKILL')
    await gone
  }
  timer.abort()
}

/** A TCP port of 127.0.0.1 that nobody listens on at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no TCP address') // it is TCP
  return address.port
}
