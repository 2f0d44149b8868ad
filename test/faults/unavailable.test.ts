import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { CONFIG_FILE } from '../../src/demo/openldap.ts'
import type { RunningSlapd } from '../../src/demo/slapd.ts'
import { startSlapd } from '../../src/demo/slapd.ts'
import { patchOf, smallUser } from '../conformance/subject.ts'
import { describeSlapd } from '../support/here.ts'
import type { TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { ldapread } from '../support/ldapsearch.ts'
import type { Restartable } from '../support/restartable.ts'
import { restartable } from '../support/restartable.ts'

const PASSWORDS = { servicePassword: 'of the service', adminPassword: 'of the admin' }

/** An LDAP proxy answers "unavailable" (52) where its server is gone, to operations and binds. */
describeSlapd('a server that answers "unavailable"', () => {
  let behind: RunningSlapd & Restartable
  let front: RunningSlapd & Restartable
  let other: RunningSlapd
  let gateway: TestGateway

  beforeAll(async () => {
    const start = async () => restartable(await startSlapd(PASSWORDS))
    ;[behind, front, other] = await Promise.all([start(), start(), startSlapd(PASSWORDS)])
    await makeProxy(front, behind.plainUrl.replace('localhost', '127.0.0.1'))
  })
  afterAll(async () => {
    await Promise.all([behind.stop(), front.stop(), other.stop()])
  })

  async function over(...servers: readonly RunningSlapd[]): Promise<void> {
    gateway = await startGateway(front, {
      directory: {
        urls: servers.map(({ url }) => url),
        tls: { ca: front.ca + other.ca },
        heartbeatMs: 200,
        connectTimeoutMs: 1_000,
      },
    })
  }

  const said = (message: string) => gateway.log.filter(({ msg }) => msg === message)
  const isOn = async (server: RunningSlapd, userName: string) =>
    (await ldapread(server, `uid=${userName},ou=people,${server.suffix}`)) !== undefined

  test('alone is 503 with Retry-After, for reads and writes, and serves when it can', async () => {
    await over(front)
    try {
      const { body: user } = await gateway.post('/Users', smallUser())
      await behind.kill()
      for (const answer of [
        await gateway.get(`/Users/${user.id}`),
        await gateway.patch(`/Users/${user.id}`, patchOf({ op: 'add', path: 'title', value: 'x' })),
        await gateway.post('/Users', smallUser()),
      ]) {
        expect(answer.status).toBe(503)
        expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
      }
      await behind.restart()
      await vi.waitFor(
        async () => expect((await gateway.get(`/Users/${user.id}`)).status).toBe(200),
        { timeout: 20_000, interval: 100 },
      )
      const { reason } = said('cannot connect to the directory')[0] ?? {}
      expect(reason).toContain(`${front.url}: bind: unavailable (52)`)
    } finally {
      await gateway.stop()
    }
  })

  test('is left by reads and writes for the next one, and gone back to when it serves', async () => {
    await over(front, other)
    try {
      const before = smallUser()
      expect(await gateway.post('/Users', before)).toMatchObject({ status: 201 })
      expect(await isOn(behind, before.userName as string)).toBe(true)

      await behind.kill()
      const after = smallUser()
      expect(await gateway.post('/Users', after)).toMatchObject({ status: 201 })
      expect(await isOn(other, after.userName as string)).toBe(true)
      expect(said('leaving a directory server')).toMatchObject([
        { url: front.url, reason: 'unavailable' },
      ])
      await vi.waitFor(() => expect(said('preferred directory still away')).not.toEqual([]))

      await behind.restart()
      await vi.waitFor(
        () => expect(said('back to the preferred directory server')).toHaveLength(1),
        10_000,
      )
      const last = smallUser()
      expect(await gateway.post('/Users', last)).toMatchObject({ status: 201 })
      expect(await isOn(behind, last.userName as string)).toBe(true)
    } finally {
      await gateway.stop()
    }
  })

  test('to a write that had begun: it is looked for and sent again elsewhere', async () => {
    await over(front, other)
    try {
      await gateway.get('/Users?count=1')
      await behind.kill()
      const user = { ...smallUser(), password: 'correct horse' }
      expect(await gateway.post('/Users', user)).toMatchObject({ status: 201 })
      expect(await isOn(other, user.userName as string)).toBe(true)
    } finally {
      await gateway.stop()
      await behind.restart()
    }
  })
})

/** Turns a server into a proxy (slapd-ldap(5)) of the one at `target`. */
async function makeProxy(server: RunningSlapd & Restartable, target: string): Promise<void> {
  await server.kill()
  const file = join(server.folder, CONFIG_FILE)
  const conf = await readFile(file, 'utf8')
  const [head = ''] = conf.split('database mdb')
  const proxy =
    `moduleload back_ldap\ndatabase ldap\nsuffix "${server.suffix}"\nuri ${target}\n` +
    'rebind-as-user yes\n' // else it goes on as nobody, and finds nothing
  await writeFile(file, `${head}${proxy}`)
  await server.restart()
}
