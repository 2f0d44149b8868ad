import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import type { Json, TestGateway } from '../support/gateway.ts'
import { OPENLDAP_MAPPING, startGateway } from '../support/gateway.ts'
import { ldapread } from '../support/ldapsearch.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { filtered, patchOf, smallUser } from './subject.ts'

const folder = mkdtempSync(join(tmpdir(), 'scim2ldap-'))
let directory: RunningOpenLdap
let entra: TestGateway
let okta: TestGateway
beforeAll(async () => {
  const mapping = join(folder, 'mapping.yaml')
  const shipped = readFileSync(OPENLDAP_MAPPING, 'utf8')
  const line = 'externalId: { ldap: description, perClient: true }'
  writeFileSync(mapping, shipped.replace('userName: uid\n', `userName: uid\n      ${line}\n`))
  directory = await startOpenLdap()
  entra = await startGateway(directory, { mapping, client: { name: 'entra' } })
  okta = await startGateway(directory, { mapping, client: { name: 'okta corp' } })
})
afterAll(async () => {
  await Promise.all([entra.stop(), okta.stop()])
  await directory.stop()
  rmSync(folder, { recursive: true })
})

const stored = async ({ userName }: Json) => {
  const dn = `uid=${userName},ou=people,${directory.suffix}`
  const entry = await ldapread(directory, dn, ['description'])
  return [...(entry?.attributes.description ?? [])].sort()
}

const found = async (gateway: TestGateway, filter: string) => {
  const { status, body } = await gateway.get(filtered('/Users', filter))
  expect(status).toBe(200)
  return (body.Resources as readonly Json[]).map(({ userName }) => userName as string)
}

test('each client has an externalId of its own, and touches no other', async () => {
  const { body: user } = await entra.post('/Users', smallUser({ externalId: 'Same: é*' }))
  const path = `/Users/${user.id}`
  expect(user.externalId).toBe('Same: é*')
  expect(await stored(user)).toEqual(['entra:Same: é*'])
  expect((await okta.get(path)).body).not.toHaveProperty('externalId')

  const set = patchOf({ op: 'add', path: 'externalId', value: '00u1' })
  expect((await okta.patch(path, set)).body.externalId).toBe('00u1')
  expect(await stored(user)).toEqual(['entra:Same: é*', 'okta%20corp:00u1'])
  expect((await entra.get(path)).body.externalId).toBe('Same: é*')

  const replaced = await entra.put(path, { ...user, externalId: 'other' })
  expect([replaced.status, replaced.body.externalId]).toEqual([200, 'other'])
  expect(await stored(user)).toEqual(['entra:other', 'okta%20corp:00u1'])

  const { externalId: _, ...without } = user
  expect((await okta.put(path, without)).body).not.toHaveProperty('externalId')
  expect(await stored(user)).toEqual(['entra:other'])
})

test('each client searches for its own', async () => {
  const { body: user } = await entra.post('/Users', smallUser({ externalId: 'Find-Me' }))
  expect(await found(entra, 'externalId eq "Find-Me"')).toEqual([user.userName])
  expect(await found(entra, 'externalId eq "find-me"')).toEqual([])
  expect(await found(entra, 'externalId sw "Find"')).toEqual([user.userName])
  expect(await found(entra, 'externalId co "d-M"')).toEqual([user.userName])
  expect(await found(entra, `externalId pr and userName eq "${user.userName}"`)).toHaveLength(1)
  for (const filter of ['externalId eq "Find-Me"', 'externalId co "Find"', 'externalId co "ent"']) {
    expect(await found(okta, filter)).toEqual([])
  }
  expect(await found(okta, `externalId ne "Find-Me" and userName eq "${user.userName}"`)).toEqual([
    user.userName,
  ])
  expect(await found(entra, 'externalId ew "00u1" or externalId eq "entra:Find-Me"')).toEqual([])
})

test('a client that sets its first value twice at once has one', async () => {
  const { body: user } = await okta.post('/Users', smallUser({ externalId: 'x' }))
  const set = (value: string) =>
    entra.patch(`/Users/${user.id}`, patchOf({ op: 'replace', path: 'externalId', value }))
  const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => set(`value ${index}`)))
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  expect(await stored(user)).toEqual([expect.stringMatching(/^entra:value \d$/), 'okta%20corp:x'])
})
