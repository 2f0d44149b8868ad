import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { OpenLdapOptions, RunningOpenLdap } from './openldap.ts'
import { whenGone } from './guard.ts'
import { layOut } from './openldap.ts'
import { runProgram } from './run.ts'
import { untilTlsAnswers } from './tls.ts'

const run = promisify(execFile)

export interface ContainerOptions extends OpenLdapOptions {
  /** The folder of the image's Dockerfile: `deploy/openldap` of this package. */
  readonly image: string
}

/** Where the image expects what `layOut` wrote. */
export const CONTAINER_HOME = '/openldap'

const START_TIMEOUT = 60_000 // ms

/** Whether the `docker` command is there and reaches an engine. */
export async function dockerAnswers(): Promise<boolean> {
  try {
    await docker('version', '--format', '{{.Server.Version}}')
    return true
  } catch {
    return false
  }
}

/**
 * Starts a private OpenLDAP in a container through the `docker` command, its ports published on
 * 127.0.0.1. The container goes with this process, however that ends; the image stays, for the
 * next start.
 *
 * @throws {Error} If the image cannot be built or the server does not come up.
 */
export async function startContainer(options: ContainerOptions): Promise<RunningOpenLdap> {
  const { signal } = options
  const folder = await mkdtemp(join(tmpdir(), 'scim2ldap-'))
  try {
    const { folder: _, ...identity } = await layOut(folder, CONTAINER_HOME, options)
    const image = (await runProgram('docker', ['build', '--quiet', options.image], signal)).trim()
    const id = await docker(
      'create',
      ...['--publish', `127.0.0.1:${options.port ?? ''}:636`, '--publish', '127.0.0.1::389'],
      image,
    )
    const release = whenGone('docker rm --force "$1"; rm -rf "$2"', id, folder)
    const remove = async () => {
      await docker('rm', '--force', '--volumes', id)
      await rm(folder, { recursive: true, force: true })
      release()
    }
    try {
      await docker('cp', `${folder}/.`, `${id}:${CONTAINER_HOME}`)
      await docker('start', id)
      const port = await publishedPort(id, 636)
      const plainPort = await publishedPort(id, 389)
      await untilReady(id, port, identity.ca, signal)
      return {
        ...identity,
        url: `ldaps://localhost:${port}`,
        plainUrl: `ldap://localhost:${plainPort}`,
        stop: remove,
      }
    } catch (error) {
      const { stderr } = await run('docker', ['logs', '--tail', '20', id])
      await remove()
      signal?.throwIfAborted()
      throw new Error(`the OpenLDAP container did not start: ${stderr.trim()}`, { cause: error })
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** @throws Where the container ends instead, or takes too long. */
async function untilReady(
  id: string,
  port: number,
  ca: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const ended = new AbortController()
  const ready = new AbortController()
  const end = () => ended.abort(new Error('the container ended'))
  run('docker', ['wait', id], { signal: ready.signal }).then(end, end)
  try {
    const late = AbortSignal.timeout(START_TIMEOUT)
    const givenUp = signal === undefined ? [] : [signal]
    await untilTlsAnswers(port, ca, AbortSignal.any([ended.signal, late, ...givenUp]))
  } finally {
    ready.abort()
  }
}

async function publishedPort(id: string, port: number): Promise<number> {
  const address = await docker('port', id, `${port}/tcp`) // 127.0.0.1:49153
  return Number(address.slice(address.lastIndexOf(':') + 1))
}

async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('docker', args)
  return stdout.trim()
}
