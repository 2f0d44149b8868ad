import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import { expectError, freshName, smallUser } from '../conformance/subject.ts'
import { folderWith } from '../support/folder.ts'
import type { Json, TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { ldapread } from '../support/ldapsearch.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { expectForbidden, mappingText } from './grounds.ts'

// Adoption take-over: a client that creates an account gets one that was there before.
let directory: RunningOpenLdap
let careful: TestGateway

beforeAll(async () => {
  directory = await startOpenLdap({ overlays: ['memberof', 'refint', 'ppolicy', 'deref'] })
  await ldapmodify(
    directory,
    `dn: ou=leavers,${directory.suffix}\nchangetype: add\nobjectClass: organizationalUnit\nou: leavers\n\n`,
  )
  careful = await startGateway(directory)
})
afterAll(async () => {
  await careful.stop()
  await directory.stop()
})

const KEY = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const withKey = (key: string, more: Json = {}) =>
  smallUser({ [KEY]: { employeeNumber: key }, ...more })
const entryOf = (userName: string, base = 'people') =>
  ldapread(directory, `uid=${userName},ou=${base},${directory.suffix}`)

/** A gateway whose mapping adopts by employeeNumber, or brings leavers back by it. */
async function adopting(protect: readonly Json[] = []): Promise<TestGateway> {
  const text = mappingText('openldap', (shipped) =>
    shipped
      .replace(
        'enterprise.employeeNumber: employeeNumber',
        'enterprise.employeeNumber: { ldap: employeeNumber, mutability: immutable }',
      )
      .replace(
        '    objectClass: [inetOrgPerson]\n',
        `    objectClass: [inetOrgPerson]
    onConflict: { adopt: [enterprise.employeeNumber] }
    delete: { move: 'ou=leavers,{{ suffix }}', reviveBy: enterprise.employeeNumber }
`,
      ),
  )
  const folder = folderWith({ 'mapping.yaml': text })
  return startGateway(directory, { mapping: join(folder, 'mapping.yaml'), protect: [...protect] })
}

it('nobody is adopted where the mapping does not say so', async () => {
  const { body: user } = await careful.post('/Users', withKey(freshName()))
  const again = withKey(user[KEY].employeeNumber, { userName: user.userName, title: 'mine' })
  const before = await entryOf(user.userName)
  expectError(await careful.post('/Users', again), { status: 409, scimType: 'uniqueness' })
  expect(await entryOf(user.userName)).toEqual(before)
})

it('nor with another key, nor without, nor who is protected', async () => {
  const [key, other] = [freshName(), freshName()]
  const { body: user } = await careful.post('/Users', withKey(key))
  const { userName } = user
  const before = await entryOf(userName)
  const gateway = await adopting([{ entry: `uid=${userName},ou=people,{{ suffix }}` }])
  const taken = { status: 409, scimType: 'uniqueness' }
  try {
    expectError(await gateway.post('/Users', withKey(other, { userName, password: 'x' })), taken)
    expectError(await gateway.post('/Users', smallUser({ userName, password: 'x' })), taken)
    expectForbidden(
      await gateway.post('/Users', withKey(key, { userName, title: 'mine' })),
      /protected/,
    )
    // Even where there would be nothing to change.
    const { id: _id, meta: _meta, ...same } = user
    expectForbidden(await gateway.post('/Users', same), /protected/)
    expect(await entryOf(userName)).toEqual(before)
  } finally {
    await gateway.stop()
  }
  const trusting = await adopting()
  const adopted = await trusting.post('/Users', withKey(key, { userName, title: 'mine' }))
  expect(adopted.body).toMatchObject({ id: user.id, title: 'mine' })
  await trusting.stop()
})

it('no leaver who is protected is brought back', async () => {
  const key = freshName()
  const gateway = await adopting([{ filter: '(title=chief)' }])
  try {
    const { body: user } = await gateway.post('/Users', withKey(key))
    expect((await gateway.delete(`/Users/${user.id}`)).status).toBe(204)
    const dn = `uid=${user.userName},ou=leavers,${directory.suffix}`
    await ldapmodify(directory, `dn: ${dn}\nchangetype: modify\nadd: title\ntitle: Chief\n\n`)
    const again = withKey(key, { userName: freshName(), password: 'x' })
    expectForbidden(await gateway.post('/Users', again), /protected/)
    expect(await entryOf(user.userName, 'leavers')).toBeDefined()
  } finally {
    await gateway.stop()
  }
})
