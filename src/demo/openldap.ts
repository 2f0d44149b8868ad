import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Dn } from '../ldap/dn.ts'
import type { DirectoryOptions, RunningDirectory } from './directory.ts'
import type { NewEntry } from './ldif.ts'
import type { OverlayName } from './slapd-conf.ts'
import { parseDn, printDn } from '../ldap/dn.ts'
import { DEFAULT_SUFFIX, randomPassword, saltedHash } from './directory.ts'
import { childNamed, foundation, plain, withMemberOf, writeLdif } from './entries.ts'
import { ALL_OVERLAYS, SCHEMA_FILE, slapdConf } from './slapd-conf.ts'
import { CA_FILE, makeCertificates } from './tls.ts'

export interface OpenLdapOptions extends DirectoryOptions {
  /** File of a schema, as slapd.conf(5) includes it, beside those of Debian's packages. */
  readonly schema?: string
  /** Indexes for attributes of that schema, such as `scimExternalId eq`. */
  readonly indexes?: readonly string[]
  /** All of them unless given. */
  readonly overlays?: readonly OverlayName[]
  /** `access to` directives, as slapd.conf(5) has them: the service account may write everything unless given. */
  readonly access?: string
}

/** A private OpenLDAP that is up. Its administrator also reads `cn=monitor` and writes `cn=config`. */
export interface RunningOpenLdap extends RunningDirectory {
  /** The socket on which the user who started the server is the administrator (SASL EXTERNAL). */
  readonly ldapiUrl?: string
}

/** What `layOut` wrote, and the secrets in it. */
export interface Layout extends Omit<RunningOpenLdap, 'url' | 'plainUrl' | 'ldapiUrl' | 'stop'> {
  readonly folder: string
}

/** File names inside the folder of `layOut`. */
export const CONFIG_FILE = 'slapd.conf'
export const PRELOAD_FILE = 'preload.ldif'
export const LDAPI_SOCKET = 'ldapi'

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
  const own = options.entries ?? []
  const entries = [
    ...frame(suffix, overlays, layout.servicePassword),
    ...(overlays.includes('memberof') ? withMemberOf(own) : own),
  ]
  await mkdir(join(folder, 'db'), { mode: 0o700 })
  const { schema, indexes = [], access } = options
  const conf = slapdConf({
    ...layout,
    home,
    overlays,
    ownSchema: schema !== undefined,
    indexes,
    ...(access !== undefined && { access }),
  })
  const [ca] = await Promise.all([
    makeCertificates(join(folder, 'tls')),
    writeFile(join(folder, CONFIG_FILE), conf, { mode: 0o600 }),
    schema === undefined || copyFile(schema, join(folder, SCHEMA_FILE)),
    writeLdif(join(folder, PRELOAD_FILE), entries),
  ])
  return { ...layout, ca }
}

/** The entries that every OpenLDAP has: suffix, folders, password policies, the service account. */
function* frame(
  suffix: Dn,
  overlays: readonly OverlayName[],
  servicePassword: string,
): Generator<NewEntry> {
  yield* foundation(suffix)
  const withPolicies = overlays.includes('ppolicy')
  const policies = childNamed(suffix, 'ou=policies')
  // The service account's own policy: wrong passwords do not lock it.
  const servicePolicy = childNamed(policies, 'cn=service')
  if (withPolicies) {
    yield plain(policies, { objectClass: 'organizationalUnit', ou: 'policies' })
    yield plain(childNamed(policies, 'cn=default'), {
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
  yield plain(childNamed(suffix, 'cn=scim2ldap'), {
    objectClass: ['organizationalRole', 'simpleSecurityObject'],
    cn: 'scim2ldap',
    description: 'Service account of the SCIM gateway',
    userPassword: saltedHash(servicePassword),
    ...(withPolicies ? { pwdPolicySubentry: printDn(servicePolicy) } : {}),
  })
}
