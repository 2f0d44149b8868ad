import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import { dnKey, parseDn } from '../../src/ldap/dn.ts'
import type { Json, TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { ldapread, ldapsearch } from '../support/ldapsearch.ts'
import {
  ENTERPRISE,
  expectError,
  filtered,
  freshName,
  fullUser,
  groupBody,
  idsOf,
  patchOf,
  smallUser,
} from './subject.ts'

/** A directory, and the mapping that is shipped for it. */
export interface Grounds {
  readonly server: RunningDirectory
  readonly mapping: string
  /** The attribute of accounts that are off, and its value. */
  readonly lock: { readonly attribute: string; readonly value: string }
  /** `ou=leavers` and `ou=external,ou=people` are there. */
  readonly hasPlaces?: true
  /** Called when they are. */
  ready?(): Promise<void>
}

/** How a directory differs from the others here. */
export interface Kind {
  /** LDAP attributes: of the name of a person's entry, of `userName`, of the employee's number. */
  readonly rdn: string
  readonly userName: string
  readonly employeeNumber: string
  /** The directory itself lets nobody have the `userName` of one who has left. */
  readonly holdsNames: boolean
  /** How many operations it takes to see what was written. */
  readonly readingBack: number
}

const INETORGPERSON: Kind = {
  rdn: 'uid',
  userName: 'uid',
  employeeNumber: 'employeeNumber',
  holdsNames: false,
  readingBack: 0,
}

const FOLDER = `dn: ou=NAME,BASE
changetype: add
objectClass: organizationalUnit
ou: NAME

`

/** What a resource's life beyond its making and changing is, on every directory. */
export function lifecycle(
  name: string,
  start: () => Promise<Grounds>,
  kind: Kind = INETORGPERSON,
): void {
  // Where the directory gives nobody the name of one who has left, the question does not arise.
  const itUnlessHeld = it.skipIf(kind.holdsNames)
  const itWhereHeld = it.runIf(kind.holdsNames)

  describe(name, () => {
    const folder = mkdtempSync(join(tmpdir(), 'scim2ldap-'))
    let grounds: Grounds
    let gateway: TestGateway
    let leavers: string
    let people: string

    beforeAll(async () => {
      grounds = await start()
      const { server } = grounds
      leavers = `ou=leavers,${server.suffix}`
      people = `ou=people,${server.suffix}`
      const folderOf = (ou: string, base: string) =>
        FOLDER.replaceAll('NAME', ou).replace('BASE', base)
      if (!grounds.hasPlaces)
        await ldapmodify(server, folderOf('leavers', server.suffix) + folderOf('external', people))
      await grounds.ready?.()
      const mapping = join(folder, 'mapping.yaml')
      writeFileSync(mapping, withLifecycle(readFileSync(grounds.mapping, 'utf8'), kind))
      gateway = await startGateway(server, { mapping })
    })
    afterAll(async () => {
      await gateway.stop()
      await grounds.server.stop()
      rmSync(folder, { recursive: true })
    })

    const make = async (body: Json = smallUser()): Promise<Json> => {
      const answer = await gateway.post('/Users', body)
      expect(answer).toMatchObject({ status: 201 })
      return answer.body
    }
    const makeGroup = async (members: readonly Json[]): Promise<Json> => {
      const answer = await gateway.post('/Groups', groupBody(freshName('group'), members))
      expect(answer).toMatchObject({ status: 201 })
      return answer.body
    }
    const read = (dn: string) => ldapread(grounds.server, dn, ['*', grounds.lock.attribute])
    /** Where an entry of this name is. */
    const nameIn = (base: string) => (userName: string) => `${kind.rdn}=${userName},${base}`
    const staff = (userName: string) => nameIn(people)(userName)
    const leaver = (userName: string) => nameIn(leavers)(userName)
    const membersOf = async ({ id }: Json) =>
      idsOf((await gateway.get(`/Groups/${id}`)).body.members)

    describe('DELETE that moves', () => {
      it('takes the user out of sight, off, and out of its groups, and keeps the entry', async () => {
        const [user, other] = [await make(fullUser()), await make()]
        const alone = await makeGroup([user])
        const both = await makeGroup([user, other])
        expect((await gateway.delete(`/Users/${user.id}`)).status).toBe(204)
        expectError(await gateway.get(`/Users/${user.id}`), { status: 404 })
        expectError(await gateway.delete(`/Users/${user.id}`), { status: 404 })
        const found = await gateway.get(filtered('/Users', `userName eq "${user.userName}"`))
        expect(found.body.totalResults).toBe(0)
        expect(await membersOf(alone)).toEqual([])
        expect(await membersOf(both)).toEqual([other.id])
        const { attribute, value } = grounds.lock
        expect(await read(staff(user.userName))).toBeUndefined()
        const moved = await read(leaver(user.userName))
        expect(moved?.attributes).toMatchObject({
          [kind.userName]: [user.userName],
          sn: [user.name.familyName],
          [attribute]: [value],
        })
        expect(
          await ldapsearch(grounds.server, {
            filter: `(member=${leaver(user.userName)})`,
            attributes: ['1.1'],
          }),
        ).toEqual([])
      })

      it('costs as much whatever the user has, and one more for each group', async () => {
        const cost = async (groups: number) => {
          const [user, other] = [await make(), await make()]
          for (let n = 0; n < groups; n++) await makeGroup([user, other])
          expect((await gateway.delete(`/Users/${user.id}`)).status).toBe(204)
          const line = gateway.log.findLast(({ method }) => method === 'DELETE')
          return line?.ldapOperations as number
        }
        const none = await cost(0)
        expect(none).toBeLessThanOrEqual(5 + kind.readingBack)
        expect(await cost(3)).toBe(none + 3)
      })

      it('minds If-Match', async () => {
        const user = await make()
        const { version } = user.meta
        const path = `/Users/${user.id}`
        const changed = await gateway.patch(
          path,
          patchOf({ op: 'replace', path: 'title', value: 'New' }),
        )
        expect(changed.status).toBe(200)
        expectError(await gateway.delete(path, { 'if-match': version }), { status: 412 })
        expect((await gateway.get(path)).body).toMatchObject({ title: 'New' })
        const current = { 'if-match': changed.body.meta.version as string }
        expect((await gateway.delete(path, current)).status).toBe(204)
        expectError(await gateway.get(path), { status: 404 })
      })

      itUnlessHeld('lets go of two of one name, one after the other', async () => {
        const { userName } = await deleted(await make())
        const second = await withoutRevival(() => make(smallUser({ userName })))
        await deleted(second)
        const found = await ldapsearch(grounds.server, {
          base: leavers,
          filter: `(uid=${userName})`,
        })
        expect(found.map(({ dn }) => dn.toLowerCase()).sort()).toEqual(
          [
            `uid=${userName},${leavers}`,
            `uid=${userName} ${second.id},${leavers}`.toLowerCase(),
          ].sort(),
        )
      })

      it('lets references of others follow, so that they never name who gets the name next', async () => {
        const boss = await make()
        const report = await make(smallUser({ [ENTERPRISE]: { manager: { value: boss.id } } }))
        await deleted(boss)
        const held = async () => (await read(staff(report.userName)))?.attributes.manager
        await until(async () => sameDn((await held())?.[0], leaver(boss.userName)))
        expect((await gateway.get(`/Users/${report.id}`)).body).not.toHaveProperty([
          ENTERPRISE,
          'manager',
        ])
      })

      it('leaves everything as it was where the place to go to is missing', async () => {
        const [user, other] = [await make(), await make()]
        const group = await makeGroup([user, other])
        const answer = await mappedOtherwise('ou=leavers', 'ou=nowhere', () =>
          gateway.delete(`/Users/${user.id}`),
        )
        // Who may not write there is not told either.
        const detail = /go to ou=nowhere,.* does not have|does not let this gateway do that/
        expectError(answer, { status: 500, detail })
        expect((await gateway.get(`/Users/${user.id}`)).body).toMatchObject({
          userName: user.userName,
          active: true,
        })
        expect(await membersOf(group)).toEqual([user.id, other.id].sort())
      })
    })

    describe('POST of one who has left', () => {
      it('brings the entry back: its id, what the client says, and on', async () => {
        const old = fullUser()
        const { id } = await deleted(await make(old))
        const body = smallUser({ userName: old.userName, title: 'Back' })
        const answer = await gateway.post('/Users', body)
        expect(answer).toMatchObject({ status: 201, body: { id, active: true } })
        expect(answer.headers.get('location')).toBe(`${gateway.url}/Users/${id}`)
        expect(await read(leaver(old.userName))).toBeUndefined()
        const shown = (await gateway.get(`/Users/${id}`)).body
        expect(shown).toEqual(answer.body)
        const { schemas: _schemas, ...said } = body
        expect(shown).toMatchObject(said)
        expect(shown).not.toHaveProperty('emails')
        // Immutable, and not spoken of.
        expect(shown[ENTERPRISE]).toEqual({ employeeNumber: old[ENTERPRISE].employeeNumber })
        const again = await gateway.post('/Users', body)
        expectError(again, { status: 409, scimType: 'uniqueness' })
      })

      itUnlessHeld('makes a new one of somebody else with that name', async () => {
        const employee = (employeeNumber: string, more: Json = {}) =>
          smallUser({ [ENTERPRISE]: { employeeNumber }, ...more })
        const old = await deleted(await make(employee('1')))
        const { userName } = old
        const user = await make(employee('2', { userName }))
        expect(user.id).not.toBe(old.id)
        expect((await read(`uid=${userName},${leavers}`))?.attributes.employeeNumber).toEqual(['1'])
      })

      itWhereHeld('is 409 where the directory keeps the name for another', async () => {
        const employee = (employeeNumber: string, more: Json = {}) =>
          smallUser({ [ENTERPRISE]: { employeeNumber }, ...more })
        const old = await deleted(await make(employee('1')))
        const answer = await gateway.post('/Users', employee('2', { userName: old.userName }))
        expectError(answer, { status: 409, scimType: 'uniqueness', detail: /^userName is taken/ })
        expect(await read(leaver(old.userName))).toBeDefined()
      })

      it('leaves off whom the client wants off', async () => {
        const old = await deleted(await make())
        const body = smallUser({ userName: old.userName, active: false })
        expect(await make(body)).toMatchObject({ id: old.id, active: false })
      })

      itUnlessHeld('is 409 where two of the name have left', async () => {
        const first = await deleted(await make())
        const { userName } = first
        await deleted(await withoutRevival(() => make(smallUser({ userName }))))
        expectError(await gateway.post('/Users', smallUser({ userName })), {
          status: 409,
          scimType: 'uniqueness',
          detail: /2 Users with this userName have left/,
        })
      })

      it('brings back once, however many ask at once', async () => {
        const old = await deleted(await make())
        const body = smallUser({ userName: old.userName })
        const answers = await Promise.all(
          Array.from({ length: 5 }, () => gateway.post('/Users', body)),
        )
        expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409])
        expect(answers.find(({ status }) => status === 201)?.body.id).toBe(old.id)
      })

      itUnlessHeld(
        'brings back under its old name one whose name got the id behind it',
        async () => {
          const first = await deleted(await make())
          const { userName } = first
          const second = await withoutRevival(() => make(smallUser({ userName })))
          await deleted(second)
          await ldapmodify(grounds.server, `dn: uid=${userName},${leavers}\nchangetype: delete\n\n`)
          expect(await make(smallUser({ userName }))).toMatchObject({ id: second.id, userName })
          expect((await read(`uid=${userName},${people}`))?.attributes.uid).toEqual([userName])
        },
      )
    })

    describe('POST of one who is there', () => {
      const employee = (employeeNumber: string, more: Json = {}) =>
        smallUser({ [ENTERPRISE]: { employeeNumber }, ...more })

      it('is taken for it where the keys are equal', async () => {
        const user = await make(employee(freshName('7')))
        const { employeeNumber } = user[ENTERPRISE]
        const body = employee(employeeNumber, { userName: user.userName, title: 'Found' })
        const answer = await gateway.post('/Users', body)
        expect(answer).toMatchObject({ status: 201, body: { id: user.id, title: 'Found' } })
        expect((await gateway.get(`/Users/${user.id}`)).body).toEqual(answer.body)
        expect(gateway.log.filter(({ msg }) => msg === 'adopted')).toEqual([
          expect.objectContaining({ id: user.id }),
        ])
        expect(
          sameDn(gateway.log.find(({ msg }) => msg === 'adopted')?.dn, staff(user.userName)),
        ).toBe(true)
      })

      it('is refused where a key differs or is missing on either side', async () => {
        const numbered = await make(employee(freshName('7')))
        const plain = await make()
        for (const body of [
          employee('8', { userName: numbered.userName }),
          smallUser({ userName: numbered.userName }),
          employee('9', { userName: plain.userName }),
          smallUser({ userName: plain.userName }),
        ]) {
          const answer = await gateway.post('/Users', body)
          expectError(answer, { status: 409, scimType: 'uniqueness', detail: /userName/ })
        }
        expect((await gateway.get(`/Users/${numbered.id}`)).body).toEqual(numbered)
        expect((await gateway.get(`/Users/${plain.id}`)).body).toEqual(plain)
      })
    })

    describe('a DN that says which OU', () => {
      it('puts a new entry there, and moves it with what it reads, references kept', async () => {
        const user = await make(smallUser({ userType: 'Contractor' }))
        const external = nameIn(`ou=external,${people}`)(user.userName)
        const internal = staff(user.userName)
        expect(await read(external)).toBeDefined()
        const group = await makeGroup([user, await make()])
        const report = await make(smallUser({ [ENTERPRISE]: { manager: { value: user.id } } }))
        const turn = (userType: string) =>
          gateway.patch(
            `/Users/${user.id}`,
            patchOf({ op: 'replace', path: 'userType', value: userType }),
          )
        for (const [userType, dn, old] of [
          ['Employee', internal, external],
          ['Contractor', external, internal],
        ] as const) {
          expect(await turn(userType)).toMatchObject({ status: 200, body: { id: user.id } })
          expect(await read(dn)).toBeDefined()
          expect(await read(old)).toBeUndefined()
          await until(async () => (await membersOf(group)).includes(user.id as string))
          await until(async () => {
            const shown = (await gateway.get(`/Users/${report.id}`)).body
            return shown[ENTERPRISE]?.manager?.value === user.id
          })
        }
      })
    })

    // Names in Active Directory have tests of their own (active-directory-names.test.ts).
    describe.runIf(kind === INETORGPERSON)('a name that is counted', () => {
      let counting: TestGateway
      beforeAll(async () => {
        const mapping = join(folder, 'counted.yaml')
        writeFileSync(mapping, withNumbers(readFileSync(grounds.mapping, 'utf8')))
        counting = await startGateway(grounds.server, { mapping })
      })
      afterAll(() => counting.stop())

      const person = (familyName: string): Json =>
        smallUser({ name: { givenName: 'Jo', familyName } })
      const entriesOf = async (users: readonly Json[]) => {
        const found = await Promise.all(
          users.map(({ userName }) =>
            ldapsearch(grounds.server, { base: people, filter: `(uid=${userName})` }),
          ),
        )
        return found
          .flat()
          .map(({ dn, attributes }) => [
            dn.replace(`,${people}`, ''),
            ...(attributes.employeeType ?? []),
          ])
      }

      it('gets no number first, then the next that is free', async () => {
        const family = freshName('Count')
        const key = family.toLowerCase()
        const made: Json[] = []
        for (let n = 0; n < 3; n++) made.push((await counting.post('/Users', person(family))).body)
        expect(await entriesOf(made)).toEqual([
          [`title=${family}`, `j${key}`],
          [`title=${family} (2)`, `j${key}2`],
          [`title=${family} (3)`, `j${key}3`],
        ])
        await counting.delete(`/Users/${made[1]?.id}`)
        const next = (await counting.post('/Users', person(family))).body
        expect(await entriesOf([next])).toEqual([[`title=${family} (2)`, `j${key}2`]])
        const operations = counting.log
          .filter(({ method }) => method === 'POST')
          .map(({ ldapOperations }) => ldapOperations)
        // The unique values, the name, the add; and before it the numbers, where the name is taken.
        expect(operations).toEqual([3, 4, 4, 4])
      })

      it('has a number of its own, whatever that of a value beside it', async () => {
        const family = freshName('Own')
        const named = (givenName: string): Json =>
          smallUser({ name: { givenName, familyName: family } })
        const made: Json[] = []
        for (const givenName of ['Jo', 'Ed', 'Jim']) {
          made.push((await counting.post('/Users', named(givenName))).body)
        }
        const key = family.toLowerCase()
        expect(await entriesOf(made)).toEqual([
          [`title=${family}`, `j${key}`],
          [`title=${family} (2)`, `e${key}`],
          [`title=${family} (3)`, `j${key}2`],
        ])
      })

      it('is given to each of many at once', async () => {
        const family = freshName('Race')
        const answers = await Promise.all(
          Array.from({ length: 5 }, () => counting.post('/Users', person(family))),
        )
        expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201])
        const names = (await entriesOf(answers.map(({ body }) => body))).map(([rdn]) => rdn)
        expect(names.sort()).toEqual(
          ['', ' (2)', ' (3)', ' (4)', ' (5)'].map((number) => `title=${family}${number}`),
        )
      })

      it('keeps its number while what it is made of stays, and gets a free one with another', async () => {
        const [family, other] = [freshName('Stay'), freshName('Go')]
        await counting.post('/Users', person(family))
        await counting.post('/Users', person(other))
        const { body: second } = await counting.post('/Users', person(family))
        const rename = (familyName: string, givenName: string) =>
          counting.patch(
            `/Users/${second.id}`,
            patchOf({ op: 'replace', value: { name: { familyName, givenName } } }),
          )
        expect(await rename(family, 'Joan')).toMatchObject({ status: 200 })
        expect((await entriesOf([second]))[0]?.[0]).toBe(`title=${family} (2)`)
        expect(await rename(other, 'Joan')).toMatchObject({ status: 200, body: { id: second.id } })
        expect((await entriesOf([second]))[0]?.[0]).toBe(`title=${other} (2)`)
      })

      it('is refused when a hundred have it', async () => {
        const family = freshName('Many')
        const names = ['', ...Array.from({ length: 99 }, (_, index) => ` (${index + 2})`)]
        await ldapmodify(
          grounds.server,
          names
            .map(
              (number, index) =>
                `dn: title=${family}${number},${people}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: ${family}-${index}\ncn: x\nsn: x\ntitle: ${family}${number}\n\n`,
            )
            .join(''),
        )
        expectError(await counting.post('/Users', person(family)), {
          status: 409,
          scimType: 'uniqueness',
          detail: /every number up to 100/,
        })
      })
    })

    async function deleted(user: Json): Promise<Json> {
      expect((await gateway.delete(`/Users/${user.id}`)).status).toBe(204)
      return user
    }

    /** Who has left is out of reach meanwhile, as if another one made the entry. */
    const withoutRevival = (act: () => Promise<Json>) =>
      mappedOtherwise(', reviveBy: userName', '', act)

    /** Has the requests of `act` answered by a gateway whose mapping says `to` where it says `from`. */
    async function mappedOtherwise<T>(from: string, to: string, act: () => Promise<T>): Promise<T> {
      const mapping = join(folder, 'otherwise.yaml')
      writeFileSync(mapping, readFileSync(join(folder, 'mapping.yaml'), 'utf8').replace(from, to))
      const usual = gateway
      gateway = await startGateway(grounds.server, { mapping })
      try {
        return await act()
      } finally {
        await gateway.stop()
        gateway = usual
      }
    }
  })
}

/** A shipped mapping with everything that it leaves to its reader. */
function withLifecycle(shipped: string, { rdn, employeeNumber }: Kind): string {
  const dn = /^    dn: .*ou=people,{{ suffix }}'?$/im
  const chosen = `dn: '${rdn}={{ userName }},{% if userType == "Contractor" %}ou=external,{% endif %}ou=people,{{ suffix }}'`
  const more = [
    "delete: { move: 'ou=leavers,{{ suffix }}', reviveBy: userName }",
    'onConflict: { adopt: [enterprise.employeeNumber] }',
  ]
  return shipped
    .replace(dn, `    ${[chosen, ...more].join('\n    ')}`)
    .replace(
      `enterprise.employeeNumber: ${employeeNumber}`,
      `enterprise.employeeNumber: { ldap: ${employeeNumber}, mutability: immutable }`,
    )
}

/** A shipped mapping with counted names, in attributes of their own. */
function withNumbers(shipped: string): string {
  const dn = `'title={{ name.familyName }}{% if n %} ({{ n }}){% endif %},ou=people,{{ suffix }}'`
  const value = `'{{ name.givenName | slice: 0 | downcase }}{{ name.familyName | downcase }}{{ n }}'`
  return shipped
    .replace('uid={{ userName }},ou=people,{{ suffix }}', dn)
    .replace('      title: title\n      userType: employeeType\n', '')
    .replace(
      '    attributes:\n',
      `    write: { employeeType: { on: create, value: ${value} } }\n    attributes:\n`,
    )
}

function sameDn(text: string | undefined, dn: string): boolean {
  return text !== undefined && dnKey(parseDn(text, { from: 'server' })) === dnKey(parseDn(dn))
}

/** Servers that mind references may do so some time after their answer. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect(await condition()).toBe(true)
}
