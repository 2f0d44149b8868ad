import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FakeServer } from '../directory/fake-server.ts'
import { fakeServer, result, TAG } from '../directory/fake-server.ts'
import { filtered, patchOf, smallUser } from '../conformance/subject.ts'
import type { TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { startOpenLdap } from '../support/openldap.ts'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'

// A referral is an address that somebody else chose; who follows it shows its password there.
let directory: RunningOpenLdap
let gateway: TestGateway
let elsewhere: FakeServer
const connections: unknown[] = []

beforeAll(async () => {
  elsewhere = await fakeServer(
    ({ id }, socket) => {
      socket.write(result(id, TAG.searchDone))
    },
    {
      bind: ({ id }, socket) => {
        connections.push(id)
        socket.write(result(id, TAG.bindResponse))
      },
    },
  )
  directory = await startOpenLdap()
  const { suffix } = directory
  const referral = (dn: string, rdn: string) => `dn: ${dn}
changetype: add
objectClass: referral
objectClass: extensibleObject
${rdn}
ref: ${elsewhere.url}/${dn}

`
  await ldapmodify(
    directory,
    referral(`ou=away,ou=people,${suffix}`, 'ou: away') +
      referral(`uid=gone,ou=people,${suffix}`, 'uid: gone'),
  )
  gateway = await startGateway(directory)
})
afterAll(async () => {
  await gateway.stop()
  await directory.stop()
  await elsewhere.stop()
})

it('is never followed, on reading or on writing', async () => {
  const list = await gateway.get('/Users')
  expect(list.status).toBe(200)
  const found = await gateway.get(filtered('/Users', 'userName eq "gone"'))
  expect([found.status, found.body.totalResults]).toEqual([200, 0])
  const made = await gateway.post('/Users', smallUser({ userName: 'gone' }))
  expect(made.status).toBeGreaterThanOrEqual(400)
  const user = await gateway.post('/Users', smallUser())
  const rename = patchOf({ op: 'replace', path: 'userName', value: 'gone' })
  expect((await gateway.patch(`/Users/${user.body.id}`, rename)).status).toBeGreaterThanOrEqual(400)
  expect(connections).toEqual([])
  expect(elsewhere.received).toEqual([])
  for (const { body } of [list, found, made]) {
    expect(JSON.stringify(body)).not.toContain(elsewhere.url)
  }
})
