import { describe } from 'vitest'
import { hasDs389 } from '../support/ds389.ts'
import { startDs389Subject } from './ds389-subject.ts'
import { lostUpdates, ROLES } from './lost-updates.ts'
import { WHOLE_389DS } from './mapping-subjects.ts'

describe.runIf(await hasDs389())('389 Directory Server', () => {
  lostUpdates('with our schema', ROLES, () => startDs389Subject({}, WHOLE_389DS))
})
