import { describeSlapd } from '../support/here.ts'
import { staysWhileFrozen } from './frozen.ts'
import { survivesKills } from './killed.ts'
import { losesNoWrite } from './lost-answer.ts'
import { OPENLDAP } from './subject.ts'

losesNoWrite(OPENLDAP)

describeSlapd('a slapd of this machine', () => {
  survivesKills(OPENLDAP)
  staysWhileFrozen(OPENLDAP)
})
