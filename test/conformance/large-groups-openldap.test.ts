import { OPENLDAP_MAPPING } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { largeGroups } from './large-groups.ts'

largeGroups('OpenLDAP: a group of 100,000', {
  members: 100_000,
  mapping: OPENLDAP_MAPPING,
  memory: 200_000_000,
  start: (suffix, entries) => startOpenLdap({ suffix, entries }),
})
