import { describe } from 'vitest'
import { hasDs389 } from '../support/ds389.ts'
import { startDs389Subject } from './ds389-subject.ts'
import { conformance } from './suite.ts'

describe.runIf(await hasDs389())('389 Directory Server', () => {
  // As it is installed: the gateway minds references by itself.
  conformance('without plug-ins', () => startDs389Subject({ plugins: [] }))
})
