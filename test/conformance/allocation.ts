import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import type { Answer, TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { ldapread, ldapsearch } from '../support/ldapsearch.ts'
import { expectError, freshName, smallUser } from './subject.ts'

const POSIX = 'urn:acme:Posix'

/** A directory in which numbers are given. */
export interface Counting {
  readonly server: RunningDirectory
  readonly dialect: string
  /** What it costs to be given a number: the counting, and the look whether somebody has it. */
  readonly cost: number
}

const COUNTERS = `dn: ou=counters,BASE
changetype: add
objectClass: organizationalUnit
ou: counters

`

interface Range {
  readonly counter?: string
  readonly from?: number
  readonly to?: number
  readonly mutability?: 'readOnly' | 'immutable'
}

/** That new entries are given numbers of their own, on every directory. */
export function allocation(name: string, start: () => Promise<Counting>): void {
  describe(name, () => {
    const folder = mkdtempSync(join(tmpdir(), 'scim2ldap-'))
    const gateways: TestGateway[] = []
    let counting: Counting

    beforeAll(async () => {
      counting = await start()
      await apply(COUNTERS)
      await makeCounter('next', 10_000)
    })
    afterAll(async () => {
      await Promise.all(gateways.map((gateway) => gateway.stop()))
      await counting.server.stop()
      rmSync(folder, { recursive: true })
    })

    const apply = (ldif: string) =>
      ldapmodify(counting.server, ldif.replaceAll('BASE', counting.server.suffix))
    const makeCounter = (cn: string, next?: number) =>
      apply(
        `dn: cn=${cn},ou=counters,BASE\nchangetype: add\nobjectClass: organizationalRole\n` +
          `objectClass: extensibleObject\ncn: ${cn}\n${next === undefined ? '' : `uidNumber: ${next}\n`}\n`,
      )
    const setCounter = (cn: string, next: number) =>
      apply(
        `dn: cn=${cn},ou=counters,BASE\nchangetype: modify\nreplace: uidNumber\nuidNumber: ${next}\n\n`,
      )
    const stateOf = async (cn: string) => {
      const dn = `cn=${cn},ou=counters,${counting.server.suffix}`
      return Number((await ldapread(counting.server, dn, ['uidNumber']))?.attributes.uidNumber?.[0])
    }
    const gatewayWith = async (range: Range = {}) => {
      const mapping = join(folder, `${freshName()}.yaml`)
      writeFileSync(mapping, mappingOf(counting.dialect, range))
      const gateway = await startGateway(counting.server, { mapping })
      gateways.push(gateway)
      return gateway
    }
    const numberOf = ({ status, body }: Answer) => {
      expect({ status, detail: body.detail }).toEqual({ status: 201, detail: undefined })
      return body[POSIX].uidNumber as number
    }

    it('201 POSTs at once, over three gateways, are given 201 numbers', async () => {
      const replicas = [await gatewayWith(), await gatewayWith(), await gatewayWith()]
      const posts = Array.from({ length: 67 }, () => smallUser)
      const answers = await Promise.all(
        replicas.flatMap((gateway) => posts.map((body) => gateway.post('/Users', body()))),
      )
      const numbers = answers.map(numberOf)
      expect(new Set(numbers).size).toBe(201)
      expect(Math.min(...numbers)).toBe(10_000)
      const entries = await ldapsearch(counting.server, {
        base: `ou=people,${counting.server.suffix}`,
        scope: 'one',
        attributes: ['uidNumber', 'gidNumber'],
      })
      const stored = entries.map(({ attributes }) => Number(attributes.uidNumber?.[0]))
      expect(stored.sort()).toEqual([...numbers].sort())
      // A template reads the number that was given.
      for (const { attributes } of entries) {
        expect(attributes.gidNumber).toEqual(attributes.uidNumber)
      }
      expect(await stateOf('next')).toBe(Math.max(...numbers) + 1)
    })

    it('a number costs the counting, and one search whether anybody has it', async () => {
      const gateway = await gatewayWith()
      await gateway.post('/Users', smallUser())
      const line = gateway.log.length
      numberOf(await gateway.post('/Users', smallUser()))
      const operations = () =>
        gateway.log
          .slice(line)
          .flatMap(({ ldapOperations }) => (ldapOperations as number | undefined) ?? [])
      await expect.poll(operations).toEqual([2 + counting.cost])
    })

    it('is not the client’s to choose or to change where it is readOnly', async () => {
      const gateway = await gatewayWith()
      const sent = smallUser({ [POSIX]: { uidNumber: 0 } })
      const made = await gateway.post('/Users', sent)
      const number = numberOf(made)
      expect(number).toBeGreaterThanOrEqual(10_000)
      const { id } = made.body
      for (const body of [sent, smallUser({ userName: sent.userName })]) {
        const put = await gateway.put(`/Users/${id}`, body)
        expect([put.status, put.body[POSIX].uidNumber]).toEqual([200, number])
      }
    })

    it('one that was given is not given again, when its user is gone', async () => {
      const gateway = await gatewayWith()
      const made = await gateway.post('/Users', smallUser())
      const number = numberOf(made)
      expect((await gateway.delete(`/Users/${made.body.id}`)).status).toBe(204)
      expect(numberOf(await gateway.post('/Users', smallUser()))).toBe(number + 1)
    })

    it('what is refused anyway takes none', async () => {
      const gateway = await gatewayWith()
      const { body: taken } = await gateway.post('/Users', smallUser())
      const before = await stateOf('next')
      const again = await gateway.post('/Users', smallUser({ userName: taken.userName }))
      expectError(again, { status: 409, scimType: 'uniqueness' })
      const manager = { value: 'nobody' }
      const unknown = await gateway.post('/Users', smallUser({ [ENTERPRISE]: { manager } }))
      expectError(unknown, { status: 400, scimType: 'invalidValue', detail: /manager/ })
      expect(await stateOf('next')).toBe(before)
    })

    it('a counter that lags behind gives none that an entry has, wherever that is', async () => {
      const gateway = await gatewayWith({ counter: 'lagging', from: 20_000, to: 29_999 })
      await makeCounter('lagging', 1)
      // Five in scope, and forty that are no users of the gateway.
      for (let number = 20_000; number < 20_005; number++) {
        expect(numberOf(await gateway.post('/Users', smallUser()))).toBe(number)
      }
      const outside = Array.from(
        { length: 40 },
        (_, index) =>
          `dn: cn=other-${index},BASE\nchangetype: add\nobjectClass: organizationalRole\n` +
          `objectClass: extensibleObject\ncn: other-${index}\nuidNumber: ${20_005 + index}\n\n`,
      )
      await apply(outside.join(''))
      await setCounter('lagging', 20_000)
      const line = gateway.log.length
      expect(numberOf(await gateway.post('/Users', smallUser()))).toBe(20_045)
      expect(gateway.log.slice(line)).toContainEqual(
        expect.objectContaining({
          counter: `cn=lagging,ou=counters,${counting.server.suffix}`,
          msg: expect.stringContaining('lags behind'),
        }),
      )
      expect(numberOf(await gateway.post('/Users', smallUser()))).toBe(20_046)
      await setCounter('lagging', 20_003)
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => gateway.post('/Users', smallUser())),
      )
      const numbers = answers.map(numberOf)
      expect(new Set(numbers).size).toBe(20)
      expect(Math.min(...numbers)).toBe(20_047)
    })

    it('a client may choose one of the range that nobody has, where it is immutable', async () => {
      const range = {
        counter: 'chosen',
        from: 30_000,
        to: 30_099,
        mutability: 'immutable',
      } as const
      const gateway = await gatewayWith(range)
      await makeCounter('chosen', 30_000)
      const post = (uidNumber: number) =>
        gateway.post('/Users', smallUser({ [POSIX]: { uidNumber } }))
      const made = await post(30_001)
      expect(numberOf(made)).toBe(30_001)
      for (const uidNumber of [0, 29_999, 30_100]) {
        expectError(await post(uidNumber), {
          status: 400,
          scimType: 'invalidValue',
          detail: /Posix:uidNumber must be from 30000 to 30099/,
        })
      }
      await apply(
        'dn: cn=service,BASE\nchangetype: add\nobjectClass: organizationalRole\nobjectClass: extensibleObject\ncn: service\nuidNumber: 30003\n\n',
      )
      for (const uidNumber of [30_001, 30_003]) {
        const answer = await post(uidNumber)
        expectError(answer, { status: 409, scimType: 'uniqueness', detail: /Posix:uidNumber/ })
      }
      // Chosen ones are passed over.
      const given = [
        await gateway.post('/Users', smallUser()),
        await gateway.post('/Users', smallUser()),
      ]
      expect(given.map(numberOf)).toEqual([30_000, 30_002])
      const { id, userName } = made.body
      const put = await gateway.put(`/Users/${id}`, smallUser({ userName }))
      expect([put.status, put.body[POSIX]?.uidNumber]).toEqual([200, 30_001])
      const changed = smallUser({ userName, [POSIX]: { uidNumber: 30_005 } })
      expectError(await gateway.put(`/Users/${id}`, changed), {
        status: 400,
        scimType: 'mutability',
      })
    })

    it('a range that is used up is told, and the counter stays', async () => {
      const gateway = await gatewayWith({ counter: 'small', from: 40_000, to: 40_001 })
      await makeCounter('small', 40_000)
      for (const number of [40_000, 40_001]) {
        expect(numberOf(await gateway.post('/Users', smallUser()))).toBe(number)
      }
      for (let tries = 0; tries < 3; tries++) {
        await expectNone(gateway, /no number left/, /every number of the range/)
      }
      expect(await stateOf('small')).toBe(40_002)
      // The next one by the counter is free, the rest of the range is not.
      await setCounter('small', 40_000)
      await expectNone(gateway, /no number left/, /every number of the range/)
    })

    it('a counter that is not there, or has no number, is told', async () => {
      const missing = await gatewayWith({ counter: 'missing' })
      await expectNone(missing, /no counter/, /not in the directory/)
      await makeCounter('empty')
      const empty = await gatewayWith({ counter: 'empty' })
      await expectNone(empty, /no counter/, /has no number/)
    })

    /** That the client is told that no number can be given, the operator why, and nothing is made. */
    async function expectNone(gateway: TestGateway, detail: RegExp, line: RegExp): Promise<void> {
      const before = gateway.log.length
      const body = smallUser()
      const answer = await gateway.post('/Users', body)
      expectError(answer, { status: 500, detail })
      expect(answer.body.detail).toContain(`${POSIX}:uidNumber cannot be given`)
      const lines = () => gateway.log.slice(before).filter(({ level }) => (level as number) >= 50)
      await expect.poll(lines).toContainEqual(
        expect.objectContaining({
          counter: expect.stringContaining(`,ou=counters,${counting.server.suffix}`),
          attribute: 'uidNumber',
          msg: expect.stringMatching(line),
        }),
      )
      const dn = `uid=${body.userName},ou=people,${counting.server.suffix}`
      expect(await ldapread(counting.server, dn, ['uid'])).toBeUndefined()
    }
  })
}

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

function mappingOf(
  dialect: string,
  { counter = 'next', from = 10_000, to = 19_999, mutability = 'readOnly' }: Range,
): string {
  return `dialect: ${dialect}
schemas:
  posix:
    id: ${POSIX}
    name: Posix
    attributes:
      uidNumber: { type: integer, mutability: ${mutability} }
resources:
  User:
    base: ou=people,{{ suffix }}
    filter: (objectClass=posixAccount)
    dn: uid={{ userName }},ou=people,{{ suffix }}
    objectClass: [inetOrgPerson, posixAccount]
    attributes:
      userName: uid
      name.familyName: { ldap: sn, default: '{{ userName }}' }
      name.formatted: { ldap: cn, default: '{{ userName }}' }
      enterprise.manager: { reference: User, ldap: manager }
      posix.uidNumber:
        ldap: uidNumber
        allocate: { counter: 'cn=${counter},ou=counters,{{ suffix }}', from: ${from}, to: ${to} }
    write:
      gidNumber: { on: create, value: '{{ posix.uidNumber }}' }
      homeDirectory: { on: create, value: '/home/{{ posix.uidNumber }}' }
`
}
