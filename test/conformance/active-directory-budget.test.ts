import { join } from 'node:path'
import { sambaEntries } from '../../src/demo/samba-people.ts'
import { describeSamba } from '../support/here.ts'
import { SHIPPED_MAPPINGS } from '../support/rules.ts'
import { startSamba } from '../support/samba.ts'
import { budget } from './budget.ts'

describeSamba('Active Directory', () => {
  // Beyond the budget of the others: one search to read back, one for the names of references, one
  // to see whether a new name is taken.
  budget('as Samba has it', async (_suffix, entries) => {
    const server = await startSamba({ entries: sambaEntries(entries) })
    return {
      server,
      mapping: join(SHIPPED_MAPPINGS, 'active-directory.yaml'),
      lacks: { readingBack: 1, dnsPerSearch: 200, counting: 1 },
    }
  })
})
