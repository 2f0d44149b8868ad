import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import { groups, people } from '../../src/demo/people.ts'
import { startSlapd } from '../../src/demo/slapd.ts'
import { describeSlapd } from '../support/here.ts'
import { ldapread, ldapsearch } from '../support/ldapsearch.ts'
import { listens } from '../support/listens.ts'
import { startOpenLdap } from '../support/openldap.ts'

const run = promisify(execFile)
const SUFFIX = 'dc=example,dc=test'
const SLAPD = resolve(import.meta.dirname, '../../src/demo/slapd.ts')

/** Runs one of OpenLDAP's clients as `dn`; its standard output. */
async function client(
  program: string,
  server: RunningOpenLdap,
  url: string,
  args: readonly string[],
): Promise<string> {
  const env = { ...process.env, LDAPTLS_CACERT: server.caFile }
  const { stdout } = await run(program, ['-H', url, ...args], { env })
  return stdout.trim()
}

function as(dn: string, password: string): readonly string[] {
  return ['-x', '-D', dn, '-w', password]
}

describe('a private OpenLDAP', () => {
  let server: RunningOpenLdap
  beforeAll(async () => {
    const some = people(SUFFIX)
    server = await startOpenLdap({ suffix: SUFFIX, entries: [...some, ...groups(SUFFIX, some)] })
  })
  afterAll(() => server.stop())

  test('holds people and groups, and memberOf points back', async () => {
    const found = await ldapsearch(server, { filter: '(objectClass=inetOrgPerson)' })
    expect(found).toHaveLength(30)
    expect(await ldapsearch(server, { filter: '(objectClass=groupOfNames)' })).toHaveLength(6)
    const entry = await ldapread(server, `uid=priya.raghunathan,ou=people,${SUFFIX}`, ['memberOf'])
    expect([...(entry?.attributes.memberOf ?? [])].sort()).toEqual([
      `cn=Everyone,ou=groups,${SUFFIX}`,
      `cn=Support\\2C \\22first line\\22,ou=groups,${SUFFIX}`,
    ])
  })

  test('keeps loaded memberships as it keeps those written to it', async () => {
    const service = as(server.serviceDn, server.servicePassword)
    const person = `uid=uri.cohen,ou=people,${SUFFIX}`
    const group = `cn=Sales,ou=groups,${SUFFIX}`
    const members = async (dn: string) =>
      (await ldapread(server, dn, ['member']))?.attributes.member
    expect(await members(group)).toContain(person)
    await client('ldapmodrdn', server, server.url, [...service, '-r', person, 'uid=ori.cohen'])
    const renamed = `uid=ori.cohen,ou=people,${SUFFIX}`
    expect(await members(group)).toContain(renamed)
    expect(await members(group)).not.toContain(person)
    await client('ldapdelete', server, server.url, [...service, group])
    expect((await ldapread(server, renamed, ['memberOf']))?.attributes).toEqual({
      memberOf: [`cn=Everyone,ou=groups,${SUFFIX}`],
    })
    await client('ldapdelete', server, server.url, [...service, renamed])
    expect(await members(`cn=Everyone,ou=groups,${SUFFIX}`)).toHaveLength(29)
  })

  test('speaks TLS with a certificate of its own authority for localhost', async () => {
    const { port } = new URL(server.url)
    const socket = connect({ port: Number(port), host: 'localhost', ca: server.ca })
    await new Promise((resolve, reject) => socket.on('secureConnect', resolve).on('error', reject))
    expect(socket.authorized).toBe(true)
    socket.destroy()
  })

  test('speaks StartTLS on the plain port', async () => {
    const args = ['-ZZ', ...as(server.serviceDn, server.servicePassword)]
    expect(await client('ldapwhoami', server, server.plainUrl, args)).toBe(`dn:${server.serviceDn}`)
  })

  test('lets the service account write, and others only read', async () => {
    const person = `uid=zoe.mueller,ou=people,${SUFFIX}`
    const setPassword = (args: readonly string[]) =>
      client('ldappasswd', server, server.url, [...args, '-s', 'a long enough one', person])
    await setPassword(as(server.serviceDn, server.servicePassword))
    const own = as(person, 'a long enough one')
    expect(await client('ldapwhoami', server, server.url, own)).toBe(`dn:${person}`)
    const others = `uid=wei.wang,ou=people,${SUFFIX}`
    await expect(client('ldapdelete', server, server.url, [...own, others])).rejects.toThrow(
      'Insufficient access (50)',
    )
  })

  test('does not lock the service account after wrong passwords', async () => {
    for (let attempt = 0; attempt < 6; attempt++) {
      await expect(
        client('ldapwhoami', server, server.url, as(server.serviceDn, 'wrong')),
      ).rejects.toThrow('Invalid credentials (49)')
    }
    const right = as(server.serviceDn, server.servicePassword)
    expect(await client('ldapwhoami', server, server.url, right)).toBe(`dn:${server.serviceDn}`)
  })
})

test('another suffix may be asked for, with what has to be quoted', async () => {
  const suffix = 'o=Example \\22One\\22 \\2B Two'
  const server = await startOpenLdap({ suffix })
  try {
    const entry = await ldapread(server, server.suffix)
    expect(entry?.attributes.o).toEqual(['Example "One" + Two'])
  } finally {
    await server.stop()
  }
})

test('a suffix that no entry can be made for is refused', async () => {
  await expect(startSlapd({ suffix: 'uid=somebody' })).rejects.toThrow(
    'the suffix "uid=somebody" does not begin with dc=, o= or ou=',
  )
})

test('overlays may be left out', async () => {
  const some = people(SUFFIX, 2)
  const entries = [...some, ...groups(SUFFIX, some)]
  const server = await startOpenLdap({ suffix: SUFFIX, overlays: [], entries })
  try {
    const filter = '(uid=amara.okafor)'
    const [entry] = await ldapsearch(server, { filter, attributes: ['memberOf', 'uid'] })
    expect(entry?.attributes).toEqual({ uid: ['amara.okafor'] })
  } finally {
    await server.stop()
  }
})

describeSlapd('slapd of this machine', () => {
  let parent: string
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'scim2ldap-test-'))
  })
  afterAll(() => rm(parent, { recursive: true }))

  test('leaves neither process nor folder when it is stopped', async () => {
    const directory = join(parent, 'server')
    const server = await startSlapd({ directory })
    expect(dirname(dirname(server.caFile))).toBe(directory)
    expect(() => process.kill(server.pid, 0)).not.toThrow()
    await server.stop()
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH')
    expect(await readdir(parent)).toEqual([])
  })

  test('is gone with the process that started it, even if that is killed', async () => {
    const directory = join(parent, 'server')
    const code = `
      import { startSlapd } from ${JSON.stringify(SLAPD)}
      console.log((await startSlapd({ directory: ${JSON.stringify(directory)} })).plainUrl)`
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

  test('takes whoever started it for the administrator on its socket', async () => {
    const server = await startSlapd()
    try {
      expect(await client('ldapwhoami', server, server.ldapiUrl, ['-Q', '-Y', 'EXTERNAL'])).toBe(
        `dn:${server.adminDn}`,
      )
    } finally {
      await server.stop()
    }
  })

  test('says why it does not start, and leaves nothing', async () => {
    const blocker = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => blocker.on('listening', resolve))
    const address = blocker.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const directory = join(parent, 'server')
    await expect(startSlapd({ directory, port })).rejects.toThrow('Address already in use')
    expect(existsSync(directory)).toBe(false)
    blocker.close()
  })

  test('does not touch a folder that is there', async () => {
    await expect(startSlapd({ directory: parent })).rejects.toThrow('EEXIST')
    expect(existsSync(parent)).toBe(true)
  })

  test('says what is wrong with an entry', async () => {
    const [first] = people(SUFFIX, 1)
    if (first === undefined) throw new Error('nobody')
    await expect(startSlapd({ suffix: SUFFIX, entries: [first, first] })).rejects.toThrow(
      'slapadd could not load the entries',
    )
  })
})
