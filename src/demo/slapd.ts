import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { OpenLdapOptions, RunningOpenLdap } from './openldap.ts'
import type { RunningDaemon } from './daemon.ts'
import { findBinary } from './binary.ts'
import { inNewFolder, onFreePorts, startDaemon, tail } from './daemon.ts'
import { CONFIG_FILE, LDAPI_SOCKET, layOut, PRELOAD_FILE } from './openldap.ts'
import { killWhenAborted } from './run.ts'

export interface SlapdOptions extends OpenLdapOptions {
  /** The folder to make for the server, removed by `stop`; one below the temporary folder unless given. */
  readonly directory?: string
}

export interface RunningSlapd extends RunningOpenLdap, RunningDaemon {
  readonly ldapiUrl: string
  readonly pid: number
}

/**
 * Starts a private OpenLDAP of the `slapd` installed here as a child of this process, on 127.0.0.1
 * only. It ends with this process, however that ends.
 *
 * @throws {Error} If slapd does not come up; the message holds what it wrote.
 */
export async function startSlapd(options: SlapdOptions = {}): Promise<RunningSlapd> {
  const { signal } = options
  return inNewFolder(options.directory, async (folder) => {
    const { folder: _, ...identity } = await layOut(folder, folder, options)
    const binary = await unconfined(await findBinary('slapd'), folder)
    await preload(binary, folder, signal)
    const ldapiUrl = `ldapi://${encodeURIComponent(join(folder, LDAPI_SOCKET))}`
    return onFreePorts(options.port, async (port, plainPort) => {
      const listeners = `ldaps://127.0.0.1:${port} ldap://127.0.0.1:${plainPort} ${ldapiUrl}`
      // "-d" keeps slapd attached; "none" are the messages of every log level.
      const args = ['-d', 'none', '-f', join(folder, CONFIG_FILE), '-h', listeners]
      const daemon = { name: 'slapd', binary, args, port, ca: identity.ca, folder, signal }
      return {
        ...identity,
        url: `ldaps://localhost:${port}`,
        plainUrl: `ldap://localhost:${plainPort}`,
        ldapiUrl,
        ...(await startDaemon(daemon)),
      }
    })
  })
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

async function preload(
  binary: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted()
  const file = join(folder, PRELOAD_FILE)
  const child = spawn(binary, ['-q', '-f', join(folder, CONFIG_FILE), '-l', file], {
    argv0: 'slapadd', // one program under several names
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said = tail(child)
  const release = killWhenAborted(child, signal)
  const [code] = (await once(child, 'close')) as [number | null]
  release()
  signal?.throwIfAborted()
  if (code !== 0) throw new Error(`slapadd could not load the entries: ${said()}`)
  await rm(file)
}
