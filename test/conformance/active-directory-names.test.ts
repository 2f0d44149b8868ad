import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeSamba } from '../support/here.ts'
import type { Json } from '../support/gateway.ts'
import { ldapsearch } from '../support/ldapsearch.ts'
import type { SambaSubject } from './active-directory-subject.ts'
import { mappedOtherwise, startSambaSubject } from './active-directory-subject.ts'
import { expectError, freshName, groupBody, makeUser, patchOf, smallUser } from './subject.ts'

/** LDAP_SERVER_SHOW_DELETED_OID (MS-ADTS §3.1.1.3.4.1.14). */
const SHOW_DELETED = '1.2.840.113556.1.4.417'

describeSamba('names in Active Directory', () => {
  let subject: SambaSubject
  beforeAll(async () => {
    subject = await startSambaSubject()
  })
  afterAll(() => subject.stop())

  /** What an account is called: its cn and its sAMAccountName. */
  async function namesOf({ userName }: Json): Promise<readonly (string | undefined)[]> {
    const [entry] = await ldapsearch(subject.server, { filter: `(userPrincipalName=${userName})` })
    return ['cn', 'sAMAccountName'].map((name) => entry?.attributes[name]?.[0])
  }

  const person = (displayName: string, userName: string): Json =>
    smallUser({ displayName, userName })

  test('a person is called by displayName, and counted where several have it', async () => {
    const [name, login] = [freshName('John Smith'), freshName('jo')]
    const made: Json[] = []
    for (const userName of [`${login}@a.example`, `${login}x@a.example`, `${login}@b.example`]) {
      made.push(await makeUser(subject, person(name, userName)))
    }
    // cn and sAMAccountName are counted each by itself.
    expect(await Promise.all(made.map(namesOf))).toEqual([
      [name, login],
      [`${name} (2)`, `${login}x`],
      [`${name} (3)`, `${login}2`],
    ])
    expect(made.map(({ displayName }) => displayName)).toEqual([name, name, name])
  })

  test('50 of one name made at once are called differently', async () => {
    const [name, login] = [freshName('Jane Smith'), freshName('ja')]
    const other = await subject.anotherGateway()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const gateway = index % 2 === 0 ? subject.gateway : other
        return gateway.post('/Users', person(name, `${login}@d${index}.example`))
      }),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 201))
    const names = await Promise.all(answers.map(({ body }) => namesOf(body)))
    const isNumbered = (text: string | undefined, pattern: string) =>
      new RegExp(`^${pattern}$`).test(text ?? '')
    for (const [cn, account] of names) {
      expect(isNumbered(cn, `${name}( \\(\\d+\\))?`)).toBe(true)
      expect(isNumbered(account, `${login}\\d*`)).toBe(true)
    }
    expect(new Set(names.map(([cn]) => cn)).size).toBe(50)
    expect(new Set(names.map(([, account]) => account)).size).toBe(50)
  }, 120_000)

  test('displayName renames the entry, to a number that is free; sAMAccountName stays', async () => {
    const [name, other] = [freshName('Ann'), freshName('Anna')]
    const first = await makeUser(subject, person(name, freshName('ann')))
    const user = await makeUser(subject, person(other, freshName('anna')))
    const answer = await subject.gateway.patch(
      `/Users/${user.id}`,
      patchOf({ op: 'replace', value: { displayName: name, userName: freshName('moved') } }),
    )
    expect(answer).toMatchObject({ status: 200, body: { id: user.id, displayName: name } })
    expect(await namesOf(answer.body)).toEqual([`${name} (2)`, user.userName])
    expect(await namesOf(first)).toEqual([name, first.userName])
  })

  test('a long name leaves room for its number', async () => {
    const name = freshName('n'.repeat(70))
    const [one, two] = [
      await makeUser(subject, person(name, `${freshName('l')}-${'m'.repeat(20)}`)),
      await makeUser(subject, person(name, freshName('long'))),
    ]
    expect((await namesOf(one))[0]).toBe(name.slice(0, 58))
    expect((await namesOf(two))[0]).toBe(`${name.slice(0, 58)} (2)`)
    expect((await namesOf(one))[1]).toBe((one.userName as string).slice(0, 20))
  })

  test.each([
    ['Łukasz.Żółć', 'Lukasz.Zolc'],
    ['jürgen_groß', 'jurgen_gross'],
    ['Ольга', 'Olga'],
    ['ελένη', 'eleni'],
  ])('the sAMAccountName of %s is in ASCII: %s', async (login, expected) => {
    const user = await makeUser(subject, smallUser({ userName: `${login}@corp.example` }))
    expect(user.userName).toBe(`${login}@corp.example`)
    expect((await namesOf(user))[1]).toBe(expected)
  })

  test('a userPrincipalName is made of names, and counted, where the mapping says so', async () => {
    const upn =
      '{{ name.givenName | ascii | downcase }}.{{ name.familyName | ascii | downcase }}{{ n }}@corp.example'
    const gateway = await mappedOtherwise(subject, {
      'userName: userPrincipalName': 'userName: msDS-cloudExtensionAttribute2',
      '      # Counted up': `      userPrincipalName: { on: create, value: '${upn}' }\n      # Counted up`,
    })
    const familyName = freshName('Żak')
    const body = () => smallUser({ name: { givenName: 'Łucja', familyName } })
    const made = [
      (await gateway.post('/Users', body())).body,
      (await gateway.post('/Users', body())).body,
    ]
    const names = await Promise.all(
      made.map(async (user) => (await subject.read(subject.userDn(user)))?.attributes),
    )
    const key = familyName.replace('Ż', 'z')
    expect(names.map((entry) => entry?.userPrincipalName)).toEqual([
      [`lucja.${key}@corp.example`],
      [`lucja.${key}2@corp.example`],
    ])
  })

  test('forbidden characters become _', async () => {
    const name = freshName('j')
    const user = await makeUser(subject, smallUser({ userName: `${name}/x@corp.example` }))
    expect((await namesOf(user))[1]).toBe(`${name}_x`)
  })

  test('a name that a group has is counted up for a person, and 409 for a group', async () => {
    const name = freshName('taken')
    expect((await subject.gateway.post('/Groups', groupBody(name))).status).toBe(201)
    const user = await makeUser(subject, smallUser({ userName: `${name}@corp.example` }))
    expect((await namesOf(user))[1]).toBe(`${name}2`)
    const group = await subject.gateway.post('/Groups', groupBody(`${name}2`))
    expectError(group, {
      status: 409,
      scimType: 'uniqueness',
      detail: /:sAMAccountName is taken by another entry/,
    })
    const { dn: _, ...said } =
      subject.gateway.log.findLast(({ msg }) => msg === 'the directory refused') ?? {}
    expect(said).toMatchObject({ reason: 'notUnique', attribute: 'sAMAccountName' })
    expect(JSON.stringify(said)).not.toContain(name)
  })

  test('one who has been deleted is nowhere, and the name is free', async () => {
    const user = await makeUser(subject, person(freshName('Gone'), freshName('gone')))
    const group = groupBody(freshName('group'), [user])
    expect((await subject.gateway.delete(`/Users/${user.id}`)).status).toBe(204)
    // The tombstone is there.
    const tombstones = await ldapsearch(subject.server, {
      filter: `(&(isDeleted=TRUE)(sAMAccountName=${user.userName}))`,
      controls: [SHOW_DELETED],
    })
    expect(tombstones).toHaveLength(1)
    expectError(await subject.gateway.get(`/Users/${user.id}`), { status: 404 })
    for (const filter of [`id eq "${user.id}"`, `userName eq "${user.userName}"`]) {
      const { body } = await subject.gateway.get(`/Users?filter=${encodeURIComponent(filter)}`)
      expect(body.totalResults).toBe(0)
    }
    expectError(await subject.gateway.post('/Groups', group), {
      status: 400,
      scimType: 'invalidValue',
    })
    const again = await makeUser(subject, person(user.displayName, user.userName))
    expect(again.id).not.toBe(user.id)
    expect(await namesOf(again)).toEqual([user.displayName, user.userName])
  })
})
