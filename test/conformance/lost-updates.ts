import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answer, Json, TestGateway } from '../support/gateway.ts'
import { Register } from '../support/register.ts'
import {
  ENTERPRISE,
  expectStored,
  freshName,
  groupBody,
  idsOf,
  makeGroup,
  makeUser,
  patchOf,
  smallUser,
} from './subject.ts'
import type { Subject, SubjectOf } from './subject.ts'

const REPLICAS = 4
const PATCHES = 200
const PUTS = 10
const PEOPLE = 60
/** Clients that send one request after the other. */
const CLIENTS = 20

/** An attribute of users that takes as many values as there are, and its values. */
export interface Many {
  readonly attribute: string
  value(index: number): string
}

/** Has many clients send requests, each client one after the other. */
type InTurns = (
  send: (gateway: TestGateway, client: number, round: number) => Promise<void>,
) => Promise<void>

export const ROLES: Many = { attribute: 'roles', value: (index) => `role ${index}` }

/** That writers from several replicas lose nothing, whatever they write at the same time. */
export function lostUpdates(
  name: string,
  many: Many,
  start: () => Promise<Subject>,
  more: (subjectOf: SubjectOf, inTurns: InTurns) => void = () => {},
): void {
  describe(name, () => {
    let subject: Subject
    let replicas: readonly TestGateway[]
    let people: readonly Json[]

    beforeAll(async () => {
      subject = await start()
      const others = Array.from({ length: REPLICAS - 1 }, () => subject.anotherGateway())
      replicas = [subject.gateway, ...(await Promise.all(others))]
      people = await Promise.all(Array.from({ length: PEOPLE }, () => makeUser(subject)))
    })
    afterAll(() => subject.stop())

    it(`${PATCHES} PATCHes of one group at once, with PUTs in between`, async () => {
      const [coming, going] = [people.slice(0, 45), people.slice(45)]
      const group = await makeGroup(subject, going)
      const path = `/Groups/${group.id}`
      const names = Array.from({ length: 10 }, () => freshName('renamed'))
      const operations = [
        // Who comes is added again and again, who goes removed.
        ...[...coming, ...coming, ...coming].map(({ id }) => ({
          op: 'add',
          path: 'members',
          value: [{ value: id }],
        })),
        ...going.map(({ id }) => ({ op: 'remove', path: `members[value eq "${id}"]` })),
        ...names.map((value) => ({ op: 'replace', path: 'displayName', value })),
        ...numbered(40).map((value) => ({ op: 'replace', path: 'externalId', value })),
      ]
      expect(operations).toHaveLength(PATCHES)
      // What they say of members is what the PATCHes say of them in the end.
      const bodies = numbered(PUTS).map((externalId) => ({
        ...groupBody(group.displayName, coming),
        externalId: `put ${externalId}`,
      }))
      const answers = await atOnce(operations, bodies, path)
      expect(countsOf(answers)).toEqual({ 200: PUTS, 204: PATCHES })
      const { body } = await subject.gateway.get(path)
      expect(idsOf(body.members)).toEqual(coming.map(({ id }) => id).sort())
      expect([group.displayName, ...names]).toContain(body.displayName)
      expect([...numbered(40), ...bodies.map((put) => put.externalId)]).toContain(body.externalId)
      expect(await subject.membersOf(body.displayName)).toEqual(
        coming.map(({ userName }) => subject.normalDn(subject.userDn(userName))).sort(),
      )
    })

    it(`${PATCHES} PATCHes of one user at once, with PUTs in between`, async () => {
      const value = (index: number) => ({ value: many.value(index) })
      const indexes = Array.from({ length: 140 }, (_, index) => index)
      const [coming, going] = [indexes.slice(0, 100).map(value), indexes.slice(100).map(value)]
      const user = await makeUser(subject, smallUser({ title: 'old', [many.attribute]: going }))
      const path = `/Users/${user.id}`
      const names = Array.from({ length: 10 }, () => freshName('renamed'))
      const singles = [
        'title',
        'name.givenName',
        'emails[type eq "work"].value',
        `${ENTERPRISE}:department`,
      ]
      const operations = [
        ...coming.map((one) => ({ op: 'add', path: many.attribute, value: [one] })),
        ...going.map((one) => ({
          op: 'remove',
          path: `${many.attribute}[value eq "${one.value}"]`,
        })),
        ...names.map((name) => ({ op: 'replace', path: 'userName', value: name })),
        ...Array.from({ length: 40 }, (_, index) => ({
          op: 'add',
          path: singles[index % singles.length],
          value: `v${index}@example.com`,
        })),
        ...Array.from({ length: 10 }, (_, index) => ({
          op: 'replace',
          path: 'active',
          value: index % 2 === 1,
        })),
      ]
      expect(operations).toHaveLength(PATCHES)
      const bodies = Array.from({ length: PUTS }, (_, index) =>
        smallUser({
          userName: user.userName,
          title: `v4${index}0@example.com`,
          [many.attribute]: coming,
        }),
      )
      const answers = await atOnce(operations, bodies, path)
      expect(countsOf(answers)).toEqual({ 200: PATCHES + PUTS })
      const { body } = await subject.gateway.get(path)
      expect(valuesOf(body[many.attribute])).toEqual(valuesOf(coming))
      expect([user.userName, ...names]).toContain(body.userName)
      expect(body.title).toMatch(/^v\d+@example\.com$/)
      await expectStored(subject, body)
    })

    it('members are in or out as whoever came last said', async () => {
      const [base, ids] = [people.slice(0, 30), people.map(({ id }) => String(id))]
      const group = await makeGroup(subject, base)
      const path = `/Groups/${group.id}`
      const whole = groupBody(group.displayName, base)
      const isBase = new Set(idsOf(base.map(({ id }) => ({ value: id }))))
      const registers = new Map(ids.map((id) => [id, new Register(isBase.has(id))]))
      await inTurns(async (gateway, client, round) => {
        const from = performance.now()
        const note = (id: string, isIn: boolean) =>
          registers.get(id)?.note(isIn, from, performance.now())
        if (client === 0) {
          expect((await gateway.put(path, whole)).status).toBe(200)
          for (const id of ids) note(id, isBase.has(id))
          return
        }
        const id = ids[(client * 7 + round * 11) % ids.length] ?? ''
        const add = (client + round) % 2 === 0
        const operation = { op: add ? 'add' : 'remove', path: 'members', value: [{ value: id }] }
        expect((await gateway.patch(path, patchOf(operation))).status).toBe(204)
        note(id, add)
      })
      const members = new Set(idsOf((await subject.gateway.get(path)).body.members))
      for (const [id, { possible }] of registers) expect(possible).toContain(members.has(id))
    })

    it('attributes have the value of whoever came last', async () => {
      const user = await makeUser(subject, smallUser({ title: 'old', active: true }))
      const path = `/Users/${user.id}`
      const read: Readonly<Record<string, (body: Json) => unknown>> = {
        userName: (body) => body.userName,
        title: (body) => body.title,
        'name.givenName': (body) => body.name.givenName,
        'name.familyName': (body) => body.name.familyName,
        displayName: (body) => body.displayName,
        'emails[type eq "work"].value': (body) => body.emails?.[0].value,
        'phoneNumbers[type eq "mobile"].value': (body) => body.phoneNumbers?.[0].value,
        [`${ENTERPRISE}:department`]: (body) => body[ENTERPRISE]?.department,
        active: (body) => body.active,
      }
      const paths = Object.keys(read)
      const registers = new Map(paths.map((name) => [name, new Register(read[name]?.(user))]))
      await inTurns(async (gateway, client, round) => {
        const from = performance.now()
        const note = (name: string, value: unknown) =>
          registers.get(name)?.note(value, from, performance.now())
        if (client === 0) {
          const body = smallUser({ title: `put ${round}`, active: round % 2 === 0 })
          const answer = await gateway.put(path, body)
          expect(answer.status).toBe(200)
          for (const name of paths) note(name, read[name]?.(body))
          return
        }
        const name = paths[(client + round) % paths.length] ?? ''
        const value =
          name === 'active' ? (client + round) % 2 === 0 : valueOf(name, client * 10 + round)
        const answer = await gateway.patch(path, patchOf({ op: 'replace', path: name, value }))
        expect(answer.status).toBe(200)
        note(name, value)
      })
      const { body } = await subject.gateway.get(path)
      for (const [name, { possible }] of registers) {
        expect({ name, possible }).toEqual({
          name,
          possible: expect.arrayContaining([read[name]?.(body)]),
        })
      }
      await expectStored(subject, body)
    })

    it('of those who count by If-Match nobody counts in vain', async () => {
      const user = await makeUser(subject, smallUser({ title: '0' }))
      const path = `/Users/${user.id}`
      const [counters, times] = [4, 4]
      let [refused, counting] = [0, counters]
      const count = async (index: number) => {
        for (let done = 0; done < times;) {
          const { headers, body } = await replica(index).get(path)
          const value = String(Number(body.title) + 1)
          const { status } = await replica(index + 1).patch(
            path,
            patchOf({ op: 'replace', path: 'title', value }),
            { 'If-Match': headers.get('etag') ?? '' },
          )
          expect([200, 412]).toContain(status)
          if (status === 200) done++
          else refused++
        }
        counting--
      }
      const disturb = async () => {
        for (let round = 0; counting > 0; round++) {
          const operation = { op: 'replace', path: 'displayName', value: `Disturbed ${round}` }
          expect((await replica(round).patch(path, patchOf(operation))).status).toBe(200)
          await setTimeout(50)
        }
      }
      await Promise.all([
        disturb(),
        ...Array.from({ length: counters }, (_, index) => count(index)),
      ])
      expect((await subject.gateway.get(path)).body.title).toBe(String(counters * times))
      expect(refused).toBeGreaterThan(0)
    })

    more(() => subject, inTurns)

    /** Clients that send one request after the other, each to a replica of its own each time. */
    async function inTurns(send: Parameters<InTurns>[0]): Promise<void> {
      await Promise.all(
        Array.from({ length: CLIENTS }, async (_, client) => {
          for (let round = 0; round < PATCHES / CLIENTS; round++) {
            await send(replica(client + round), client, round)
          }
        }),
      )
    }

    /** All at once, the PATCHes over all replicas, and the PUTs as they are being answered. */
    async function atOnce(
      operations: readonly Json[],
      bodies: readonly Json[],
      path: string,
    ): Promise<readonly Answer[]> {
      let answered = 0
      const puts: Promise<Answer>[] = []
      const patches = operations.map(async (operation, index) => {
        const answer = await replica(index).patch(path, patchOf(operation))
        const next = puts.length
        if (++answered % (PATCHES / 2 / PUTS) === 0 && next < bodies.length) {
          puts.push(replica(next).put(path, bodies[next]))
        }
        return answer
      })
      const answers = await Promise.all(patches)
      return [...answers, ...(await Promise.all(puts))]
    }

    function replica(index: number): TestGateway {
      const gateway = replicas[index % replicas.length]
      if (gateway === undefined) throw new Error('there is no replica')
      return gateway
    }
  })
}

/** A value that every directory takes for what is named so, and that nobody else writes. */
function valueOf(path: string, index: number): string {
  if (path.startsWith('phoneNumbers')) return `+44 20 7946 ${1000 + index}`
  return `value${index}@example.com`
}

function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `number ${index}`)
}

function valuesOf(elements: readonly Json[] | undefined): readonly string[] {
  return (elements ?? []).map(({ value }) => String(value)).sort()
}

/** How many answers have each status. */
function countsOf(answers: readonly Answer[]): Readonly<Record<number, number>> {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
