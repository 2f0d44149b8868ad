import { describe } from 'vitest'
import { hasDs389 } from '../support/ds389.ts'
import { startDs389Subject } from './ds389-subject.ts'
import { conformance } from './suite.ts'

describe.runIf(await hasDs389())('389 Directory Server', () => {
  conformance('with plug-ins for references', () => startDs389Subject())
})
