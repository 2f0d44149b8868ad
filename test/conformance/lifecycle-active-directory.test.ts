import { join } from 'node:path'
import { describeSamba } from '../support/here.ts'
import { SHIPPED_MAPPINGS } from '../support/rules.ts'
import { startSamba } from '../support/samba.ts'
import type { Kind } from './lifecycle.ts'
import { lifecycle } from './lifecycle.ts'

const ACTIVE_DIRECTORY: Kind = {
  rdn: 'cn',
  userName: 'userPrincipalName',
  employeeNumber: 'employeeID',
  holdsNames: true,
  readingBack: 1,
}

/** The service account has the rights of docs/active-directory.md. */
async function start() {
  return {
    server: await startSamba(),
    mapping: join(SHIPPED_MAPPINGS, 'active-directory.yaml'),
    // NORMAL_ACCOUNT and ACCOUNTDISABLE.
    lock: { attribute: 'userAccountControl', value: '514' },
    hasPlaces: true as const,
  }
}

describeSamba('Active Directory', () => {
  lifecycle('as Samba has it', start, ACTIVE_DIRECTORY)
})
