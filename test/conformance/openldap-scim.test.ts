import { WHOLE } from './mapping-subjects.ts'
import { startOpenLdapSubject } from './openldap-subject.ts'
import { conformance } from './suite.ts'
import { whole } from './whole.ts'

conformance('OpenLDAP with our schema', () => startOpenLdapSubject({}, WHOLE), { whole })
