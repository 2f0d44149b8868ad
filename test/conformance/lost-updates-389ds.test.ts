import { describeDs389 } from '../support/here.ts'
import { startDs389Subject } from './ds389-subject.ts'
import { lostUpdates, ROLES } from './lost-updates.ts'
import { WHOLE_389DS } from './mapping-subjects.ts'

describeDs389('389 Directory Server', () => {
  lostUpdates('with our schema', ROLES, () => startDs389Subject({}, WHOLE_389DS))
})
