import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Attribute } from '../ldap/entry.ts'
import type { Dn } from '../ldap/dn.ts'
import type { NewEntry } from './ldif.ts'
import type { OverlayName } from './slapd-conf.ts'
import { childOf, dnKey, parseDn, printDn } from '../ldap/dn.ts'
import { textOf } from '../ldap/value.ts'
import { ldifOf } from './ldif.ts'
import { ALL_OVERLAYS, SCHEMA_FILE, slapdConf } from './slapd-conf.ts'
import { CA_FILE, makeCertificates } from './tls.ts'

export interface OpenLdapOptions {
  /** `dc=example,dc=test` unless given; its first RDN is a `dc`, `o` or `ou`. */
  readonly suffix?: string
  /** Loaded before the server starts, below `ou=people` and `ou=groups`, which are there. */
  readonly entries?: readonly NewEntry[]
  /** File of a schema, as slapd.conf(5) includes it, beside those of Debian's packages. */
  readonly schema?: string
  /** Indexes for attributes of that schema, such as `scimExternalId eq`. */
  readonly indexes?: readonly string[]
  /** All of them unless given. */
  readonly overlays?: readonly OverlayName[]
  /** The port of LDAPS; a free one unless given. */
  readonly port?: number
  /** Passwords are random unless given. */
  readonly adminPassword?: string
  readonly servicePassword?: string
}

/** A private OpenLDAP that is up. */
export interface RunningOpenLdap {
  /** `ldaps://localhost:PORT`, its certificate signed by `ca`. */
  readonly url: string
  /** `ldap://localhost:PORT`, which speaks StartTLS. */
  readonly plainUrl: string
  /** The socket on which the user who started the server is the administrator (SASL EXTERNAL). */
  readonly ldapiUrl?: string
  readonly caFile: string
  /** PEM text of `caFile`. */
  readonly ca: string
  readonly suffix: string
  /** The root DN: no access control, no limits. Also reads `cn=monitor` and writes `cn=config`. */
  readonly adminDn: string
  readonly adminPassword: string
  /** What a gateway binds as: writes by access control, without limits. */
  readonly serviceDn: string
  readonly servicePassword: string
  /** The server's process, where it is a child of this one. */
  readonly pid?: number
  /** Ends the server and removes its folder. */
  stop(): Promise<void>
}

/** What `layOut` wrote, and the secrets in it. */
export interface Layout extends Omit<RunningOpenLdap, 'url' | 'plainUrl' | 'ldapiUrl' | 'stop'> {
  readonly folder: string
}

/** File names inside the folder of `layOut`. */
export const CONFIG_FILE = 'slapd.conf'
export const PRELOAD_FILE = 'preload.ldif'
export const LDAPI_SOCKET = 'ldapi'

const DEFAULT_SUFFIX = 'dc=example,dc=test'

/**
 * Writes all that a private OpenLDAP needs into an existing folder: certificates, `slapd.conf` in
 * the layout of Debian's packages, the entries for `slapadd`.
 *
 * @param home Where the server will see that folder: another path inside a container.
 * @throws {SyntaxError} Where the suffix is no DN or its first RDN is not a `dc`, `o` or `ou`.
 */
export async function layOut(
  folder: string,
  home: string,
  options: OpenLdapOptions,
): Promise<Layout> {
  const suffix = parseDn(options.suffix ?? DEFAULT_SUFFIX)
  const text = printDn(suffix)
  const layout: Omit<Layout, 'ca'> = {
    folder,
    caFile: join(folder, 'tls', CA_FILE),
    suffix: text,
    adminDn: `cn=admin,${text}`,
    adminPassword: options.adminPassword ?? randomPassword(),
    serviceDn: `cn=scim2ldap,${text}`,
    servicePassword: options.servicePassword ?? randomPassword(),
  }
  const overlays = options.overlays ?? ALL_OVERLAYS
  const entries = [
    ...frame(suffix, overlays, layout.servicePassword),
    ...withMemberOf(options.entries ?? [], overlays),
  ]
  await mkdir(join(folder, 'db'), { mode: 0o700 })
  const { schema, indexes = [] } = options
  const conf = slapdConf({ ...layout, home, overlays, ownSchema: schema !== undefined, indexes })
  const [ca] = await Promise.all([
    makeCertificates(join(folder, 'tls')),
    writeFile(join(folder, CONFIG_FILE), conf, { mode: 0o600 }),
    schema === undefined || copyFile(schema, join(folder, SCHEMA_FILE)),
    pipeline(
      Readable.from(records(entries)),
      createWriteStream(join(folder, PRELOAD_FILE), { mode: 0o600 }),
    ),
  ])
  return { ...layout, ca }
}

/** The entries that every directory has: suffix, folders, password policies, the service account. */
function* frame(
  suffix: Dn,
  overlays: readonly OverlayName[],
  servicePassword: string,
): Generator<NewEntry> {
  const child = (rdn: string, parent = suffix): Dn => childOf(parent, parseDn(rdn).rdns[0] ?? [])
  yield { dn: suffix, attributes: suffixAttributes(suffix) }
  for (const ou of ['people', 'groups']) {
    yield plain(child(`ou=${ou}`), { objectClass: 'organizationalUnit', ou })
  }
  const withPolicies = overlays.includes('ppolicy')
  const policies = child('ou=policies')
  // The service account's own policy: wrong passwords do not lock it.
  const servicePolicy = child('cn=service', policies)
  if (withPolicies) {
    yield plain(policies, { objectClass: 'organizationalUnit', ou: 'policies' })
    yield plain(child('cn=default', policies), {
      objectClass: ['device', 'pwdPolicy'],
      cn: 'default',
      pwdAttribute: 'userPassword',
      pwdMinLength: '8',
      pwdCheckQuality: '2',
      pwdLockout: 'TRUE',
      pwdMaxFailure: '5',
    })
    yield plain(servicePolicy, {
      objectClass: ['device', 'pwdPolicy'],
      cn: 'service',
      pwdAttribute: 'userPassword',
    })
  }
  yield plain(child('cn=scim2ldap'), {
    objectClass: ['organizationalRole', 'simpleSecurityObject'],
    cn: 'scim2ldap',
    description: 'Service account of the SCIM gateway',
    userPassword: saltedHash(servicePassword),
    ...(withPolicies ? { pwdPolicySubentry: printDn(servicePolicy) } : {}),
  })
}

/** An entry from plain values. */
export function plain(
  dn: Dn,
  attributes: Readonly<Record<string, string | readonly string[]>>,
): NewEntry {
  return {
    dn,
    attributes: Object.entries(attributes).map(([name, value]) => ({
      name,
      values: typeof value === 'string' ? [value] : value,
    })),
  }
}

function suffixAttributes(suffix: Dn): readonly Attribute[] {
  const [assertion] = suffix.rdns[0] ?? []
  const type = assertion?.type.toLowerCase()
  const value = assertion === undefined ? '' : textOf(assertion.value)
  switch (type) {
    case 'dc':
      return plain(suffix, { objectClass: ['organization', 'dcObject'], dc: value, o: value })
        .attributes
    case 'o':
      return plain(suffix, { objectClass: 'organization', o: value }).attributes
    case 'ou':
      return plain(suffix, { objectClass: 'organizationalUnit', ou: value }).attributes
    default:
      throw new SyntaxError(`the suffix "${printDn(suffix)}" does not begin with dc=, o= or ou=`)
  }
}

/**
 * `slapadd` runs no overlays: what memberof would have written when the groups came over LDAP is
 * written here. Members that are not among `entries` dangle, as `memberof-dangling ignore` has it.
 */
function* withMemberOf(
  entries: readonly NewEntry[],
  overlays: readonly OverlayName[],
): Generator<NewEntry> {
  const groupsOf = new Map<string, string[]>()
  if (overlays.includes('memberof')) {
    for (const { dn, attributes } of entries) {
      for (const member of attributes.find(({ name }) => name === 'member')?.values ?? []) {
        const key = dnKey(parseDn(textOf(member)))
        const groups = groupsOf.get(key)
        if (groups === undefined) groupsOf.set(key, [printDn(dn)])
        else groups.push(printDn(dn))
      }
    }
  }
  for (const entry of entries) {
    const values = groupsOf.size > 0 ? groupsOf.get(dnKey(entry.dn)) : undefined
    if (values === undefined) yield entry
    else yield { dn: entry.dn, attributes: [...entry.attributes, { name: 'memberOf', values }] }
  }
}

/** LDIF in pieces of some size: one write per entry is slow. */
function* records(entries: Iterable<NewEntry>): Generator<string> {
  let piece = ''
  for (const entry of entries) {
    piece += ldifOf(entry)
    if (piece.length > 1 << 16) {
      yield piece
      piece = ''
    }
  }
  yield piece
}

/** `{SSHA}`, which OpenLDAP reads without a module. */
function saltedHash(password: string): string {
  const salt = randomBytes(8)
  const hash = createHash('sha1').update(password).update(salt).digest()
  return `{SSHA}${Buffer.concat([hash, salt]).toString('base64')}`
}

function randomPassword(): string {
  return randomBytes(18).toString('base64url')
}
