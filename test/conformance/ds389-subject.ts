import type { Ds389Options, RunningDs389 } from '../../src/demo/ds389.ts'
import { startDs389 } from '../../src/demo/ds389.ts'
import { blockOf } from '../support/docs.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import type { MappingSubject } from './inetorgperson-subject.ts'
import { inetOrgPersonSubject } from './inetorgperson-subject.ts'
import { PLAIN_389DS } from './mapping-subjects.ts'
import type { Subject } from './subject.ts'

const INVALID_CREDENTIALS = 49
/** What it answers to the right password of an account that is off. */
const UNWILLING_TO_PERFORM = 53

/** 389 Directory Server with a shipped mapping, for which the service account has the rights of its page. */
export async function startDs389Subject(
  options: Ds389Options = {},
  mapped: MappingSubject = PLAIN_389DS,
): Promise<Subject> {
  const { schema } = mapped
  const server = await startDs389({
    ...options,
    ...(schema !== undefined && { schema }),
    serviceRights: 'none',
  })
  const blocks = ['ldif access', ...(schema === undefined ? [] : ['ldif access-scim'])]
  for (const block of blocks) {
    const rights = blockOf('docs/389ds.md', block)
    await ldapmodify(server, rights.replaceAll('dc=corp,dc=example', server.suffix))
  }
  const tellsGroups = (options.plugins?.includes('memberof') ?? true) ? 'nested' : 'none'
  return ds389Subject(server, mapped, tellsGroups)
}

/** A 389 Directory Server that is up. */
export function ds389Subject(
  server: RunningDs389,
  mapped: MappingSubject,
  tellsGroups: Subject['tellsGroups'],
): Promise<Subject> {
  return inetOrgPersonSubject(server, {
    mapped,
    tellsGroups,
    idAttribute: 'nsUniqueId',
    lock: { attribute: 'nsAccountLock', value: 'true' },
    refusals: [INVALID_CREDENTIALS, UNWILLING_TO_PERFORM],
  })
}
