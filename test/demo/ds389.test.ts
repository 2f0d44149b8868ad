import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { RunningDs389 } from '../../src/demo/ds389.ts'
import { startDs389 } from '../../src/demo/ds389.ts'
import { groups, people } from '../../src/demo/people.ts'
import { describeDs389 } from '../support/here.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { ldapread, ldapsearch } from '../support/ldapsearch.ts'
import { listens } from '../support/listens.ts'

const SUFFIX = 'dc=example,dc=test'
const DS389 = resolve(import.meta.dirname, '../../src/demo/ds389.ts')

describeDs389('389 Directory Server of this machine', () => {
  let parent: string
  let server: RunningDs389
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'scim2ldap-test-'))
    const some = people(SUFFIX)
    const entries = [...some, ...groups(SUFFIX, some)]
    server = await startDs389({ suffix: SUFFIX, entries, directory: join(parent, 'server') })
  })
  afterAll(async () => {
    await server.stop()
    await rm(parent, { recursive: true })
  })

  test('holds people and groups, and memberOf points back', async () => {
    expect(await ldapsearch(server, { filter: '(objectClass=inetOrgPerson)' })).toHaveLength(30)
    expect(await ldapsearch(server, { filter: '(objectClass=groupOfNames)' })).toHaveLength(6)
    const entry = await ldapread(server, `uid=priya.raghunathan,ou=people,${SUFFIX}`, ['memberOf'])
    expect([...(entry?.attributes.memberOf ?? [])].sort()).toEqual([
      `cn=Everyone,ou=groups,${SUFFIX}`,
      `cn=Support\\2C \\22first line\\22,ou=groups,${SUFFIX}`,
    ])
  })

  test('keeps loaded memberships as it keeps those written to it', async () => {
    const group = `cn=Sales,ou=groups,${SUFFIX}`
    const person = `uid=uri.cohen,ou=people,${SUFFIX}`
    const members = async () => (await ldapread(server, group, ['member']))?.attributes.member
    expect(await members()).toContain(person)
    await ldapmodify(server, `dn: ${person}\nchangetype: delete\n\n`)
    expect(await members()).not.toContain(person)
    await ldapmodify(server, `dn: ${group}\nchangetype: delete\n\n`)
    const found = await ldapsearch(server, { filter: `(memberOf=${group})` })
    expect(found).toEqual([])
  })

  test('speaks TLS with a certificate of its own authority for localhost', async () => {
    const { port } = new URL(server.url)
    const socket = connect({ port: Number(port), host: 'localhost', ca: server.ca })
    await new Promise((resolve, reject) => socket.on('secureConnect', resolve).on('error', reject))
    expect(socket.authorized).toBe(true)
    socket.destroy()
  })

  test('starts without plug-ins and on another suffix, and leaves nothing when it is stopped', async () => {
    const directory = join(parent, 'other')
    const suffix = 'o=Example \\22One\\22'
    const some = people(suffix, 2)
    const entries = [...some, ...groups(suffix, some)]
    const other = await startDs389({ suffix, entries, plugins: [], directory })
    const [entry] = await ldapsearch(other, { filter: '(uid=amara.okafor)' })
    expect(entry?.attributes).not.toHaveProperty('memberOf')
    await other.stop()
    expect(() => process.kill(other.pid, 0)).toThrow('ESRCH')
    expect(await readdir(parent)).toEqual(['server'])
  })

  test('is gone with the process that started it, even if that is killed', async () => {
    const directory = join(parent, 'orphan')
    const code = `
      import { startDs389 } from ${JSON.stringify(DS389)}
      console.log((await startDs389({ directory: ${JSON.stringify(directory)} })).plainUrl)`
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const { port } = new URL(line.toString())
    await listens(Number(port))
    child.kill('SIGKILL')
    await vi.waitFor(async () => {
      await expect(listens(Number(port))).rejects.toThrow('ECONNREFUSED')
      expect(existsSync(directory)).toBe(false)
    }, 5000)
  })

  test('says what is wrong with an entry, and leaves nothing', async () => {
    const directory = join(parent, 'wrong')
    const [first] = people(SUFFIX, 1)
    if (first === undefined) throw new Error('nobody')
    await expect(
      startDs389({ suffix: SUFFIX, entries: [first, first], directory }),
    ).rejects.toThrow('ldif2db could not load the entries')
    expect(existsSync(directory)).toBe(false)
  })
})
