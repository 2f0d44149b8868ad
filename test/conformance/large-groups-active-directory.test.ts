import { join } from 'node:path'
import { describe } from 'vitest'
import type { NewEntry } from '../../src/demo/ldif.ts'
import { SHIPPED_MAPPINGS } from '../support/rules.ts'
import { hasSamba, startSamba } from '../support/samba.ts'
import { addSample } from '../support/samba-people.ts'
import { largeGroups } from './large-groups.ts'

/** Clients that add entries at the same time. */
const LOADERS = 8

describe.runIf(await hasSamba())('Active Directory', () => {
  // Members must exist, and Samba makes some 100 accounts a second.
  largeGroups('a group of 1,600', {
    members: 1_600,
    dnsPerSearch: 200,
    mapping: join(SHIPPED_MAPPINGS, 'active-directory.yaml'),
    memory: 100_000_000,
    start: async (_suffix, entries) => {
      const server = await startSamba()
      const isPerson = ({ attributes }: NewEntry) => attributes.some(({ name }) => name === 'uid')
      // Whoever is named comes before who names.
      for (const kind of [entries.filter(isPerson), entries.filter((one) => !isPerson(one))]) {
        const share = (loader: number) => kind.filter((_, index) => index % LOADERS === loader)
        await Promise.all(
          Array.from({ length: LOADERS }, (_, loader) => addSample(server, share(loader))),
        )
      }
      return server
    },
  })
})
