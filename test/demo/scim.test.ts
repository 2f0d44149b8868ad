import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import { groups, people } from '../../src/demo/people.ts'
import { SCIM_INDEXES, SCIM_SCHEMA, scimGroups, scimPeople } from '../../src/demo/scim.ts'
import type { Json, TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { SHIPPED_MAPPINGS } from '../support/rules.ts'

const SUFFIX = 'dc=example,dc=test'

let directory: RunningOpenLdap
let gateway: TestGateway
beforeAll(async () => {
  const members = scimPeople(people(SUFFIX))
  directory = await startOpenLdap({
    suffix: SUFFIX,
    entries: [...members, ...scimGroups(groups(SUFFIX, members))],
    schema: resolve(import.meta.dirname, '../..', SCIM_SCHEMA),
    indexes: SCIM_INDEXES,
  })
  gateway = await startGateway(directory, {
    mapping: resolve(SHIPPED_MAPPINGS, 'openldap-scim.yaml'),
  })
})
afterAll(async () => {
  await gateway.stop()
  await directory.stop()
})

const listed = async (path: string): Promise<readonly Json[]> =>
  (await gateway.get(path)).body.Resources

test('the sample has something of everything that our schema adds', async () => {
  const users = await listed('/Users')
  for (const name of ['nickName', 'ims', 'photos', 'roles', 'entitlements']) {
    expect(users.filter((user) => name in user).length, name).toBeGreaterThan(2)
  }
  for (const user of users) {
    expect(user).toMatchObject({
      externalId: expect.stringMatching(/^00u/),
      locale: expect.stringContaining('-'),
      timezone: expect.stringContaining('/'),
    })
    expect(user.addresses).toMatchObject([
      { type: 'work', country: expect.stringMatching(/^[A-Z]{2}$/) },
    ])
  }
  expect(await listed('/Groups')).toHaveLength(6)
  for (const group of await listed('/Groups')) expect(group.externalId).toMatch(/^00g/)
})

test('a PUT of what was read changes nothing: the JSON is as the gateway writes it', async () => {
  for (const user of await listed('/Users')) {
    const { status, body } = await gateway.put(`/Users/${user.id}`, user)
    expect([status, body]).toEqual([200, user])
  }
})

test('people are found by what only the rest has', async () => {
  const names = async (filter: string) =>
    (await listed(`/Users?filter=${encodeURIComponent(filter)}`)).map(({ userName }) => userName)
  expect(await names('externalId eq "00u000001"')).toEqual(['amara.okafor'])
  expect(await names('externalId eq "00U000001"')).toEqual([])
  expect(await names('emails.value eq "amara.okafor@EXAMPLE.net"')).toEqual(['amara.okafor'])
  expect(await names('roles[primary eq true and value eq "approver"]')).toHaveLength(6)
})
