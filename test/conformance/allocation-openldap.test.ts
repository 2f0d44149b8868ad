import { expect, test } from 'vitest'
import { startGateway } from '../support/gateway.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { allocation } from './allocation.ts'
import { POSIX } from './mapping-subjects.ts'
import { posixBlock } from './posix-subject.ts'
import { expectError, smallUser } from './subject.ts'

// One operation adds to the counter and tells the sum.
allocation('OpenLDAP', async () => ({
  server: await startOpenLdap({ indexes: ['uidNumber eq'] }),
  dialect: 'openldap',
  cost: 2,
}))

test('a counter that the service account may only read is told', async () => {
  const access = posixBlock('text access').replace(
    /(attrs=uidNumber,gidNumber,entryDN\n.*) write/,
    '$1 read',
  )
  expect(access).not.toBe(posixBlock('text access'))
  const server = await startOpenLdap({ access })
  await ldapmodify(server, posixBlock('ldif counter'))
  const gateway = await startGateway(server, { mapping: POSIX.mapping })
  const answer = await gateway.post('/Users', smallUser())
  expectError(answer, { status: 500, detail: /does not let this gateway count/ })
  expect(gateway.log).toContainEqual(
    expect.objectContaining({
      counter: `cn=posix,ou=counters,${server.suffix}`,
      msg: 'the service account may not change the entry that counts',
    }),
  )
  await gateway.stop()
  await server.stop()
})
