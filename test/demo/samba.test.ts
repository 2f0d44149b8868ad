import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningSamba } from '../../src/demo/samba.ts'
import { describeSamba } from '../support/here.ts'
import { ldapread, ldapsearch } from '../support/ldapsearch.ts'
import { startSamba } from '../support/samba.ts'

const SUCCESS = 0
const INSUFFICIENT_ACCESS = 50

/** Has OpenLDAP's ldapmodify carry LDIF out as the gateway's account; its exit code. */
async function apply(server: RunningSamba, ldif: string): Promise<number | null> {
  const account = ['-D', server.serviceDn, '-w', server.servicePassword]
  const client = execFile('ldapmodify', ['-x', '-H', server.url, ...account], {
    env: { ...process.env, LDAPTLS_CACERT: server.caFile },
  })
  client.stdin?.end(ldif)
  const [code] = (await once(client, 'exit')) as [number | null]
  return code
}

/** An account with a password, in one add. */
function account(dn: string, name: string): string {
  const password = Buffer.from('"Secret-4711"', 'utf16le').toString('base64')
  return [
    `dn: ${dn}\nchangetype: add\nobjectClass: user\nsAMAccountName: ${name}`,
    `userAccountControl: 512\nunicodePwd:: ${password}\n\n`,
  ].join('\n')
}

describeSamba('a private Samba', () => {
  let server: RunningSamba
  beforeAll(async () => {
    server = await startSamba()
  })
  afterAll(() => server.stop())

  test('is the domain controller of a domain with places for people and groups', async () => {
    const found = await ldapsearch(server, {
      scope: 'one',
      filter: '(objectClass=organizationalUnit)',
      attributes: ['ou'],
    })
    expect(found.map(({ attributes }) => attributes.ou?.[0]).sort()).toEqual([
      'Domain Controllers',
      'Groups',
      'Leavers',
      'People',
    ])
  })

  test('lets the service account manage users and groups there, and nothing else', async () => {
    const { suffix } = server
    const user = `CN=ann,OU=People,${suffix}`
    const group = `CN=staff,OU=Groups,${suffix}`
    const title = (dn: string) => `dn: ${dn}\nchangetype: modify\nreplace: title\ntitle: x\n\n`
    const people = account(user, 'ann') + title(user)
    expect(await apply(server, people)).toBe(SUCCESS)
    const staff = `dn: ${group}\nchangetype: add\nobjectClass: group\nsAMAccountName: staff\nmember: ${user}\n\n`
    expect(await apply(server, staff)).toBe(SUCCESS)
    expect((await ldapread(server, user))?.attributes.memberOf).toEqual([group])
    expect(await apply(server, `dn: ${user}\nchangetype: delete\n\n`)).toBe(SUCCESS)
    for (const ldif of [
      title(`CN=Administrator,CN=Users,${suffix}`),
      account(`CN=bob,CN=Users,${suffix}`, 'bob'),
      account(`CN=bob,OU=Groups,${suffix}`, 'bob'),
      `dn: CN=Domain Admins,CN=Users,${suffix}\nchangetype: modify\nadd: member\nmember: ${server.serviceDn}\n\n`,
    ]) {
      expect(await apply(server, ldif)).toBe(INSUFFICIENT_ACCESS)
    }
  })

  test('is alone: others are other directories at other addresses', async () => {
    const other = await startSamba()
    try {
      expect(other.url).not.toBe(server.url)
      const dn = `CN=here,OU=People,${server.suffix}`
      expect(await apply(server, account(dn, 'here'))).toBe(SUCCESS)
      expect(await ldapread(other, dn)).toBeUndefined()
    } finally {
      await other.stop()
    }
  })

  test('leaves nothing behind', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'scim2ldap-'))
    try {
      const other = await startSamba({ directory: join(parent, 'samba') })
      expect(dirname(dirname(other.caFile))).toBe(join(parent, 'samba'))
      await other.stop()
      expect(await readdir(parent)).toEqual([])
      expect(existsSync(`/proc/${other.pid}`)).toBe(false)
    } finally {
      await rm(parent, { recursive: true })
    }
  })
})
