import { describeDs389 } from '../support/here.ts'
import { staysWhileFrozen } from './frozen.ts'
import { survivesKills } from './killed.ts'
import { losesNoWrite } from './lost-answer.ts'
import { DS389 } from './subject.ts'

describeDs389('389 Directory Server', () => {
  losesNoWrite(DS389)
  survivesKills(DS389)
  staysWhileFrozen(DS389)
})
