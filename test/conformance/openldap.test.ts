import { startOpenLdapSubject } from './openldap-subject.ts'
import { conformance } from './suite.ts'

conformance('OpenLDAP', () => startOpenLdapSubject())
