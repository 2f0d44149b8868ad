import { posix } from './posix.ts'
import { startPosixSubject } from './posix-subject.ts'
import { conformance } from './suite.ts'

conformance('OpenLDAP with openldap-posix.yaml', () => startPosixSubject(), { posix })
