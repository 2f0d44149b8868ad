import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Layout, OpenLdapOptions, RunningOpenLdap } from './openldap.ts'
import { findBinary } from './binary.ts'
import { whenGone } from './guard.ts'
import { CONFIG_FILE, LDAPI_SOCKET, layOut, PRELOAD_FILE } from './openldap.ts'
import { untilTlsAnswers } from './tls.ts'

export interface SlapdOptions extends OpenLdapOptions {
  /** The folder to make for the server, removed by `stop`; one below the temporary folder unless given. */
  readonly directory?: string
}

export interface RunningSlapd extends RunningOpenLdap {
  readonly ldapiUrl: string
  readonly pid: number
}

const START_TIMEOUT = 20_000 // ms
const STOP_TIMEOUT = 10_000 // ms
/** Somebody else may take a free port before slapd does. */
const ATTEMPTS = 5

/**
 * Starts a private OpenLDAP of the `slapd` installed here as a child of this process, on 127.0.0.1
 * only. It ends with this process, however that ends.
 *
 * @throws {Error} If slapd does not come up; the message holds what it wrote.
 */
export async function startSlapd(options: SlapdOptions = {}): Promise<RunningSlapd> {
  const folder = options.directory ?? (await mkdtemp(join(tmpdir(), 'scim2ldap-')))
  if (options.directory !== undefined) await mkdir(folder, { mode: 0o700 })
  try {
    const layout = await layOut(folder, folder, options)
    const binary = await unconfined(await findBinary('slapd'), folder)
    await preload(binary, folder)
    return await start(binary, layout, options.port)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/**
 * Ubuntu's AppArmor profile keeps /usr/sbin/slapd out of temporary folders; it does not concern a
 * copy of the program.
 */
async function unconfined(binary: string, folder: string): Promise<string> {
  if (!existsSync('/etc/apparmor.d/usr.sbin.slapd')) return binary
  const copy = join(folder, 'slapd')
  await copyFile(binary, copy)
  return copy
}

async function preload(binary: string, folder: string): Promise<void> {
  const file = join(folder, PRELOAD_FILE)
  const child = spawn(binary, ['-q', '-f', join(folder, CONFIG_FILE), '-l', file], {
    argv0: 'slapadd', // one program under several names
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said = tail(child)
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`slapadd could not load the entries: ${said()}`)
  await rm(file)
}

async function start(
  binary: string,
  layout: Layout,
  fixedPort: number | undefined,
): Promise<RunningSlapd> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(binary, layout, fixedPort)
    } catch (error) {
      if (attempt === ATTEMPTS || fixedPort !== undefined) throw error
    }
  }
}

async function startOnce(
  binary: string,
  layout: Layout,
  fixedPort: number | undefined,
): Promise<RunningSlapd> {
  const { folder, ca, ...identity } = layout
  const [port, plainPort] = [fixedPort ?? (await freePort()), await freePort()]
  const ldapiUrl = `ldapi://${encodeURIComponent(join(folder, LDAPI_SOCKET))}`
  const listeners = `ldaps://127.0.0.1:${port} ldap://127.0.0.1:${plainPort} ${ldapiUrl}`
  // "-d" keeps slapd attached; "none" are the messages of every log level. A session of its own,
  // so that Ctrl-C reaches the gateway first and this child by `stop`.
  const child = spawn(binary, ['-d', 'none', '-f', join(folder, CONFIG_FILE), '-h', listeners], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said = tail(child)
  const failed = new AbortController()
  child.on('error', (error) => failed.abort(error))
  child.on('exit', () => {
    // What it wrote may still be on its way.
    child.once('close', () => failed.abort(new Error(`slapd did not start: ${said()}`)))
  })
  const late = AbortSignal.timeout(START_TIMEOUT)
  const { pid } = child
  const release = whenGone('kill -9 "$1"; rm -rf "$2"', String(pid), folder)
  try {
    await untilTlsAnswers(port, ca, AbortSignal.any([failed.signal, late]))
  } catch (error) {
    await end(child)
    release()
    throw late.aborted ? new Error(`slapd did not answer in time: ${said()}`) : error
  }
  if (pid === undefined) throw new Error('slapd has no process id') // it answers, so it has one
  const stop = async () => {
    await end(child)
    await rm(folder, { recursive: true, force: true })
    release()
  }
  return {
    ...identity,
    ca,
    url: `ldaps://localhost:${port}`,
    plainUrl: `ldap://localhost:${plainPort}`,
    ldapiUrl,
    pid,
    stop,
  }
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

/** Collects the end of what the child writes to its standard error. */
function tail(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    text = (text + piece).slice(-2000)
  })
  return () => text.trim() || 'it said nothing'
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
