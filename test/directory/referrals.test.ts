import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import { smallUser } from '../conformance/subject.ts'
import type { TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { fakeServer } from './fake-server.ts'
import type { FakeServer } from './fake-server.ts'

/** Where a referral leads to somebody who collects passwords. */
describe('referrals of an OpenLDAP', () => {
  let server: RunningOpenLdap
  let collector: FakeServer
  let gateway: TestGateway

  beforeAll(async () => {
    server = await startOpenLdap()
    collector = await fakeServer(() => {})
    const target = `${collector.url}/ou=people,${server.suffix}`
    await ldapmodify(
      server,
      `dn: ou=away,ou=people,${server.suffix}\nchangetype: add\nobjectClass: referral\n` +
        `objectClass: extensibleObject\nou: away\nref: ${target}\n`,
    )
    gateway = await startGateway(server)
  })
  afterAll(async () => {
    await gateway.stop()
    await collector.stop()
    await server.stop()
  })

  test('among what a search finds are passed over', async () => {
    const { body: user } = await gateway.post('/Users', smallUser())
    expect(await gateway.get(`/Users/${user.id}`)).toMatchObject({ status: 200 })
    const list = await gateway.get('/Users?count=1000')
    expect(list).toMatchObject({ status: 200, body: { totalResults: 1 } })
    expect(collector.received).toEqual([])
  })

  test('in answer to a write, as read-only replicas have them, are a refusal that the log tells', async () => {
    await ldapmodify(
      server,
      'dn: olcDatabase={2}mdb,cn=config\nchangetype: modify\n' +
        'add: olcSyncrepl\nolcSyncrepl: rid=1 type=refreshOnly interval=01:00:00:00 ' +
        `provider=${collector.url} searchbase="${server.suffix}" bindmethod=simple\n` +
        `-\nadd: olcUpdateRef\nolcUpdateRef: ${collector.url}\n`,
    )
    const answer = await gateway.post('/Users', smallUser())
    expect(answer).toMatchObject({
      status: 500,
      body: { detail: 'the directory refers to another server, which is not followed' },
    })
    expect(gateway.log.filter(({ msg }) => msg === 'the directory refused').at(-1)).toMatchObject({
      operation: 'add',
      result: 'referral',
    })
  })
})
