import type { OpenLdapOptions, RunningOpenLdap } from '../../src/demo/openldap.ts'
import { startOpenLdap } from '../support/openldap.ts'
import type { MappingSubject } from './inetorgperson-subject.ts'
import { inetOrgPersonSubject } from './inetorgperson-subject.ts'
import { PLAIN } from './mapping-subjects.ts'
import type { Subject } from './subject.ts'

const INVALID_CREDENTIALS = 49

/** OpenLDAP with a shipped mapping. */
export async function startOpenLdapSubject(
  options: OpenLdapOptions = {},
  mapped: MappingSubject = PLAIN,
): Promise<Subject> {
  const { schema } = mapped
  const server = await startOpenLdap({ ...options, ...(schema !== undefined && { schema }) })
  const tellsGroups = (options.overlays?.includes('memberof') ?? true) ? 'direct' : 'none'
  return openLdapSubject(server, mapped, tellsGroups)
}

/** An OpenLDAP that is up. */
export function openLdapSubject(
  server: RunningOpenLdap,
  mapped: MappingSubject,
  tellsGroups: Subject['tellsGroups'],
): Promise<Subject> {
  return inetOrgPersonSubject(server, {
    mapped,
    tellsGroups,
    idAttribute: 'entryUUID',
    lock: { attribute: 'pwdAccountLockedTime', value: '000001010000Z' },
    refusals: [INVALID_CREDENTIALS],
  })
}
