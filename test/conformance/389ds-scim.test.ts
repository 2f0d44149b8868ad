import { describeDs389 } from '../support/here.ts'
import { startDs389Subject } from './ds389-subject.ts'
import { WHOLE_389DS } from './mapping-subjects.ts'
import { conformance } from './suite.ts'
import { whole } from './whole.ts'

describeDs389('389 Directory Server', () => {
  conformance('with our schema', () => startDs389Subject({}, WHOLE_389DS), { whole })
})
