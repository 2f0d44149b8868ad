import { describeSamba } from '../support/here.ts'
import { staysWhileFrozen } from './frozen.ts'
import { survivesKills } from './killed.ts'
import { losesNoWrite } from './lost-answer.ts'
import { ACTIVE_DIRECTORY } from './subject.ts'

describeSamba('Samba', () => {
  losesNoWrite(ACTIVE_DIRECTORY)
  survivesKills(ACTIVE_DIRECTORY)
  staysWhileFrozen(ACTIVE_DIRECTORY)
})
