import { userInfo } from 'node:os'
import { join } from 'node:path'

export interface DseLdif {
  /** The folder of the server. */
  readonly home: string
  /** As in a DN. */
  readonly suffix: string
  readonly adminDn: string
  /** Hashed. */
  readonly adminPassword: string
  readonly port: number
  readonly plainPort: number
  readonly plugins: readonly PluginName[]
}

/** Folders inside the server's folder. */
export const FOLDERS = {
  config: 'config',
  schema: 'config/schema',
  db: 'db',
  backup: 'bak',
  ldif: 'ldif',
  log: 'log',
  lock: 'lock',
  run: 'run',
  tmp: 'tmp',
} as const

/** The backend that has the suffix. */
export const BACKEND = 'userRoot'

type Settings = Readonly<Record<string, string | readonly string[]>>

/** Plug-ins that 389 Directory Server comes with, switched off. */
const PLUGINS = {
  memberof: { name: 'MemberOf Plugin', settings: {} },
  refint: {
    name: 'referential integrity postoperation',
    settings: { 'referint-membership-attr': ['member', 'uniqueMember', 'owner', 'manager'] },
  },
  unique: { name: 'attribute uniqueness', settings: {} },
} satisfies Record<string, { readonly name: string; readonly settings: Settings }>

export type PluginName = keyof typeof PLUGINS

export const ALL_PLUGINS = Object.keys(PLUGINS) as PluginName[] // the table's own keys

/**
 * The text of dse.ldif, the configuration of a private 389 Directory Server.
 *
 * @param template The product's own, `template-dse.ldif`.
 */
export function dseLdif(template: string, dse: DseLdif): string {
  const changes = changesTo(dse)
  const records = filledIn(template, dse)
    .split(/\n{2,}/)
    .filter((record) => record.trim() !== '')
    .map((record) => withSettings(record, changes.get(keyOfRecord(record)) ?? {}))
  return [...records, ...backend(dse).map(recordOf)].join('\n\n') + '\n'
}

/** The template with its variables, `%name%`, replaced. */
function filledIn(template: string, dse: DseLdif): string {
  const folder = (name: keyof typeof FOLDERS) => join(dse.home, FOLDERS[name])
  const values: Readonly<Record<string, string>> = {
    schema_dir: folder('schema'),
    config_dir: folder('config'),
    cert_dir: folder('config'),
    lock_dir: folder('lock'),
    tmp_dir: folder('tmp'),
    ldif_dir: folder('ldif'),
    bak_dir: folder('backup'),
    run_dir: folder('run'),
    log_dir: folder('log'),
    db_dir: folder('db'),
    db_home_dir: folder('db'),
    inst_dir: dse.home,
    db_lib: 'bdb',
    fqdn: 'localhost',
    ds_port: String(dse.plainPort),
    ds_user: userInfo().username,
    ds_suffix: dse.suffix,
    rootdn: dse.adminDn,
    ds_passwd: dse.adminPassword,
    ldapi_enabled: 'off',
    ldapi_autobind: 'off',
    ldapi: join(folder('run'), 'ldapi'),
  }
  return template.replace(/%(\w+)%/g, (variable, name: string) => values[name] ?? variable)
}

/** What is set in entries of the template, by `keyOfRecord`. */
function changesTo({ port, plugins }: DseLdif): ReadonlyMap<string, Settings> {
  const plugin = (name: string) => `cn=${name},cn=plugins,cn=config`
  const changes: (readonly [dn: string, Settings])[] = [
    [
      'cn=config',
      {
        'nsslapd-listenhost': '127.0.0.1',
        'nsslapd-securelistenhost': '127.0.0.1',
        'nsslapd-security': 'on',
        'nsslapd-securePort': String(port),
        passwordCheckSyntax: 'on',
        passwordMinLength: '8',
        passwordMinCategories: '1',
        // Any three letters that a password has in common with a name would be too many.
        passwordMinTokenLength: '64',
      },
    ],
    [
      'cn=config,cn=ldbm database,cn=plugins,cn=config',
      // What is lost with the machine is lost: nothing is written through to the disk.
      { 'nsslapd-db-durable-transaction': 'off', 'nsslapd-cache-autosize': '0' },
    ],
    // It refuses user names beyond ASCII.
    [plugin('7-bit check'), { 'nsslapd-pluginEnabled': 'off' }],
    ...plugins.map((name) => {
      const { name: cn, settings } = PLUGINS[name]
      return [plugin(cn), { 'nsslapd-pluginEnabled': 'on', ...settings }] as const
    }),
  ]
  return new Map(changes.map(([dn, settings]) => [dn.toLowerCase(), settings]))
}

/** The entries that make a backend for the suffix. */
function backend({ home, suffix }: DseLdif): readonly Settings[] {
  const database = `cn=${BACKEND},cn=ldbm database,cn=plugins,cn=config`
  const index = (cn: string, ...nsIndexType: readonly string[]) => ({
    dn: `cn=${cn},cn=index,${database}`,
    objectClass: ['top', 'nsIndex'],
    cn,
    nsSystemIndex: 'false',
    nsIndexType,
  })
  return [
    {
      dn: `cn="${suffix}",cn=mapping tree,cn=config`,
      objectClass: ['top', 'extensibleObject', 'nsMappingTree'],
      cn: `"${suffix}"`,
      'nsslapd-state': 'backend',
      'nsslapd-backend': BACKEND,
    },
    {
      dn: database,
      objectClass: ['top', 'extensibleObject', 'nsBackendInstance'],
      cn: BACKEND,
      'nsslapd-suffix': suffix,
      'nsslapd-directory': join(home, FOLDERS.db, BACKEND),
    },
    {
      dn: `cn=index,${database}`,
      objectClass: ['top', 'extensibleObject'],
      cn: 'index',
    },
    index('manager', 'eq', 'pres'),
    index('displayName', 'eq', 'sub'),
    index('employeeNumber', 'eq'),
  ]
}

function keyOfRecord(record: string): string {
  const [, dn = ''] = /^dn: *(.*)$/im.exec(record) ?? []
  return dn.replace(/, +/g, ',').toLowerCase()
}

/** The record with these attributes in the place of what it had of them. */
function withSettings(record: string, settings: Settings): string {
  const names = Object.keys(settings).map((name) => name.toLowerCase())
  const kept = record
    .split('\n')
    .filter((line) => !names.includes((line.split(':')[0] ?? '').toLowerCase()))
  return [...kept, ...linesOf(settings)].join('\n')
}

function recordOf(settings: Settings): string {
  return linesOf(settings).join('\n')
}

function linesOf(settings: Settings): readonly string[] {
  return Object.entries(settings).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}: ${value}`),
  )
}
