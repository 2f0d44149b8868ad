import { describe } from 'vitest'
import { startOpenLdap } from '../support/openldap.ts'
import { filterProperty } from './filter-property.ts'
import { PLAIN, WHOLE } from './mapping-subjects.ts'

describe.each([
  ['openldap.yaml', PLAIN],
  ['openldap-scim.yaml', WHOLE],
])('OpenLDAP with %s', (_, { mapping, schema, keepsEverything }) => {
  filterProperty({
    mapping,
    keepsEverything,
    start: (suffix, entries) =>
      startOpenLdap({ suffix, entries, ...(schema !== undefined && { schema }) }),
  })
})
