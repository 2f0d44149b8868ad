import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import type { NewEntry } from '../../src/demo/ldif.ts'
import { groups as sampleGroups, people } from '../../src/demo/people.ts'
import type { Answer, Json, TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { ENTERPRISE, filtered, freshName, fullUser, patchOf, smallUser } from './subject.ts'

/** How many people there are, and how many of them are in the group of all. */
const PEOPLE = 1000
const PAGE = 100

/** A directory whose operations are counted. */
export interface Metered {
  readonly server: RunningDirectory
  /** The mapping's file. */
  readonly mapping: string
  /** What a server lacks that would spare operations. */
  readonly lacks?: {
    /** What it costs to learn what became of an entry, where a write cannot tell. */
    readonly readingBack: number
    /** DNs whose entries one search finds, where a search does not bring them along. */
    readonly dnsPerSearch: number
    /** What it costs to learn whether a name that the mapping counts is taken. */
    readonly counting: number
  }
  /** How many operations the server itself has counted since it started, where it tells. */
  initiated?(): Promise<number>
}

/** What a request may cost in LDAP operations on every directory. */
export function budget(
  name: string,
  start: (suffix: string, entries: readonly NewEntry[]) => Promise<Metered>,
): void {
  describe(name, () => {
    let metered: Metered
    let gateway: TestGateway
    /** People, and the group that has them all as members. */
    let sample: readonly Json[]
    let everyone: string

    /** A write that answers with the resource. */
    const answered = (operations: number) => operations + (metered.lacks?.readingBack ?? 0)
    /** What it costs to name the references of a resource, so many of them. */
    const naming = (references: number) =>
      metered.lacks === undefined ? 0 : Math.ceil(references / metered.lacks.dnsPerSearch)

    beforeAll(async () => {
      const suffix = 'dc=example,dc=test'
      const entries = people(suffix, PEOPLE)
      const [all] = sampleGroups(suffix, entries)
      metered = await start(suffix, [...entries, ...(all ? [all] : [])])
      gateway = await startGateway(metered.server, { mapping: metered.mapping })
      sample = (await gateway.get('/Users?count=10')).body.Resources
      everyone = (await gateway.get('/Groups?attributes=displayName')).body.Resources[0].id
    })
    afterAll(async () => {
      await gateway.stop()
      await metered.server.stop()
    })

    it('GET by id costs 1 operation', async () => {
      await expectCost(1 + naming(1), () => gateway.get(`/Users/${sample[0].id}`))
    })

    it('GET with userName eq costs 1', async () => {
      const filter = `userName eq "${sample[1].userName}"`
      const cost = 1 + naming(1)
      const [answer] = await expectCost(cost, () => gateway.get(filtered('/Users', filter)))
      expect(answer?.body.totalResults).toBe(1)
    })

    it('GET with a filter that finds nothing costs 1', async () => {
      await expectCost(1, () => gateway.get(filtered('/Users', 'userName eq "nobody"')))
    })

    it('GET of a group with 1,000 members costs 1, names included', async () => {
      const cost = 1 + naming(PEOPLE)
      const [answer] = await expectCost(cost, () => gateway.get(`/Groups/${everyone}`))
      expect(answer?.body.members).toHaveLength(PEOPLE)
      for (const member of answer?.body.members as readonly Json[]) {
        expect(member).toHaveProperty('display')
      }
    })

    it('GET of a group without its members costs 1', async () => {
      await expectCost(1, () => gateway.get(`/Groups/${everyone}?excludedAttributes=members`))
    })

    it('POST of a user costs 2, with a manager too', async () => {
      const cost = answered(2) + (metered.lacks?.counting ?? 0)
      await expectCost(cost, () => gateway.post('/Users', fullUser()))
      const manager = { value: sample[0].id }
      await expectCost(cost, () => gateway.post('/Users', fullUser({ [ENTERPRISE]: { manager } })))
    })

    it('a POST of a taken userName costs 1', async () => {
      await expectCost(
        1,
        () => gateway.post('/Users', smallUser({ userName: sample[0].userName })),
        409,
      )
    })

    it('PATCH of a user’s attributes costs 2', async () => {
      const operations = [
        { op: 'Replace', path: 'title', value: 'new' },
        { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+44 20 7946 0001' },
        { op: 'Replace', path: 'active', value: 'False' },
        { op: 'replace', value: { 'name.givenName': 'New' } },
      ]
      const path = `/Users/${sample[2].id}`
      const cost = answered(2) + naming(1)
      await expectCost(cost, () => gateway.patch(path, patchOf(...operations)))
    })

    it('a PATCH that sets a manager costs 2', async () => {
      const operation = { op: 'add', path: `${ENTERPRISE}:manager`, value: sample[3].id }
      const path = `/Users/${sample[4].id}`
      await expectCost(answered(2) + naming(1), () => gateway.patch(path, patchOf(operation)))
    })

    it('a PATCH that changes nothing costs 1', async () => {
      const operation = { op: 'replace', path: 'title', value: sample[5].title }
      const path = `/Users/${sample[5].id}`
      await expectCost(1 + naming(1), () => gateway.patch(path, patchOf(operation)))
    })

    it('PUT of a user costs 2', async () => {
      // Nothing that names the entry: a rename is an operation more.
      const body = { ...sample[6], title: 'new', preferredLanguage: 'sv-SE' }
      const cost = answered(2) + naming(1)
      await expectCost(cost, () => gateway.put(`/Users/${sample[6].id}`, body))
    })

    it('PATCH that adds or removes members costs 2, whatever the group’s size', async () => {
      const created = await Promise.all(
        Array.from({ length: 20 }, () => gateway.post('/Users', smallUser())),
      )
      const value = created.map(({ body }) => ({ value: body.id }))
      const path = `/Groups/${everyone}`
      const byFilter = value.map((one) => ({
        op: 'remove',
        path: `members[value eq "${one.value}"]`,
      }))
      for (const operations of [
        [{ op: 'add', path: 'members', value }],
        [{ op: 'remove', path: 'members', value }],
        [{ op: 'add', value: { members: value } }],
        byFilter,
      ]) {
        await expectCost(2, () => gateway.patch(path, patchOf(...operations)), 204)
      }
    })

    it('DELETE costs 3', async () => {
      const { body } = await gateway.post('/Users', smallUser())
      await expectCost(3, () => gateway.delete(`/Users/${body.id}`), 204)
    })

    it('DELETE of a member costs 3: the server minds references', async () => {
      const { body: user } = await gateway.post('/Users', smallUser())
      // The last member of a groupOfNames the server replaces later, in the background.
      const members = [{ value: user.id }, { value: sample[7].id }]
      const group = { displayName: freshName('group'), members }
      await expectCost(answered(2), () => gateway.post('/Groups', group), 201)
      await expectCost(3, () => gateway.delete(`/Users/${user.id}`), 204)
    })

    it('listing N users in pages of 100 costs at most N/1000 + N/100 + 2', async () => {
      const total = (await gateway.get('/Users?count=0')).body.totalResults as number
      const seen = new Set<string>()
      const most = Math.floor(total / 1000 + total / PAGE + 2)
      await expectCost(most + Math.ceil(total / PAGE) * naming(1), async () => {
        const answers: Answer[] = []
        for (let startIndex = 1; startIndex <= total; startIndex += PAGE) {
          const answer = await gateway.get(`/Users?startIndex=${startIndex}&count=${PAGE}`)
          expect(answer.body.totalResults).toBe(total)
          for (const { id } of answer.body.Resources) seen.add(id)
          answers.push(answer)
        }
        return answers
      })
      expect(seen.size).toBe(total)
    })

    it('a list that fits one page costs 1, its groups and managers named', async () => {
      const filter = `${ENTERPRISE}:department eq "Sales" and userType eq "Contractor"`
      const cost = 1 + naming(10)
      const [answer] = await expectCost(cost, () => gateway.get(filtered('/Users', filter)))
      expect(answer?.body.totalResults).toBeGreaterThan(10)
      for (const { groups, [ENTERPRISE]: enterprise } of answer?.body
        .Resources as readonly Json[]) {
        // Some are in another one, too.
        expect(groups).toContainEqual(expect.objectContaining({ display: 'Everyone' }))
        expect(enterprise.manager).toHaveProperty('displayName')
      }
    })

    /**
     * That requests need at most so many LDAP operations, as many as the gateway's log says and, where
     * it tells, the server counts.
     */
    async function expectCost(
      most: number,
      requests: () => Promise<Answer | readonly Answer[]>,
      status?: number,
    ): Promise<readonly Answer[]> {
      const line = gateway.log.length
      const before = await metered.initiated?.()
      const answers = [await requests()].flat()
      const after = await metered.initiated?.()
      for (const answer of answers) {
        if (status === undefined) expect(answer.status).toBeLessThan(300)
        else expect(answer.status).toBe(status)
      }
      const logged = () =>
        gateway.log
          .slice(line)
          .flatMap(({ ldapOperations }) => (ldapOperations as number | undefined) ?? [])
      await expect.poll(logged).toHaveLength(answers.length)
      const sum = logged().reduce((total, operations) => total + operations, 0)
      if (before !== undefined && after !== undefined) {
        const counted = after - before - (await costOfCounting())
        expect({ logged: sum, counted }).toEqual({ logged: counted, counted })
      }
      expect(sum).toBeLessThanOrEqual(most)
      return answers
    }

    /** What one look at the server's counters adds to them. */
    async function costOfCounting(): Promise<number> {
      const before = (await metered.initiated?.()) ?? 0
      return ((await metered.initiated?.()) ?? 0) - before
    }
  })
}
