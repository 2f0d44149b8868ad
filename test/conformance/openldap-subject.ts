import type { OpenLdapOptions } from '../../src/demo/openldap.ts'
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
  return inetOrgPersonSubject(server, {
    mapped,
    tellsGroups: (options.overlays?.includes('memberof') ?? true) ? 'direct' : 'none',
    idAttribute: 'entryUUID',
    lock: { attribute: 'pwdAccountLockedTime', value: '000001010000Z' },
    refusals: [INVALID_CREDENTIALS],
  })
}
