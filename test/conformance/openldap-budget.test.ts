import type { RunningDirectory } from '../../src/demo/directory.ts'
import { OPENLDAP_MAPPING } from '../support/gateway.ts'
import { ldapsearch } from '../support/ldapsearch.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { budget } from './budget.ts'

budget('OpenLDAP', async (suffix, entries) => {
  const server = await startOpenLdap({ suffix, entries })
  return { server, mapping: OPENLDAP_MAPPING, initiated: () => initiated(server) }
})

/** What the server has begun since it started, binds and unbinds set aside. */
async function initiated(server: RunningDirectory): Promise<number> {
  const entries = await ldapsearch(server, {
    base: 'cn=Operations,cn=Monitor',
    scope: 'one',
    attributes: ['monitorOpInitiated'],
  })
  return entries
    .filter(({ dn }) => !/^cn=(Bind|Unbind|Abandon),/i.test(dn))
    .reduce((sum, { attributes }) => sum + Number(attributes.monitorOpInitiated?.[0]), 0)
}
