import { startOpenLdapSubject } from './openldap-subject.ts'
import { conformance } from './suite.ts'

// Without memberof, refint, deref and unique: the gateway minds references by itself.
conformance('OpenLDAP without overlays for references', () =>
  startOpenLdapSubject({ overlays: ['ppolicy'] }),
)
