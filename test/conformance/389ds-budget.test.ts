import { describe } from 'vitest'
import { startDs389 } from '../../src/demo/ds389.ts'
import { hasDs389 } from '../support/ds389.ts'
import { DS389_MAPPING } from '../support/gateway.ts'
import { budget } from './budget.ts'

describe.runIf(await hasDs389())('389 Directory Server', () => {
  budget('with plug-ins for references', async (suffix, entries) => ({
    server: await startDs389({ suffix, entries }),
    mapping: DS389_MAPPING,
  }))
})
