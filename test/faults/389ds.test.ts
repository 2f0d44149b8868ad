import { describe } from 'vitest'
import { hasDs389 } from '../support/ds389.ts'
import { staysWhileFrozen } from './frozen.ts'
import { survivesKills } from './killed.ts'
import { losesNoWrite } from './lost-answer.ts'
import { DS389 } from './subject.ts'

describe.runIf(await hasDs389())('389 Directory Server', () => {
  losesNoWrite(DS389)
  survivesKills(DS389)
  staysWhileFrozen(DS389)
})
