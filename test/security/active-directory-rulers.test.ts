import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RunningSamba } from '../../src/demo/samba.ts'
import { formatGuid } from '../../src/ldap/windows-syntax.ts'
import { freshName, groupBody, patchOf, smallUser } from '../conformance/subject.ts'
import { describeSamba } from '../support/here.ts'
import { folderWith } from '../support/folder.ts'
import type { Json, TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { ldapread } from '../support/ldapsearch.ts'
import { startSamba } from '../support/samba.ts'
import { SHIPPED_MAPPINGS } from '../support/rules.ts'
import { expectForbidden, mappingText } from './grounds.ts'

// What rules Active Directory is protected without a setting, however careless the mapping is.
describeSamba('Active Directory', () => {
  let server: RunningSamba
  let gateway: TestGateway
  let user: Json

  beforeAll(async () => {
    server = await startSamba()
    gateway = await startGateway(server, {
      mapping: join(SHIPPED_MAPPINGS, 'active-directory.yaml'),
    })
    user = (await gateway.post('/Users', smallUser())).body
  })
  afterAll(async () => {
    await gateway.stop()
    await server.stop()
  })

  const add = (member: Json) =>
    patchOf({ op: 'add', path: 'members', value: [{ value: member.id }] })
  const makeGroup = async (): Promise<Json> =>
    (await gateway.post('/Groups', groupBody(freshName('group')))).body
  const dnOf = ({ displayName }: Json) => `cn=${displayName},ou=Groups,${server.suffix}`
  const change = (dn: string, ...lines: readonly string[]) =>
    ldapmodify(server, `dn: ${dn}\nchangetype: modify\n${lines.join('\n')}\n\n`)
  const idAt = async (dn: string) =>
    formatGuid(
      (await ldapread(server, dn, ['objectGUID']))?.octets.objectGUID?.[0] ?? Buffer.alloc(0),
    ) ?? ''

  it('adminCount protects accounts and groups', async () => {
    const group = await makeGroup()
    await change(dnOf(group), 'add: adminCount', 'adminCount: 1')
    expectForbidden(await gateway.patch(`/Groups/${group.id}`, add(user)), /protected/)
    expectForbidden(await gateway.delete(`/Groups/${group.id}`), /protected/)
    const { body: admin } = await gateway.post('/Users', smallUser())
    const dn = `cn=${admin.userName},ou=People,${server.suffix}`
    await change(dn, 'add: adminCount', 'adminCount: 1')
    const secret = patchOf({ op: 'replace', path: 'password', value: 'N3w-Secret!x' })
    expectForbidden(await gateway.patch(`/Users/${admin.id}`, secret), /protected/)
    await change(dn, 'replace: adminCount', 'adminCount: 0')
    expect((await gateway.patch(`/Users/${admin.id}`, secret)).status).toBe(200)
  })

  it.each([
    'CN=Domain Admins,CN=Users',
    'CN=Schema Admins,CN=Users',
    'CN=Backup Operators,CN=Builtin',
    'CN=Account Operators,CN=Builtin',
  ])('no group that is in %s, through others too, is joined', async (ruler) => {
    const [near, far] = [await makeGroup(), await makeGroup()]
    await change(dnOf(near), 'add: member', `member: ${dnOf(far)}`)
    await change(`${ruler},${server.suffix}`, 'add: member', `member: ${dnOf(near)}`)
    for (const group of [near, far]) {
      expectForbidden(await gateway.patch(`/Groups/${group.id}`, add(user)), /protected/)
      const body = groupBody(group.displayName, [user])
      expectForbidden(await gateway.put(`/Groups/${group.id}`, body), /protected/)
    }
    await change(`${ruler},${server.suffix}`, 'delete: member', `member: ${dnOf(near)}`)
    expect((await gateway.patch(`/Groups/${far.id}`, add(user))).status).toBe(204)
  })

  it('a group that is in one of everybody is joined', async () => {
    const group = await makeGroup()
    await change(`CN=Users,CN=Builtin,${server.suffix}`, 'add: member', `member: ${dnOf(group)}`)
    expect((await gateway.patch(`/Groups/${group.id}`, add(user))).status).toBe(204)
  })

  it('well-known accounts and groups are protected where a mapping shows them', async () => {
    const text = mappingText('active-directory', (shipped) =>
      shipped
        .replaceAll(/base: ou=(?:Groups|People),\{\{ suffix \}\}/gi, "base: '{{ suffix }}'")
        .replaceAll('(!(isCriticalSystemObject=TRUE))', ''),
    )
    const folder = folderWith({ 'mapping.yaml': text })
    const careless = await startGateway(server, { mapping: join(folder, 'mapping.yaml') })
    try {
      for (const rdn of [
        'CN=Domain Admins,CN=Users',
        'CN=Key Admins,CN=Users',
        'CN=Users,CN=Builtin',
      ]) {
        if ((await ldapread(server, `${rdn},${server.suffix}`, ['cn'])) === undefined) continue
        const id = await idAt(`${rdn},${server.suffix}`)
        expectForbidden(await careless.patch(`/Groups/${id}`, add(user)), /protected/)
        expectForbidden(await careless.delete(`/Groups/${id}`), /protected/)
      }
      for (const name of ['Administrator', 'Guest', 'krbtgt', 'scim2ldap']) {
        const id = await idAt(`CN=${name},CN=Users,${server.suffix}`)
        const title = patchOf({ op: 'add', path: 'title', value: 'x' })
        expectForbidden(await careless.patch(`/Users/${id}`, title), /protected/)
        expectForbidden(await careless.delete(`/Users/${id}`), /protected/)
      }
    } finally {
      await careless.stop()
    }
  })
})
