import { describe } from 'vitest'
import { hasSamba } from '../support/samba.ts'
import { startSambaSubject } from './active-directory-subject.ts'
import { conformance } from './suite.ts'

describe.runIf(await hasSamba())('Active Directory', () => {
  conformance('as Samba has it', startSambaSubject)
})
