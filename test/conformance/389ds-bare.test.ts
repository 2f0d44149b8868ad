import { describeDs389 } from '../support/here.ts'
import { startDs389Subject } from './ds389-subject.ts'
import { conformance } from './suite.ts'

describeDs389('389 Directory Server', () => {
  // As it is installed: the gateway minds references by itself.
  conformance('without plug-ins', () => startDs389Subject({ plugins: [] }))
})
