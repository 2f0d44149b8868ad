import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { RunningDaemon } from './daemon.ts'
import type { DirectoryOptions, RunningDirectory } from './directory.ts'
import type { NewEntry } from './ldif.ts'
import { findBinary } from './binary.ts'
import { inNewFolder, startDaemon } from './daemon.ts'
import { randomPassword } from './directory.ts'
import { writeLdif } from './entries.ts'
import { runProgram } from './run.ts'
import { REALM, provisionConf, smbConf, SUFFIX } from './samba-conf.ts'
import { CA_FILE, makeCertificates } from './tls.ts'

export interface SambaOptions extends Pick<DirectoryOptions, 'entries' | 'signal'> {
  /** A folder that `provisionSamba` has filled; a domain is made for this server alone unless given. */
  readonly template?: string
  /** The folder to make for the server, removed by `stop`; one below the temporary folder unless given. */
  readonly directory?: string
}

export interface RunningSamba extends RunningDirectory, RunningDaemon {
  readonly pid: number
}

interface Accounts {
  readonly adminPassword: string
  readonly servicePassword: string
}

const SERVICE = 'scim2ldap'
const LDAPS_PORT = 636
const ACCOUNTS_FILE = 'accounts.json'
/** What is made once and copied for every server: the domain's databases. */
const DOMAIN_FOLDER = 'dc'
/** The one that entries are in. */
const DATABASE = join(DOMAIN_FOLDER, 'private', 'sam.ldb')

/** What samba-tool itself runs on, with Samba's modules. */
const PYTHON = '/usr/bin/python3'
const LOADER = `
import sys
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
conf, database, ldif = sys.argv[1:]
parameters = LoadParm()
parameters.load(conf)
samdb = SamDB(url=database, session_info=system_session(), lp=parameters)
samdb.transaction_start()
with open(ldif, encoding='utf-8') as file:
    samdb.add_ldif(file.read())
samdb.transaction_commit()
`

/** The container of people, one in it, and that of those who have left. */
const PLACES_OF_PEOPLE = ['People', 'External,OU=People', 'Leavers']

/** Class user, class group and the right to reset a password, as access control names them (MS-ADTS §5.1.3). */
const USER = 'bf967aba-0de6-11d0-a285-00aa003049e2'
const GROUP = 'bf967a9c-0de6-11d0-a285-00aa003049e2'
const RESET_PASSWORD = '00299570-246d-11d0-a768-00aa006e0529'

/**
 * Starts a private Samba as the domain controller of a domain of its own, as a child of this
 * process, on an address 127.x.y.z that is free: its ports are fixed. It ends with this process,
 * however that ends.
 *
 * @throws {Error} Without root, or if it does not come up; the message holds what it wrote.
 */
export async function startSamba(options: SambaOptions = {}): Promise<RunningSamba> {
  requireRoot()
  const binary = await findBinary('samba')
  const { template, entries = [], signal } = options
  return inNewFolder(options.directory, async (folder) => {
    if (template === undefined) await provisionSamba(folder, signal)
    else {
      for (const name of [DOMAIN_FOLDER, ACCOUNTS_FILE]) {
        await cp(join(template, name), join(folder, name), { recursive: true })
      }
    }
    const accounts = JSON.parse(await readFile(join(folder, ACCOUNTS_FILE), 'utf8')) as Accounts
    const address = await freeAddress()
    const ca = await makeCertificates(join(folder, 'tls'), address)
    const conf = join(folder, 'smb.conf')
    await writeFile(conf, smbConf(folder, address), { mode: 0o600 })
    for (const name of ['run', 'log'])
      await mkdir(join(folder, name), { mode: 0o700, recursive: true })
    if (entries.length > 0) await load(folder, conf, entries, signal)
    const args = ['-F', '-M', 'single', '--no-process-group', '-s', conf]
    const daemon = { name: 'Samba', binary, args, address, port: LDAPS_PORT, ca, folder, signal }
    return {
      ...accounts,
      ca,
      caFile: join(folder, 'tls', CA_FILE),
      url: `ldaps://${address}`,
      plainUrl: `ldap://${address}`,
      suffix: SUFFIX,
      adminDn: `cn=Administrator,cn=Users,${SUFFIX}`,
      serviceDn: `cn=${SERVICE},cn=Users,${SUFFIX}`,
      ...(await startDaemon(daemon)),
    }
  })
}

/** @throws {Error} Where this process is not root's, with a sentence that tells why it must be. */
export function requireRoot(): void {
  if (process.getuid?.() === 0) return
  throw new Error(
    'An Active Directory domain needs root: Samba makes one for root alone, and it answers at the ports 389 and 636.',
  )
}

/**
 * Makes a domain in an existing folder: `OU=People` with `OU=External` in it, `OU=Groups`,
 * `OU=Leavers`, and the account of a gateway with the rights that it needs there, and no others. Takes some ten seconds; `startSamba` takes copies
 * of it.
 */
export async function provisionSamba(folder: string, signal?: AbortSignal): Promise<void> {
  const accounts: Accounts = {
    adminPassword: strongPassword(),
    servicePassword: strongPassword(),
  }
  const domain = join(folder, DOMAIN_FOLDER)
  const conf = join(folder, 'provision.conf')
  const provision = [
    ...['domain', 'provision', `--realm=${REALM}`, `--domain=${REALM.split('.')[0] ?? ''}`],
    ...['--server-role=dc', '--dns-backend=NONE', '--use-rfc2307', `--targetdir=${domain}`],
    ...['--host-name=dc1', '--host-ip=127.0.0.1', `--adminpass=${accounts.adminPassword}`],
    ...['--option=interfaces=127.0.0.1/8', '--option=bind interfaces only=yes'],
    '--option=vfs objects=',
  ]
  await runProgram('samba-tool', provision, signal)
  await writeFile(conf, provisionConf(folder), { mode: 0o600 })
  const tool = (...args: readonly string[]) =>
    runProgram('samba-tool', [...args, '-H', join(folder, DATABASE), '-s', conf], signal)
  for (const name of [...PLACES_OF_PEOPLE, 'Groups']) {
    await tool('ou', 'create', `OU=${name},${SUFFIX}`)
  }
  await tool('user', 'create', SERVICE, accounts.servicePassword)
  await tool('user', 'setexpiry', SERVICE, '--noexpiry')
  const shown = await tool('user', 'show', SERVICE, '--attributes=objectSid')
  const sid = /^objectSid: (\S+)$/m.exec(shown)?.[1] ?? ''
  const grant = (name: string, sddl: string) =>
    tool('dsacl', 'set', `--objectdn=OU=${name},${SUFFIX}`, `--sddl=${sddl}`)
  for (const name of PLACES_OF_PEOPLE) {
    await grant(name, `${managing(USER, sid)}(OA;CIIO;CR;${RESET_PASSWORD};${USER};${sid})`)
  }
  await grant('Groups', managing(GROUP, sid))
  await writeFile(join(folder, ACCOUNTS_FILE), JSON.stringify(accounts), { mode: 0o600 })
}

/** Adds entries to the databases of a server that is not up, in their order, as one transaction. */
async function load(
  folder: string,
  conf: string,
  entries: Iterable<NewEntry>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = join(folder, 'preload.ldif')
  await writeLdif(file, entries)
  await runProgram(PYTHON, ['-c', LOADER, conf, join(folder, DATABASE), file], signal)
  await rm(file)
}

/** To create and delete objects of a class in a container, and to read and write all that they have. */
function managing(objectClass: string, sid: string): string {
  return `(OA;;CCDC;${objectClass};;${sid})(OA;CIIO;RPWP;;${objectClass};${sid})`
}

/** Samba wants letters of both cases and digits. */
function strongPassword(): string {
  return `Aa1-${randomPassword()}`
}

/** A loopback address where nobody speaks LDAPS at the moment. */
async function freeAddress(): Promise<string> {
  for (;;) {
    const address = `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`
    const server = createServer().listen(LDAPS_PORT, address)
    const free = await once(server, 'listening').then(
      () => true,
      (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
        throw error
      },
    )
    if (!free) continue
    server.close()
    await once(server, 'close')
    return address
  }
}
