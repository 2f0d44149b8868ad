import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import { plain } from '../../src/demo/entries.ts'
import type { NewEntry } from '../../src/demo/ldif.ts'
import { childOf, parseDn, printDn } from '../../src/ldap/dn.ts'
import type { Answer, Json } from '../support/gateway.ts'
import type { GatewayProcess } from '../support/gateway-process.ts'
import { startGatewayProcess } from '../support/gateway-process.ts'
import type { Hop } from '../support/hop.ts'
import { startHop } from '../support/hop.ts'
import { filtered, idsOf, patchOf } from './subject.ts'

/** Groups that one user is in. */
const GROUPS = 500
/** Members that come and go at once. */
const AT_ONCE = 1000
/** What the answers about them may be large, in bytes; the members of a large group are more. */
const SMALL = 600_000
/** How long others may wait while a large group is shown, in ms; or that part of its time, where the machine is slow. */
const DELAY = 1_000
const SHARE = 1 / 4

export interface LargeOptions {
  /** Of the group. */
  readonly members: number
  /** DNs whose entries one search finds, where a search does not bring them along. */
  readonly dnsPerSearch?: number
  /** The mapping's file. */
  readonly mapping: string
  /** How much more memory the process may ever have had after it showed the group, in bytes. */
  readonly memory: number
  start(suffix: string, entries: readonly NewEntry[]): Promise<RunningDirectory>
}

/** What a group with many members costs on every directory. */
export function largeGroups(name: string, options: LargeOptions): void {
  const { members, dnsPerSearch, mapping, memory } = options
  describe(name, () => {
    let server: RunningDirectory
    let hop: Hop
    let gateway: GatewayProcess
    /** The large group and a small one. */
    let [large, small] = ['', '']
    let people: readonly Json[]

    const naming = (references: number) =>
      dnsPerSearch === undefined ? 0 : Math.ceil(references / dnsPerSearch)

    beforeAll(async () => {
      const suffix = 'dc=example,dc=test'
      server = await options.start(suffix, sampleOf(suffix, members))
      hop = await startHop(server.url)
      gateway = await startGatewayProcess({ ...server, url: hop.url }, { mapping })
      const idOf = async (displayName: string) => {
        const path = filtered('/Groups', `displayName eq "${displayName}"`)
        return (await gateway.get(`${path}&excludedAttributes=members`)).body.Resources[0].id
      }
      ;[large, small] = [`/Groups/${await idOf('large')}`, `/Groups/${await idOf('small')}`]
      // As few of the large group as fill a page, or all of a smaller one.
      const some = `userName sw "${members < 100_000 ? 'member' : 'member99'}"`
      // Nobody who is in the small group: ids are in no order on Active Directory.
      const filter = `${some} and displayName ne "Member ${members - 1}"`
      const query = `count=${AT_ONCE}&attributes=userName`
      const page = await gateway.get(filtered('/Users', filter, `&${query}`))
      expect(page.body.Resources).toHaveLength(AT_ONCE)
      people = page.body.Resources
    }, 600_000)
    afterAll(async () => {
      await gateway.stop()
      await hop.stop()
      await server.stop()
    })

    for (const count of [1, AT_ONCE]) {
      it(`PATCHes of ${count} of its members cost 2, and read none of the others`, async () => {
        const value = people.slice(0, count).map(({ id }) => ({ value: id }))
        for (const path of [small, large]) {
          for (const op of path === small ? ['add', 'remove'] : ['remove', 'add']) {
            const before = hop.bytes
            const operation = patchOf({ op, path: 'members', value })
            expect((await costing(2, () => gateway.patch(path, operation))).status).toBe(204)
            expect(hop.bytes - before).toBeLessThan(SMALL)
            const filter = `members.value eq "${people[0]?.id}"`
            const found = await gateway.get(`${filtered('/Groups', filter)}&attributes=displayName`)
            const names = (found.body.Resources as readonly Json[]).map((one) =>
              String(one.displayName),
            )
            expect(names.includes(path === small ? 'small' : 'large')).toBe(op === 'add')
          }
        }
      }, 120_000)
    }

    it('GET without members costs 1, and reads none', async () => {
      const before = hop.bytes
      const { body } = await costing(1, () => gateway.get(`${large}?excludedAttributes=members`))
      expect(body).toMatchObject({ displayName: 'large' })
      expect(body).not.toHaveProperty('members')
      expect(hop.bytes - before).toBeLessThan(SMALL / 10)
    })

    it('a list of groups without members reads none', async () => {
      const before = hop.bytes
      const query = 'excludedAttributes=members&count=10'
      const { body } = await gateway.get(`/Groups?${query}`)
      expect(body.totalResults).toBe(GROUPS + 2)
      expect(hop.bytes - before).toBeLessThan(SMALL)
    })

    it(`GET brings all ${members} members, in little memory, and delays nobody`, async () => {
      const { rss } = await gateway.memory()
      const [answer, longest, took] = await amongOthers(() =>
        costing(1 + naming(members), () => gateway.get(large)),
      )
      const { body } = answer
      expect(new Set(idsOf(body.members)).size).toBe(members)
      expect(body.members).toHaveLength(members)
      for (const { display, type, $ref } of body.members as readonly Json[]) {
        if (!/^Member \d+$/.test(display) || type !== 'User' || !$ref) throw new Error(display)
      }
      expect(body.meta.version).toBe(answer.headers.get('etag'))
      expect(longest).toBeLessThan(Math.max(DELAY, took * SHARE))
      const { peak } = await gateway.memory()
      expect(peak - rss).toBeLessThan(memory)
    }, 60_000)

    it('a list brings it as well, in the same way', async () => {
      const path = filtered('/Groups', 'displayName eq "large"')
      const [{ body }, longest, took] = await amongOthers(() =>
        costing(1 + naming(members), () => gateway.get(path)),
      )
      expect(longest).toBeLessThan(Math.max(DELAY, took * SHARE))
      expect(body.Resources[0].members).toHaveLength(members)
    }, 60_000)

    it(`GET of a user in ${GROUPS} groups costs ${1 + naming(GROUPS)}`, async () => {
      const path = filtered('/Users', 'displayName eq "Member 0"')
      const { body } = await costing(1 + naming(GROUPS), () => gateway.get(path))
      const groups: readonly Json[] = body.Resources[0].groups
      expect(groups.filter(({ display }) => /^team \d+$/.test(display))).toHaveLength(GROUPS)
    })

    /** That a request needs at most so many LDAP operations, as the gateway's log says. */
    async function costing(most: number, request: () => Promise<Answer>): Promise<Answer> {
      const answer = await request()
      const id = answer.headers.get('x-request-id')
      const line = () =>
        gateway.log.find((each) => each.requestId === id && each.ldapOperations !== undefined)
      await expect.poll(line).toBeDefined()
      expect(line()?.ldapOperations).toBeLessThanOrEqual(most)
      return answer
    }

    /** Sends small requests as well, one after the other; tells how long the slowest took, and this one. */
    async function amongOthers<T>(
      request: () => Promise<T>,
    ): Promise<readonly [T, number, number]> {
      let [going, longest] = [true, 0]
      const asking = (async () => {
        while (going) {
          for (const path of ['/ServiceProviderConfig', `/Users/${people[7]?.id}`]) {
            const begun = performance.now()
            expect((await gateway.get(path)).status).toBe(200)
            longest = Math.max(longest, performance.now() - begun)
          }
          await setTimeout(5)
        }
      })()
      const begun = performance.now()
      let took = 0
      const answer = await request().finally(() => {
        took = performance.now() - begun
        going = false
        return asking
      })
      return [answer, longest, took]
    }
  })
}

/** People, the large group of all of them, a small one, and teams that the first one is in. */
function sampleOf(suffix: string, members: number): readonly NewEntry[] {
  const dnIn = (ou: string, type: string, value: string) =>
    childOf(parseDn(`ou=${ou},${suffix}`), [{ type, value }])
  const people = Array.from({ length: members }, (_, index) => {
    const uid = `member${index}`
    return plain(dnIn('people', 'uid', uid), {
      objectClass: 'inetOrgPerson',
      ...{ uid, cn: uid, sn: 'Member', displayName: `Member ${index}` },
    })
  })
  const group = (cn: string, member: readonly string[]) =>
    plain(dnIn('groups', 'cn', cn), { objectClass: 'groupOfNames', cn, member })
  const dns = people.map(({ dn }) => printDn(dn))
  return [
    ...people,
    group('large', dns),
    group('small', dns.slice(-1)),
    ...Array.from({ length: GROUPS }, (_, index) => group(`team ${index}`, dns.slice(0, 1))),
  ]
}
