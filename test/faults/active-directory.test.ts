import { describe } from 'vitest'
import { hasSamba } from '../support/samba.ts'
import { staysWhileFrozen } from './frozen.ts'
import { survivesKills } from './killed.ts'
import { losesNoWrite } from './lost-answer.ts'
import { ACTIVE_DIRECTORY } from './subject.ts'

describe.runIf(await hasSamba())('Samba', () => {
  losesNoWrite(ACTIVE_DIRECTORY)
  survivesKills(ACTIVE_DIRECTORY)
  staysWhileFrozen(ACTIVE_DIRECTORY)
})
