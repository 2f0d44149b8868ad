import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, rm, writeFile } from 'node:fs/promises'
import { lookUpBinary } from './binary.ts'

/** The programs around private directories, each with the Debian packages that have it and what it needs. */
const PACKAGES = {
  slapd: 'slapd',
  'ns-slapd': '389-ds-base',
  certutil: 'libnss3-tools',
  pk12util: 'libnss3-tools',
  openssl: 'openssl',
  ldapsearch: 'ldap-utils',
  samba: ['samba', 'samba-ad-dc', 'samba-ad-provision'],
  'samba-tool': ['samba-common-bin'],
  'redis-server': 'redis-server',
} as const

export type Program = keyof typeof PACKAGES

/** What a private OpenLDAP does not run without. */
export const SERVER_PROGRAMS = ['slapd', 'openssl'] as const satisfies Program[]

/** What a private 389 Directory Server does not run without. */
export const DS389_PROGRAMS = [
  'ns-slapd',
  'certutil',
  'pk12util',
  'openssl',
] as const satisfies Program[]

/** What a private Samba does not run without. */
export const SAMBA_PROGRAMS = ['samba', 'samba-tool', 'openssl'] as const satisfies Program[]

/** What dpkg's maintainer scripts ask before they start a service (invoke-rc.d). */
const POLICY = '/usr/sbin/policy-rc.d'

export async function missingPrograms(
  programs: readonly Program[] = SERVER_PROGRAMS,
): Promise<readonly Program[]> {
  const missing: Program[] = []
  for (const program of programs) {
    if ((await lookUpBinary(program)) === undefined) missing.push(program)
  }
  return missing
}

/**
 * Installs those of `programs` that are missing (Debian, Ubuntu), without configuring or starting
 * a system service.
 *
 * @param say Told what is going to be installed.
 * @throws {Error} Where something is missing and this is not root on such a system, with a sentence
 *   that tells what to install; where `apt-get` fails.
 */
export async function installPrograms(
  programs: readonly Program[],
  say: (line: string) => void,
): Promise<void> {
  const missing = await missingPrograms(programs)
  if (missing.length === 0) return
  const names = [...new Set(missing.flatMap((program) => PACKAGES[program]))]
  if (process.getuid?.() !== 0 || (await lookUpBinary('apt-get')) === undefined) {
    throw new Error(
      `Not installed: ${missing.join(', ')}. Install the packages ${names.join(', ')} ` +
        `(as root on Debian or Ubuntu: apt-get install ${names.join(' ')})` +
        `${missing.includes('slapd') ? ' or start Docker' : ''}.`,
    )
  }
  await installPackages(names, say)
}

/**
 * Installs Debian packages as root, without configuring or starting a system service.
 *
 * @param say Told what is going to be installed.
 * @throws {Error} Where `apt-get` fails.
 */
export async function installPackages(
  names: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  say(`Installing ${names.join(', ')} with apt-get; no system service is started.`)
  await withoutServices(async () => {
    await aptGet('update')
    if (names.includes('slapd')) {
      await run('debconf-set-selections', [], 'slapd slapd/no_configuration boolean true\n')
    }
    await aptGet('install', '--yes', '--no-install-recommends', ...names)
  })
}

/** Runs `install` while no package may start a service (policy-rc.d, exit code 101). */
async function withoutServices(install: () => Promise<void>): Promise<void> {
  const ours = await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { flag: 'wx' }).then(
    () => true,
    () => false, // the system's own policy stays
  )
  try {
    if (ours) await chmod(POLICY, 0o755)
    await install()
  } finally {
    if (ours) await rm(POLICY, { force: true })
  }
}

function aptGet(...args: readonly string[]): Promise<void> {
  // The lock: another apt-get may be at work.
  return run('apt-get', ['--quiet', '--option', 'DPkg::Lock::Timeout=120', ...args])
}

async function run(command: string, args: readonly string[], input = ''): Promise<void> {
  const child = spawn(command, args, {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      said = (said + piece).slice(-2000)
    })
  }
  child.stdin.on('error', () => undefined) // it may end without reading
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${said.trim()}`)
}
