import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { whenGone } from '../src/demo/guard.ts'
import type { RunningDirectory } from '../src/demo/directory.ts'
import type { Round } from './slots.ts'

export const PATH = '/scim/v2'

/** A round, and the processor time of the process that was measured, where it can be had. */
export interface Measured extends Round {
  readonly cpuSeconds: number | undefined
}

/** `scim2ldap serve` in a process of its own. */
export interface GatewayProcess {
  readonly url: string
  /** Resident memory in bytes; `undefined` where there is no /proc. */
  memory(): number | undefined
  /** The most that it ever was. */
  peakMemory(): number | undefined
  cpuSeconds(): number | undefined
  /** Of its heap in bytes, what is used; garbage counts until it is collected. */
  heap(): Promise<number>
  stop(): Promise<void>
}

export interface GatewayOptions {
  /** An empty folder of ours, for the settings. */
  readonly folder: string
  /** The shipped one. */
  readonly mapping: string
  /** Of the token that it takes. */
  readonly sha256: string
  /** Where to write a CPU profile, if anywhere. */
  readonly profile: string | undefined
}

const START_TIMEOUT = 20_000 // ms

/** The settings as YAML, which JSON is. The log is at its default level, as in operation. */
export async function writeSettings(
  directory: RunningDirectory,
  { folder, mapping, sha256 }: GatewayOptions,
): Promise<{ readonly file: string; readonly port: number; readonly adminPort: number }> {
  const [port, adminPort] = [await freePort(), await freePort()]
  const { url, caFile, suffix, serviceDn, servicePassword } = directory
  const settings = {
    listen: { host: '127.0.0.1', port },
    // What is measured is not how it is held back.
    limits: { rate: { requests: 1_000_000_000, seconds: 10 } },
    admin: { host: '127.0.0.1', port: adminPort },
    endpoints: {
      [PATH]: {
        mapping,
        breaker: { deletes: 1_000_000_000, memberRemovals: 1_000_000_000 },
        directory: {
          url,
          suffix,
          tls: { ca: caFile },
          bind: { dn: serviceDn, password: servicePassword },
        },
        clients: [{ name: 'bench', tokens: [{ sha256 }] }],
      },
    },
  }
  const file = join(folder, 'gateway.yaml')
  await writeFile(file, JSON.stringify(settings), { mode: 0o600 })
  return { file, port, adminPort }
}

/** @throws {Error} If it does not get ready; the message holds what it wrote. */
export async function startGateway(
  { file, port, adminPort }: Awaited<ReturnType<typeof writeSettings>>,
  { profile }: GatewayOptions,
): Promise<GatewayProcess> {
  const main = join(import.meta.dirname, '../src/main.ts')
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  // A session of its own, so that Ctrl-C reaches it by `stop`.
  const child = spawn(process.execPath, [...profiling, main, 'serve', '--config', file], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000)
  })
  const pid = String(child.pid)
  const release = whenGone('kill -9 "$1"', pid)
  const stop = async () => {
    await end(child)
    release()
  }
  const deadline = performance.now() + START_TIMEOUT
  while (!(await isReady(adminPort))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop()
      throw new Error(`the gateway did not get ready: ${said}`)
    }
    await setTimeout(50)
  }
  return {
    url: `http://127.0.0.1:${port}${PATH}`,
    memory: () => statusOf(pid, 'VmRSS'),
    peakMemory: () => statusOf(pid, 'VmHWM'),
    cpuSeconds: () => cpuSecondsOf(pid),
    heap: () => heapOf(adminPort),
    stop,
  }
}

async function heapOf(adminPort: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/metrics`)
  const used = /^nodejs_heap_size_used_bytes (\S+)$/m.exec(await response.text())?.[1]
  return Number(used)
}

async function isReady(adminPort: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).ok
  } catch {
    return false
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

/** A size of proc_pid_status(5), in bytes. */
function statusOf(pid: string, name: string): number | undefined {
  const text = readProc(pid, 'status')
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text ?? '')?.[1]
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
}

/** utime and stime of proc_pid_stat(5), in clock ticks of 10 ms, behind the name in parentheses. */
function cpuSecondsOf(pid: string): number | undefined {
  const fields = readProc(pid, 'stat')?.split(') ')[1]?.split(' ')
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) / 100
}

function readProc(pid: string, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return undefined
  }
}

/** A TCP port of 127.0.0.1 that nobody listens on at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  server.close()
  await once(server, 'close')
  return port
}
