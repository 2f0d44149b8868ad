import { describeSamba } from '../support/here.ts'
import { startSambaSubject } from './active-directory-subject.ts'
import { conformance } from './suite.ts'

describeSamba('Active Directory', () => {
  conformance('as Samba has it', startSambaSubject)
})
