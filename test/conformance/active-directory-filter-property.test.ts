import { join } from 'node:path'
import { describe } from 'vitest'
import { sambaEntries } from '../../src/demo/samba-people.ts'
import { SHIPPED_MAPPINGS } from '../support/rules.ts'
import { hasSamba, startSamba } from '../support/samba.ts'
import { filterProperty } from './filter-property.ts'

describe.runIf(await hasSamba())('Active Directory', () => {
  filterProperty({
    mapping: join(SHIPPED_MAPPINGS, 'active-directory.yaml'),
    keepsEverything: false,
    start: (_suffix, entries) => startSamba({ entries: sambaEntries(entries) }),
  })
})
