import { startDs389 } from '../../src/demo/ds389.ts'
import { describeDs389 } from '../support/here.ts'
import { DS389_MAPPING } from '../support/gateway.ts'
import { budget } from './budget.ts'

describeDs389('389 Directory Server', () => {
  budget('with plug-ins for references', async (suffix, entries) => ({
    server: await startDs389({ suffix, entries }),
    mapping: DS389_MAPPING,
  }))
})
