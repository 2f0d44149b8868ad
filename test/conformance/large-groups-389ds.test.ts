import { startDs389 } from '../../src/demo/ds389.ts'
import { describeDs389 } from '../support/here.ts'
import { DS389_MAPPING } from '../support/gateway.ts'
import { largeGroups } from './large-groups.ts'

describeDs389('389 Directory Server', () => {
  // It loads some 400 entries a second.
  largeGroups('a group of 5,000', {
    members: 5_000,
    mapping: DS389_MAPPING,
    memory: 100_000_000,
    start: (suffix, entries) => startDs389({ suffix, entries }),
  })
})
