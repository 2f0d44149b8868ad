import { join } from 'node:path'
import type { RunningDirectory } from './directory.ts'
import type { NewEntry } from './ldif.ts'
import type { Program } from './packages.ts'
import { startDs389 } from './ds389.ts'
import { DS389_PROGRAMS, installPrograms, missingPrograms, SAMBA_PROGRAMS } from './packages.ts'
import { principalName, sambaEntries } from './samba-people.ts'
import { requireRoot, startSamba } from './samba.ts'
import { SCIM_INDEXES, SCIM_SCHEMA, SCIM_SCHEMA_389DS } from './scim.ts'
import { startOpenLdap } from './start.ts'

/** A directory product that can be started privately, with people and groups. */
export interface Product {
  /** What sentences call it. */
  readonly title: string
  /** The shipped mapping that keeps as much of a resource as the directory can. */
  readonly mapping: string
  /** Whether that is every attribute of SCIM. */
  readonly keepsEverything: boolean
  /** The userName of a person by the login, and the LDAP attribute that has it. */
  userName(login: string): string
  readonly nameAttribute: string
  /**
   * Starts one with what this machine has, or can install.
   *
   * @throws {Error} Where there is no way; the message tells what to install.
   */
  start(options: StartOptions): Promise<RunningDirectory>
}

export interface StartOptions {
  /** The folder of the package, which has schemas and the image's Dockerfile. */
  readonly root: string
  /** People and groups, as inetOrgPerson and groupOfNames below the default suffix. */
  readonly entries: readonly NewEntry[]
  /** Told what takes its time. */
  say(line: string): void
  /** Gives up starting: what was begun is ended and removed, and the signal's reason is thrown. */
  readonly signal: AbortSignal
}

const INET_ORG_PERSON = {
  keepsEverything: true,
  userName: (login: string) => login,
  nameAttribute: 'uid',
} as const

export const PRODUCTS: ReadonlyMap<string, Product> = new Map<string, Product>([
  [
    'openldap',
    {
      ...INET_ORG_PERSON,
      title: 'OpenLDAP',
      mapping: 'openldap-scim',
      start: ({ root, say, ...options }) => {
        const schema = join(root, SCIM_SCHEMA)
        const image = join(root, 'deploy/openldap')
        return startOpenLdap({ ...options, image, schema, indexes: SCIM_INDEXES }, say)
      },
    },
  ],
  [
    'active-directory',
    {
      title: 'Samba as an Active Directory domain controller',
      mapping: 'active-directory',
      keepsEverything: false,
      userName: principalName,
      nameAttribute: 'userPrincipalName',
      start: async ({ entries, say, signal }) => {
        requireRoot()
        await have(SAMBA_PROGRAMS, say)
        say('Making an Active Directory domain, which takes some ten seconds.')
        return startSamba({ entries: sambaEntries(entries), signal })
      },
    },
  ],
  [
    '389ds',
    {
      ...INET_ORG_PERSON,
      title: '389 Directory Server',
      mapping: '389ds-scim',
      start: async ({ root, say, ...options }) => {
        await have(DS389_PROGRAMS, say)
        return startDs389({ ...options, schema: join(root, SCIM_SCHEMA_389DS) })
      },
    },
  ],
])

/** Installs what is missing, and the client for a look inside along with it. */
async function have(programs: readonly Program[], say: (line: string) => void): Promise<void> {
  if ((await missingPrograms(programs)).length === 0) return
  await installPrograms([...programs, 'ldapsearch'], say)
}
