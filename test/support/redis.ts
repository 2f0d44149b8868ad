import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findBinary } from '../../src/demo/binary.ts'
import { whenGone } from '../../src/demo/guard.ts'
import { installPrograms, missingPrograms } from '../../src/demo/packages.ts'
import { CERTIFICATE_FILE, KEY_FILE, makeCertificates } from '../../src/demo/tls.ts'
import { freePort } from './free-port.ts'
import { preparing } from './preparing.ts'

const PROGRAMS = ['redis-server', 'openssl'] as const

/** Makes ready what a private Redis needs, once, before test files run side by side. */
export function prepareRedis(): Promise<void> {
  return preparing('Redis', (say) => installPrograms(PROGRAMS, say))
}

/** Whether this machine has a Redis; else tests on it are left out, which `prepareRedis` has told. */
export async function hasRedis(): Promise<boolean> {
  return (await missingPrograms(PROGRAMS)).length === 0
}

/** A Redis of one test file, on loopback, which keeps nothing on disk. */
export interface TestRedis {
  readonly url: string
  readonly password: string
  /** Of its TLS port, whose certificate `ca` has signed. */
  readonly tlsUrl: string
  readonly ca: string
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** Resolves when the process is gone. */
  kill(): Promise<void>
  /** Starts it again on its ports, empty. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export async function startRedis(): Promise<TestRedis> {
  const binary = await findBinary('redis-server')
  const folder = await mkdtemp(join(tmpdir(), 'scim2ldap-'))
  const ca = await makeCertificates(folder)
  const [port, tlsPort] = [await freePort(), await freePort()]
  const password = 'the-password-of-redis'
  const args = [
    ...['--bind', '127.0.0.1', '--port', String(port), '--tls-port', String(tlsPort)],
    ...[
      '--tls-cert-file',
      join(folder, CERTIFICATE_FILE),
      '--tls-key-file',
      join(folder, KEY_FILE),
    ],
    ...['--tls-ca-cert-file', join(folder, 'ca.pem'), '--tls-auth-clients', 'no'],
    ...['--save', '', '--appendonly', 'no', '--dir', folder, '--requirepass', password],
  ]
  let child: ChildProcess
  let release = () => {}
  const start = async () => {
    child = spawn(binary, args, { detached: true, stdio: 'ignore' })
    await once(child, 'spawn')
    release = whenGone('kill -9 "$1"; rm -rf "$2"', String(child.pid), folder)
    await untilOpen(port)
  }
  const kill = async () => {
    release()
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    password,
    tlsUrl: `rediss://localhost:${tlsPort}`,
    ca,
    signal: (signal) => void child.kill(signal),
    kill,
    restart: start,
    stop: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function untilOpen(port: number): Promise<void> {
  const late = AbortSignal.timeout(20_000)
  for (;;) {
    late.throwIfAborted()
    const socket = connect(port, '127.0.0.1')
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (open) return
    await sleep(20)
  }
}
