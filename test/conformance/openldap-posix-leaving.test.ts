import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import type { Json, TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { ldapread } from '../support/ldapsearch.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { POSIX } from './mapping-subjects.ts'
import { posixBlock } from './posix-subject.ts'
import {
  ENTERPRISE,
  freshName,
  groupBody,
  idsOf,
  patchOf,
  POSIX_USER,
  smallUser,
} from './subject.ts'

const folder = mkdtempSync(join(tmpdir(), 'scim2ldap-'))
let directory: RunningDirectory
let gateway: TestGateway
beforeAll(async () => {
  // Overlay unique, which looks at all of the directory here, would not give the name of a leaver away.
  directory = await startOpenLdap({ overlays: ['ppolicy'] })
  await ldapmodify(directory, posixBlock('ldif counter'))
  const leavers = `ou=leavers,${directory.suffix}`
  await ldapmodify(
    directory,
    `dn: ${leavers}\nchangetype: add\nobjectClass: organizationalUnit\nou: leavers\n\n`,
  )
  const leaving = "delete: { move: 'ou=leavers,{{ suffix }}', reviveBy: enterprise.employeeNumber }"
  const mapping = join(folder, 'mapping.yaml')
  const shipped = readFileSync(POSIX.mapping, 'utf8')
  writeFileSync(mapping, shipped.replace('  User:\n', `  User:\n    ${leaving}\n`))
  gateway = await startGateway(directory, { mapping })
})
afterAll(async () => {
  await gateway.stop()
  await directory.stop()
  rmSync(folder, { recursive: true })
})

const post = async (path: string, body: Json): Promise<Json> => {
  const answer = await gateway.post(path, body)
  expect(answer).toMatchObject({ status: 201 })
  return answer.body
}
const uidsOf = async ({ displayName }: Json) => {
  const dn = `cn=${displayName},ou=groups,${directory.suffix}`
  return (await ldapread(directory, dn, ['memberUid']))?.attributes.memberUid ?? []
}

test('who leaves is out of the groups, and its name is another’s, who is in none', async () => {
  const user = await post('/Users', smallUser())
  const other = await post('/Users', smallUser())
  const team = await post('/Groups', groupBody(freshName('team'), [user, other]))
  expect((await gateway.delete(`/Users/${user.id}`)).status).toBe(204)
  expect(await uidsOf(team)).toEqual([other.userName])
  const next = await post('/Users', smallUser({ userName: user.userName }))
  expect(next).not.toHaveProperty('groups')
  expect(next[POSIX_USER].uidNumber).not.toBe(user[POSIX_USER].uidNumber)
})

test('who comes back under another name has its number, and takes nobody’s memberships', async () => {
  const employeeNumber = freshName('number')
  const key = { [ENTERPRISE]: { employeeNumber } }
  const user = await post('/Users', smallUser(key))
  expect((await gateway.delete(`/Users/${user.id}`)).status).toBe(204)
  const next = await post('/Users', smallUser({ userName: user.userName }))
  const team = await post('/Groups', groupBody(freshName('team'), [next]))
  const back = await post('/Users', smallUser(key))
  expect(back.id).toBe(user.id)
  expect(back[POSIX_USER]).toEqual(user[POSIX_USER])
  expect(await uidsOf(team)).toEqual([next.userName])
  const join = patchOf({ op: 'add', path: 'members', value: [{ value: back.id }] })
  expect((await gateway.patch(`/Groups/${team.id}`, join)).status).toBe(204)
  const { body } = await gateway.get(`/Groups/${team.id}`)
  expect(idsOf(body.members)).toEqual([next.id, back.id].sort())
})
