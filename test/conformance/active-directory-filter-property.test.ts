import { join } from 'node:path'
import { sambaEntries } from '../../src/demo/samba-people.ts'
import { describeSamba } from '../support/here.ts'
import { SHIPPED_MAPPINGS } from '../support/rules.ts'
import { startSamba } from '../support/samba.ts'
import { filterProperty } from './filter-property.ts'

describeSamba('Active Directory', () => {
  filterProperty({
    mapping: join(SHIPPED_MAPPINGS, 'active-directory.yaml'),
    keepsEverything: false,
    start: (_suffix, entries) => startSamba({ entries: sambaEntries(entries) }),
  })
})
