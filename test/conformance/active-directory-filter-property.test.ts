import { join } from 'node:path'
import { describe } from 'vitest'
import { SHIPPED_MAPPINGS } from '../support/rules.ts'
import { hasSamba, startSamba } from '../support/samba.ts'
import { addSample } from '../support/samba-people.ts'
import { filterProperty } from './filter-property.ts'

describe.runIf(await hasSamba())('Active Directory', () => {
  filterProperty({
    mapping: join(SHIPPED_MAPPINGS, 'active-directory.yaml'),
    keepsEverything: false,
    start: async (_suffix, entries) => {
      const server = await startSamba()
      await addSample(server, entries)
      return server
    },
  })
})
