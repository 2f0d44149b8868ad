import { describeDs389 } from '../support/here.ts'
import { startDs389Subject } from './ds389-subject.ts'
import { conformance } from './suite.ts'

describeDs389('389 Directory Server', () => {
  conformance('with plug-ins for references', () => startDs389Subject())
})
