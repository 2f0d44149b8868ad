import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { freshName, groupBody, idsOf, patchOf, smallUser } from '../conformance/subject.ts'
import type { Answer, Json, TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import type { FaultSubject } from './subject.ts'

/** What a client may be told while the server comes and goes. */
const ALLOWED = [200, 201, 204, 409, 503]
const WRITERS = 8
const KILLS = 3

/** What holds of a server that is killed and started again under load, on every directory. */
export function survivesKills({ mapping, startRestartable }: FaultSubject): void {
  describe('a server that is killed and started again under load', () => {
    let server: Awaited<ReturnType<typeof startRestartable>>
    let gateway: TestGateway
    const statuses = new Map<number, number>()

    beforeAll(async () => {
      server = await startRestartable()
      gateway = await startGateway(server, { mapping })
    })
    afterAll(async () => {
      await gateway.stop()
      await server.stop()
    })

    /** What the clients were told, by id: the title that was acknowledged last, or that it is gone. */
    const users = new Map<string, { readonly userName: string; title: string }>()
    const deleted = new Set<string>()
    const members = new Set<string>()
    /** Whose last request was not answered with success: either state is right. */
    const doubtful = new Set<string>()
    let group: string

    beforeAll(async () => {
      group = (await gateway.post('/Groups', groupBody(freshName('group')))).body.id
      let over = false
      const writers = Array.from({ length: WRITERS }, async () => {
        for (let round = 0; !over; round++) await oneRound(round)
      })
      for (let kill = 0; kill < KILLS; kill++) {
        await untilServed()
        await server.kill()
        await sleep(300)
        await server.restart()
      }
      await untilServed()
      over = true
      await Promise.all(writers)
    }, 90_000)

    /** The load has lasted for a while, and more has been served. */
    async function untilServed(): Promise<void> {
      const served = () => (statuses.get(201) ?? 0) + (statuses.get(200) ?? 0)
      const before = served()
      await sleep(1_500)
      await vi.waitFor(() => expect(served()).toBeGreaterThan(before + WRITERS), 15_000)
    }

    /** Makes a user, changes it, puts it into the group, perhaps takes it out and deletes it. */
    async function oneRound(round: number): Promise<void> {
      const body = smallUser({ title: 'new' })
      const made = await tell(gateway.post('/Users', body))
      if (made.status !== 201) return
      const id = made.body.id as string
      const user = { userName: body.userName as string, title: 'new' }
      users.set(id, user)
      const title = freshName('title')
      const change = patchOf({ op: 'replace', path: 'title', value: title })
      const changed = await tell(gateway.patch(`/Users/${id}`, change))
      if (changed.status === 200) user.title = title
      else doubtful.add(id)
      const join = patchOf({ op: 'add', path: 'members', value: [{ value: id }] })
      const joined = await tell(gateway.patch(`/Groups/${group}`, join))
      if (joined.status === 204) members.add(id)
      if (round % 3 !== 0) return
      const gone = await tell(gateway.delete(`/Users/${id}`))
      doubtful.add(id)
      members.delete(id)
      if (gone.status === 204) deleted.add(id)
    }

    async function tell(request: Promise<Answer>): Promise<Answer> {
      const answer = await request
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      return answer
    }

    test('the clients are told success, a conflict, or to come back', () => {
      expect([...statuses.keys()].filter((status) => !ALLOWED.includes(status))).toEqual([])
      const lost = gateway.log.filter(({ msg }) => msg === 'lost a connection to the directory')
      expect(lost.length).toBeGreaterThanOrEqual(KILLS)
    })

    test('no write that was acknowledged is lost, and none comes back', async () => {
      const stored = new Map<string, Json>()
      const page = '/Users?count=1000&attributes=userName,title'
      for (let start = 1; ;) {
        const { status, body } = await gateway.get(`${page}&startIndex=${start}`)
        expect(status).toBe(200)
        for (const user of body.Resources ?? []) stored.set(user.id, user)
        start += body.itemsPerPage as number
        if (start > body.totalResults) break
      }
      for (const [id, { userName, title }] of users) {
        if (deleted.has(id)) expect(stored.has(id), `${userName} was deleted`).toBe(false)
        else if (!doubtful.has(id)) expect(stored.get(id)).toMatchObject({ userName, title })
      }
      const names = [...stored.values()].map(({ userName }) => userName)
      expect(new Set(names).size).toBe(names.length)
    })

    test('every member that was acknowledged is in the group', async () => {
      const { body } = await gateway.get(`/Groups/${group}`)
      const found = new Set(idsOf(body.members))
      expect([...members].filter((id) => !found.has(id))).toEqual([])
    })

    test('the gateway is ready again', async () => {
      expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(200)
    })
  })
}
