import { describe } from 'vitest'
import { hasRestartable } from '../support/restartable.ts'
import { staysWhileFrozen } from './frozen.ts'
import { survivesKills } from './killed.ts'
import { losesNoWrite } from './lost-answer.ts'
import { OPENLDAP } from './subject.ts'

losesNoWrite(OPENLDAP)

describe.runIf(await hasRestartable())('a slapd of this machine', () => {
  survivesKills(OPENLDAP)
  staysWhileFrozen(OPENLDAP)
})
