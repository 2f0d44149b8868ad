import { join } from 'node:path'
import { sambaEntries } from '../../src/demo/samba-people.ts'
import { describeSamba } from '../support/here.ts'
import { SHIPPED_MAPPINGS } from '../support/rules.ts'
import { startSamba } from '../support/samba.ts'
import { largeGroups } from './large-groups.ts'

describeSamba('Active Directory', () => {
  // Members must exist, and Samba makes some 200 accounts a second.
  largeGroups('a group of 1,600', {
    members: 1_600,
    dnsPerSearch: 200,
    mapping: join(SHIPPED_MAPPINGS, 'active-directory.yaml'),
    memory: 100_000_000,
    start: (_suffix, entries) => startSamba({ entries: sambaEntries(entries) }),
  })
})
