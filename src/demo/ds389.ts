import { access, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Dn } from '../ldap/dn.ts'
import type { RunningDaemon } from './daemon.ts'
import type { DirectoryOptions, RunningDirectory } from './directory.ts'
import type { PluginName } from './dse-ldif.ts'
import type { NewEntry } from './ldif.ts'
import { parseDn, printDn } from '../ldap/dn.ts'
import { findBinary } from './binary.ts'
import { inNewFolder, onFreePorts, startDaemon } from './daemon.ts'
import { DEFAULT_SUFFIX, randomPassword, saltedHash } from './directory.ts'
import { ALL_PLUGINS, BACKEND, dseLdif, FOLDERS } from './dse-ldif.ts'
import { childNamed, foundation, plain, withMemberOf, writeLdif } from './entries.ts'
import { runProgram } from './run.ts'
import { CA_FILE, CERTIFICATE_FILE, KEY_FILE, makeCertificates } from './tls.ts'

export interface Ds389Options extends DirectoryOptions {
  /** File of a schema, as the server's own folder of schemas has them, beside those that it comes with. */
  readonly schema?: string
  /** All of them unless given. */
  readonly plugins?: readonly PluginName[]
  /** What the service account may do, at the suffix: everything unless given. */
  readonly serviceRights?: 'all' | 'none'
  /** The folder to make for the server, removed by `stop`; one below the temporary folder unless given. */
  readonly directory?: string
}

export interface RunningDs389 extends RunningDirectory, RunningDaemon {
  readonly pid: number
}

/** Where the package keeps what an instance is made from. */
const TEMPLATE = '/usr/share/dirsrv/data/template-dse.ldif'
const DEFAULTS = '/etc/dirsrv'

const USER_SCHEMA = '99user.ldif'

/**
 * Starts a private 389 Directory Server of the package installed here as a child of this process,
 * on 127.0.0.1 only. It ends with this process, however that ends.
 *
 * @throws {Error} For a user who may not read the package's defaults, or if it does not come up; the
 *   message holds what it wrote.
 */
export async function startDs389(options: Ds389Options = {}): Promise<RunningDs389> {
  await requireDefaults()
  const suffix = parseDn(options.suffix ?? DEFAULT_SUFFIX)
  const text = printDn(suffix)
  const identity = {
    suffix: text,
    adminDn: 'cn=Directory Manager',
    adminPassword: options.adminPassword ?? randomPassword(),
    serviceDn: `cn=scim2ldap,${text}`,
    servicePassword: options.servicePassword ?? randomPassword(),
  }
  const { signal } = options
  return inNewFolder(options.directory, async (folder) => {
    const config = join(folder, FOLDERS.config)
    for (const name of Object.values(FOLDERS)) await mkdir(join(folder, name), { mode: 0o700 })
    const ca = await makeCertificates(join(folder, 'tls'))
    await Promise.all([
      importCertificates(join(folder, 'tls'), config),
      ...['slapd-collations.conf', 'certmap.conf'].map((file) =>
        copyFile(join(DEFAULTS, 'config', file), join(config, file)),
      ),
      // Where the server writes what is added to its schema later.
      copyFile(join(DEFAULTS, 'schema', USER_SCHEMA), join(folder, FOLDERS.schema, USER_SCHEMA)),
      options.schema === undefined ||
        copyFile(options.schema, join(folder, FOLDERS.schema, '98own.ldif')),
    ])
    const plugins = options.plugins ?? ALL_PLUGINS
    const binary = await findBinary('ns-slapd')
    const template = await readFile(TEMPLATE, 'utf8')
    const configure = (port: number, plainPort: number) => {
      const adminPassword = saltedHash(identity.adminPassword)
      const dse = { ...identity, adminPassword, home: folder, port, plainPort, plugins }
      return writeFile(join(config, 'dse.ldif'), dseLdif(template, dse), { mode: 0o600 })
    }
    const own = options.entries ?? []
    await configure(636, 389) // loading does not listen
    const entries = [
      ...frame(suffix, identity, options.serviceRights ?? 'all'),
      ...(plugins.includes('memberof') ? withMemberOf(own, 'nsMemberOf') : own),
    ]
    await load(binary, folder, entries, signal)
    return onFreePorts(options.port, async (port, plainPort) => {
      await configure(port, plainPort)
      // "-d 0" keeps it attached and says nothing but what fails.
      const args = ['-D', config, '-i', join(folder, FOLDERS.run, 'slapd.pid'), '-d', '0']
      const daemon = { name: '389 Directory Server', binary, args, port, ca, folder, signal }
      return {
        ...identity,
        ca,
        caFile: join(folder, 'tls', CA_FILE),
        url: `ldaps://localhost:${port}`,
        plainUrl: `ldap://localhost:${plainPort}`,
        ...(await startDaemon(daemon)),
      }
    })
  })
}

/** @throws {Error} Where the defaults cannot be read: Debian keeps them from all but root and the server. */
async function requireDefaults(): Promise<void> {
  try {
    await access(join(DEFAULTS, 'config'))
  } catch (cause) {
    const message = `389 Directory Server needs root: ${DEFAULTS}, which a server is made from, is not for this user to read.`
    throw new Error(message, { cause })
  }
}

/** The server's certificates are kept in a database of NSS. */
async function importCertificates(folder: string, config: string): Promise<void> {
  const bundle = join(folder, 'server.p12')
  const file = (name: string) => join(folder, name)
  await runProgram('certutil', ['-N', '-d', config, '--empty-password'])
  await runProgram('certutil', ['-A', '-d', config, '-n', 'CA', '-t', 'CT,,', '-i', file(CA_FILE)])
  await runProgram('openssl', [
    ...['pkcs12', '-export', '-in', file(CERTIFICATE_FILE), '-inkey', file(KEY_FILE)],
    ...['-name', 'Server-Cert', '-passout', 'pass:', '-out', bundle],
  ])
  await runProgram('pk12util', ['-i', bundle, '-d', config, '-W', '', '-K', ''])
  await rm(bundle)
}

async function load(
  binary: string,
  folder: string,
  entries: Iterable<NewEntry>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = join(folder, FOLDERS.ldif, 'preload.ldif')
  await writeLdif(file, entries)
  const args = ['ldif2db', '-D', join(folder, FOLDERS.config), '-n', BACKEND, '-i', file]
  try {
    await runProgram(binary, args, signal)
  } catch (cause) {
    signal?.throwIfAborted()
    const said = await readFile(join(folder, FOLDERS.log, 'errors'), 'utf8').catch(() => '')
    const message = `ldif2db could not load the entries: ${said.slice(-2000).trim()}`
    throw new Error(message, { cause })
  }
  await rm(file)
}

/** The entries that every 389 Directory Server has: suffix, folders, the service account and its rights. */
function* frame(
  suffix: Dn,
  { serviceDn, servicePassword }: Pick<RunningDs389, 'serviceDn' | 'servicePassword'>,
  rights: 'all' | 'none',
): Generator<NewEntry> {
  const everything = `allow (all) userdn="ldap:///${serviceDn}"`
  const reading = 'allow (read,search,compare) userdn="ldap:///all"'
  const values =
    rights === 'none'
      ? []
      : [
          `(targetattr="*")(version 3.0; acl "service"; ${everything};)`,
          `(targetattr!="userPassword")(version 3.0; acl "read"; ${reading};)`,
        ]
  yield* foundation(suffix, [{ name: 'aci', values }])
  yield plain(childNamed(suffix, 'cn=scim2ldap'), {
    objectClass: ['organizationalRole', 'simpleSecurityObject'],
    cn: 'scim2ldap',
    description: 'Service account of the SCIM gateway',
    userPassword: saltedHash(servicePassword),
    nsSizeLimit: '-1',
    nsLookThroughLimit: '-1',
  })
}
