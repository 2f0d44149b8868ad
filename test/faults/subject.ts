import { join } from 'node:path'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import { startDs389 } from '../../src/demo/ds389.ts'
import { startSlapd } from '../../src/demo/slapd.ts'
import { startOpenLdap } from '../support/openldap.ts'
import type { Restartable } from '../support/restartable.ts'
import { restartable } from '../support/restartable.ts'
import { SHIPPED_MAPPINGS } from '../support/rules.ts'
import { startSamba } from '../support/samba.ts'

/** A directory that faults happen to, and the mapping over it. */
export interface FaultSubject {
  readonly mapping: string
  start(): Promise<RunningDirectory>
  /** One of this machine, whose process can be killed and frozen. */
  startRestartable(): Promise<RunningDirectory & Restartable>
  userDn(suffix: string, userName: string): string
  groupDn(suffix: string, displayName: string): string
  /** LDIF lines of a group that the gateway would not make so, behind its DN. */
  readonly groupLdif: (server: RunningDirectory) => string
  /** Whether the password of a new user is set by an operation of its own, after the add. */
  readonly passwordFollows: boolean
}

const flat = {
  userDn: (suffix, userName) => `uid=${userName},ou=people,${suffix}`,
  groupDn: (suffix, displayName) => `cn=${displayName},ou=groups,${suffix}`,
  groupLdif: ({ suffix }) =>
    `objectClass: groupOfNames\nmember: uid=else,ou=people,${suffix}\ndescription: somebody else's\n`,
  passwordFollows: true,
} satisfies Partial<FaultSubject>

export const OPENLDAP: FaultSubject = {
  ...flat,
  mapping: join(SHIPPED_MAPPINGS, 'openldap.yaml'),
  start: startOpenLdap,
  startRestartable: async () => restartable(await startSlapd()),
}

export const DS389: FaultSubject = {
  ...flat,
  mapping: join(SHIPPED_MAPPINGS, '389ds.yaml'),
  start: startDs389,
  startRestartable: async () => restartable(await startDs389()),
}

export const ACTIVE_DIRECTORY: FaultSubject = {
  mapping: join(SHIPPED_MAPPINGS, 'active-directory.yaml'),
  start: startSamba,
  startRestartable: async () => restartable(await startSamba()),
  userDn: (suffix, userName) => `cn=${userName},ou=People,${suffix}`,
  groupDn: (suffix, displayName) => `cn=${displayName},ou=Groups,${suffix}`,
  groupLdif: () => "objectClass: group\ndescription: somebody else's\n",
  passwordFollows: false,
}
