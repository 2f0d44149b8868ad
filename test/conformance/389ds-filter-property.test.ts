import { describe } from 'vitest'
import { startDs389 } from '../../src/demo/ds389.ts'
import { hasDs389 } from '../support/ds389.ts'
import { DS389_MAPPING } from '../support/gateway.ts'
import { filterProperty } from './filter-property.ts'

describe.runIf(await hasDs389())('389 Directory Server', () => {
  filterProperty({
    mapping: DS389_MAPPING,
    keepsEverything: false,
    start: (suffix, entries) => startDs389({ suffix, entries }),
  })
})
