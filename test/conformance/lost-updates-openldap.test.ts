import { lostUpdates, ROLES } from './lost-updates.ts'
import { WHOLE } from './mapping-subjects.ts'
import { startOpenLdapSubject } from './openldap-subject.ts'

lostUpdates('OpenLDAP', ROLES, () => startOpenLdapSubject({}, WHOLE))
