import { startOpenLdap } from '../support/openldap.ts'
import { blockOf } from '../support/docs.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { POSIX } from './mapping-subjects.ts'
import { openLdapSubject } from './openldap-subject.ts'
import type { Subject } from './subject.ts'

const PAGE = 'docs/openldap-posix.md'
const SUFFIX = 'dc=example,dc=test'

/** A block of the page, for the directory of the tests. */
export function posixBlock(info: string): string {
  return blockOf(PAGE, info).replaceAll('dc=corp,dc=example', SUFFIX)
}

/** OpenLDAP with the counter of docs/openldap-posix.md, and no more rights than that page gives. */
export async function startPosixDirectory(entries: Parameters<typeof startOpenLdap>[0] = {}) {
  const server = await startOpenLdap({
    suffix: SUFFIX,
    access: posixBlock('text access'),
    indexes: ['uidNumber,gidNumber,memberUid eq'],
    ...entries,
  })
  await ldapmodify(server, posixBlock('ldif counter'))
  return server
}

export async function startPosixSubject(): Promise<Subject> {
  return openLdapSubject(await startPosixDirectory(), POSIX, 'direct')
}
