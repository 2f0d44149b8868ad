import { startDs389 } from '../../src/demo/ds389.ts'
import { describeDs389 } from '../support/here.ts'
import { DS389_MAPPING } from '../support/gateway.ts'
import { filterProperty } from './filter-property.ts'

describeDs389('389 Directory Server', () => {
  filterProperty({
    mapping: DS389_MAPPING,
    keepsEverything: false,
    start: (suffix, entries) => startDs389({ suffix, entries }),
  })
})
