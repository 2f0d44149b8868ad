import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { freshName, patchOf, smallUser } from '../conformance/subject.ts'
import { describeSlapd } from '../support/here.ts'
import type { Answer, Json, TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { ldapread, ldapsearch } from '../support/ldapsearch.ts'
import type { Replica, ReplicaPair } from '../support/replica-pair.ts'
import { startReplicaPair } from '../support/replica-pair.ts'

const WRITERS = 6
const HEARTBEAT_MS = 300

describeSlapd('a pair of servers that replicate', () => {
  let pair: ReplicaPair
  let gateway: TestGateway

  beforeAll(async () => {
    pair = await startReplicaPair()
    const { first, second } = pair
    gateway = await startGateway(first, {
      directory: {
        urls: [first.url, second.url],
        tls: { ca: first.ca + second.ca },
        heartbeatMs: HEARTBEAT_MS,
      },
    })
  })
  afterAll(async () => {
    await gateway.stop()
    await pair.stop()
  })

  const times = (message: string) => gateway.log.filter(({ msg }) => msg === message).length
  const isOn = async (server: Replica, userName: string) =>
    (await ldapread(server, `uid=${userName},ou=people,${server.suffix}`)) !== undefined

  /** Makes a user and reads it at once. */
  async function make(): Promise<Json> {
    const made = await gateway.post('/Users', smallUser())
    expect(made).toMatchObject({ status: 201 })
    expect(await gateway.get(`/Users/${made.body.id}`)).toMatchObject({ status: 200 })
    return made.body
  }

  async function untilBack(): Promise<void> {
    const before = times('back to the preferred directory server')
    await vi.waitFor(
      () => expect(times('back to the preferred directory server')).toBeGreaterThan(before),
      { timeout: 20_000, interval: 20 },
    )
  }

  test('half of which is down: the other half has what was written, and goes on', async () => {
    const before = await make()
    await pair.level()
    await pair.first.kill()
    expect(await gateway.get(`/Users/${before.id}`)).toMatchObject({ status: 200 })
    const change = patchOf({ op: 'add', path: 'title', value: 'Head' })
    expect(await gateway.patch(`/Users/${before.id}`, change)).toMatchObject({ status: 200 })
    const after = await make()
    expect(await isOn(pair.second, after.userName as string)).toBe(true)
  })

  test('the preferred one is gone back to when it has what the other one has, not before', async () => {
    pair.toFirst.freeze()
    await pair.first.restart()
    const users: Json[] = []
    const waited = times('preferred directory is not up to date yet')
    await vi.waitFor(
      async () => {
        users.push(await make())
        const now = times('preferred directory is not up to date yet')
        expect(now).toBeGreaterThanOrEqual(waited + 2)
      },
      { timeout: 20_000, interval: 100 },
    )
    const last = users.at(-1)
    expect(await isOn(pair.first, last.userName as string)).toBe(false)
    expect(times('back to the preferred directory server')).toBe(0)

    pair.toFirst.flow()
    await untilBack()
    for (const { id } of users) {
      expect(await gateway.get(`/Users/${id}`)).toMatchObject({ status: 200 })
    }
    const made = await make()
    expect(await isOn(pair.first, made.userName as string)).toBe(true)
  })

  test('under load, nothing that was acknowledged is lost when it goes over and back', async () => {
    // Replication takes its time: who goes back too early reads what is out of date.
    pair.toFirst.lag(150)
    const statuses = new Set<number>()
    const users = new Map<string, { readonly userName: string; title: string }>()
    const broken: string[] = []
    let over = false
    let gate = Promise.resolve()
    let writing = 0

    async function tell(request: () => Promise<Answer>, isWrite = true): Promise<Answer> {
      if (isWrite) await gate
      if (isWrite) writing++
      try {
        const answer = await request()
        statuses.add(answer.status)
        if (answer.status === 503 && !/^\d+$/.test(answer.headers.get('retry-after') ?? '')) {
          broken.push('503 without Retry-After')
        }
        return answer
      } finally {
        if (isWrite) writing--
      }
    }

    /** Makes a user, changes it, and reads it back after each. */
    async function oneRound(): Promise<void> {
      const body = smallUser({ title: 'new' })
      const made = await tell(() => gateway.post('/Users', body))
      if (made.status !== 201) return
      const id = made.body.id as string
      const user = { userName: body.userName as string, title: 'new' }
      users.set(id, user)
      const reread = async () => {
        const { status, body: seen } = await tell(() => gateway.get(`/Users/${id}`), false)
        if (status === 200 && seen.title === user.title) return
        if (status !== 503) broken.push(`${status} for what was just written`)
      }
      await reread()
      const title = freshName('title')
      const change = patchOf({ op: 'replace', path: 'title', value: title })
      const changed = await tell(() => gateway.patch(`/Users/${id}`, change))
      if (changed.status !== 200) return void users.delete(id)
      user.title = title
      await reread()
    }

    const writers = Array.from({ length: WRITERS }, async () => {
      while (!over) await oneRound()
    })
    for (let round = 0; round < 2; round++) {
      await sleep(700)
      // What the first one did not pass on before it dies, the second one has not: that is
      // replication's. So writes pause until both have everything; reads go on.
      let open = () => {}
      gate = new Promise((resolve) => (open = resolve))
      await vi.waitFor(() => expect(writing).toBe(0), { timeout: 10_000 })
      await pair.level()
      await pair.first.kill()
      open()
      await sleep(700)
      const back = untilBack()
      await pair.first.restart()
      await back
    }
    await sleep(500)
    over = true
    await Promise.all(writers)

    expect(broken).toEqual([])
    expect([...statuses].filter((status) => ![200, 201, 503].includes(status))).toEqual([])
    expect(users.size).toBeGreaterThan(50)
    await pair.level()
    for (const server of [pair.first, pair.second]) {
      const found = await ldapsearch(server, { filter: '(uid=*)', attributes: ['uid', 'title'] })
      const titles = new Map(
        found.map(({ attributes }) => [attributes.uid?.[0], attributes.title?.[0]]),
      )
      expect(titles.size).toBe(found.length)
      const lost = [...users.values()].filter(
        ({ userName, title }) => titles.get(userName) !== title,
      )
      expect(lost).toEqual([])
    }
  }, 90_000)
})
