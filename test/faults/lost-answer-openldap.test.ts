import { OPENLDAP_MAPPING } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { losesNoWrite } from './lost-answer.ts'

losesNoWrite(startOpenLdap, OPENLDAP_MAPPING)
