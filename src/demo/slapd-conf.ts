import { CA_FILE, CERTIFICATE_FILE, KEY_FILE } from './tls.ts'

export interface SlapdConf {
  /** The folder of the server, as the server sees it. */
  readonly home: string
  readonly suffix: string
  readonly adminDn: string
  readonly adminPassword: string
  readonly serviceDn: string
  readonly overlays: readonly OverlayName[]
  /** Whether there is a schema in `SCHEMA_FILE`. */
  readonly ownSchema: boolean
  /** Attributes and kinds of index, as slapd.conf(5) has them behind `index`. */
  readonly indexes: readonly string[]
  /** `access to` directives, unless the service account may write everything. */
  readonly access?: string
}

/** The name of a schema's file inside the server's folder. */
export const SCHEMA_FILE = 'own.schema'

const OVERLAYS = {
  // Keeps memberOf and member right by itself when either end is renamed or deleted.
  memberof: () => ['memberof-refint TRUE', 'memberof-dangling ignore'],
  refint: (suffix) => [
    'refint_attributes member manager owner uniqueMember',
    `refint_nothing ${quoted(`cn=nobody,${suffix}`)}`,
  ],
  ppolicy: (suffix) => [
    `ppolicy_default ${quoted(`cn=default,ou=policies,${suffix}`)}`,
    'ppolicy_hash_cleartext',
  ],
  // Without "serialize", two adds at once may both pass.
  unique: () => ['unique_uri "serialize ldap:///?uid?sub?"'],
  deref: () => [],
  syncprov: () => ['syncprov-checkpoint 100 10'],
} satisfies Record<string, (suffix: string) => readonly string[]>

export type OverlayName = keyof typeof OVERLAYS

export const ALL_OVERLAYS = Object.keys(OVERLAYS) as OverlayName[] // the table's own keys

/** The text of slapd.conf(5) of a private OpenLDAP, in the layout of Debian's packages. */
export function slapdConf(conf: SlapdConf): string {
  const { home, suffix, adminDn, adminPassword, serviceDn, overlays, ownSchema, indexes } = conf
  const path = (...names: readonly string[]) => quoted([home, ...names].join('/'))
  const admin = quoted(adminDn)
  const service = `dn.exact=${quoted(serviceDn)}`
  const lines = [
    ...['core', 'cosine', 'inetorgperson', 'nis'].map(
      (schema) => `include /etc/ldap/schema/${schema}.schema`,
    ),
    ...(ownSchema ? [`include ${path(SCHEMA_FILE)}`] : []),
    'modulepath /usr/lib/ldap',
    ...['back_mdb', ...overlays].map((name) => `moduleload ${name}`),
    `pidfile ${path('slapd.pid')}`,
    `TLSCACertificateFile ${path('tls', CA_FILE)}`,
    `TLSCertificateFile ${path('tls', CERTIFICATE_FILE)}`,
    `TLSCertificateKeyFile ${path('tls', KEY_FILE)}`,
    'TLSVerifyClient never',
    'loglevel none',
    'tool-threads 2',
    // Who started the server is its administrator over ldapi:// and SASL EXTERNAL.
    `authz-regexp "^gidNumber=${gid()}\\\\+uidNumber=${uid()},cn=peercred,cn=external,cn=auth$" ${admin}`,
    'database config',
    `rootdn ${admin}`,
    'database monitor',
    `access to * by dn.exact=${admin} read by * none`,
    'database mdb',
    `suffix ${quoted(suffix)}`,
    `rootdn ${admin}`,
    `rootpw ${quoted(adminPassword)}`,
    `directory ${path('db')}`,
    'maxsize 8589934592', // octets of address space; the file is sparse
    'dbnosync',
    'index objectClass eq',
    'index entryUUID,entryCSN,modifyTimestamp,member eq',
    ...(overlays.includes('memberof') ? ['index memberOf eq'] : []),
    'index mail,cn,sn,givenName,employeeNumber eq',
    'index uid,displayName eq,sub', // each substring index makes loading 100,000 people 4 s longer
    ...indexes.map((index) => `index ${index}`),
    `limits ${service} size=unlimited size.pr=unlimited size.prtotal=unlimited time=unlimited`,
    conf.access ??
      [
        `access to attrs=userPassword by ${service} write by self write by anonymous auth by * none`,
        `access to * by ${service} write by users read by * none`,
      ].join('\n'),
    ...overlays.flatMap((name) => [`overlay ${name}`, ...OVERLAYS[name](suffix)]),
  ]
  return lines.join('\n') + '\n'
}

/** A word of slapd.conf(5). */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

function uid(): number {
  return process.getuid?.() ?? 0
}

function gid(): number {
  return process.getgid?.() ?? 0
}
