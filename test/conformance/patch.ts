import { expect, it } from 'vitest'
import type { Json } from '../support/gateway.ts'
import {
  comparable,
  ENTERPRISE,
  expectError,
  expectStored,
  freshName,
  fullUser,
  makeUser,
  patchOf,
  smallUser,
  USER,
} from './subject.ts'
import type { Subject, SubjectOf } from './subject.ts'

/** A claim, the operations, and what they make of the full user. */
type Case = readonly [
  claim: string,
  operations: readonly Json[],
  after: (user: Json, subject: Subject) => Json,
]

const CASES: readonly Case[] = [
  [
    'add without a path sets what it names and leaves the rest',
    [{ op: 'add', value: { title: 'Boss', name: { givenName: 'Zo' } } }],
    (user) => ({ ...user, title: 'Boss', name: { ...user.name, givenName: 'Zo' } }),
  ],
  [
    'replace without a path sets what it names and leaves the rest',
    [
      {
        op: 'replace',
        value: { title: 'Boss', emails: [{ type: 'work', primary: true, value: 'b@example.com' }] },
      },
    ],
    (user) => ({
      ...user,
      title: 'Boss',
      emails: [{ type: 'work', primary: true, value: 'b@example.com' }],
    }),
  ],
  [
    'dotted, URN and filtered keys without a path are paths',
    [
      {
        op: 'replace',
        value: {
          'name.familyName': 'Maier',
          [`${ENTERPRISE}:department`]: 'Sales',
          'phoneNumbers[type eq "mobile"].value': '+44 20 7946 0999',
        },
      },
    ],
    (user) => ({
      ...withPhone(user, 'mobile', '+44 20 7946 0999'),
      name: { ...user.name, familyName: 'Maier' },
      [ENTERPRISE]: { ...user[ENTERPRISE], department: 'Sales' },
    }),
  ],
  [
    'an extension object without a path sets what it names in it',
    [{ op: 'add', value: { [ENTERPRISE]: { division: 'East' } } }],
    (user) => ({ ...user, [ENTERPRISE]: { ...user[ENTERPRISE], division: 'East' } }),
  ],
  [
    'id, schemas, meta and unknown attributes without a path are skipped',
    [{ op: 'replace', value: { id: 'x', schemas: [], meta: {}, noSuch: 'n', title: 'Boss' } }],
    (user) => ({ ...user, title: 'Boss' }),
  ],
  [
    'add to an attribute replaces its single value',
    [{ op: 'add', path: 'title', value: 'Boss' }],
    (user) => ({ ...user, title: 'Boss' }),
  ],
  [
    'replace of an attribute sets it',
    [{ op: 'replace', path: 'displayName', value: 'Zo' }],
    (user) => ({ ...user, displayName: 'Zo' }),
  ],
  [
    'remove of an attribute clears it',
    [{ op: 'remove', path: 'title' }],
    ({ title: _, ...user }) => user,
  ],
  [
    'replace by null or an empty string clears',
    [
      { op: 'replace', path: 'title', value: null },
      { op: 'replace', path: 'displayName', value: '' },
    ],
    ({ title: _title, displayName: _name, ...user }) => user,
  ],
  [
    'add to a sub-attribute sets it',
    [{ op: 'add', path: 'name.givenName', value: 'Zo' }],
    (user) => ({ ...user, name: { ...user.name, givenName: 'Zo' } }),
  ],
  [
    'replace of a sub-attribute leaves its neighbours',
    [{ op: 'replace', path: 'NAME.FamilyName', value: 'Maier' }],
    (user) => ({ ...user, name: { ...user.name, familyName: 'Maier' } }),
  ],
  [
    'remove of a sub-attribute leaves its neighbours',
    [{ op: 'remove', path: 'name.givenName' }],
    ({ name: { givenName: _, ...name }, ...user }) => ({ ...user, name }),
  ],
  [
    'add to a multi-valued attribute takes a free place and leaves the others',
    [
      { op: 'remove', path: 'phoneNumbers[type eq "pager"]' },
      { op: 'add', path: 'phoneNumbers', value: [{ type: 'pager', value: '+44 20 7946 0999' }] },
    ],
    (user) => withPhone(user, 'pager', '+44 20 7946 0999'),
  ],
  [
    'replace of a multi-valued attribute leaves nothing of the old values',
    [{ op: 'replace', path: 'phoneNumbers', value: [{ type: 'home', value: '+44 20 7946 0999' }] }],
    (user) => ({ ...user, phoneNumbers: [{ type: 'home', value: '+44 20 7946 0999' }] }),
  ],
  [
    'remove of a multi-valued attribute clears all its values',
    [{ op: 'remove', path: 'phoneNumbers' }],
    ({ phoneNumbers: _, ...user }) => user,
  ],
  [
    'remove with a list of values removes those',
    [{ op: 'Remove', path: 'phoneNumbers', value: [{ type: 'fax', value: '+44 20 7946 0104' }] }],
    (user) => withoutPhone(user, 'fax'),
  ],
  [
    'add after a value filter changes the value that it selects',
    [{ op: 'add', path: 'addresses[type eq "work"]', value: { locality: 'Bonn' } }],
    (user) => withAddress(user, { locality: 'Bonn' }),
  ],
  [
    'replace after a value filter replaces the value that it selects',
    [{ op: 'replace', path: 'addresses[type eq "work"]', value: { locality: 'Bonn' } }],
    (user) => ({
      ...user,
      addresses: [{ type: 'work', locality: 'Bonn' }, ...others(user.addresses, 'work')],
    }),
  ],
  [
    'remove after a value filter removes the values that it selects',
    [{ op: 'remove', path: 'phoneNumbers[type eq "fax" or value ew "0103"]' }],
    (user) => withoutPhone(withoutPhone(user, 'fax'), 'home'),
  ],
  [
    'add to a sub-attribute after a value filter sets it',
    [{ op: 'Add', path: 'addresses[type eq "work"].postalCode', value: '50668' }],
    (user) => withAddress(user, { postalCode: '50668' }),
  ],
  [
    'replace of a sub-attribute after a value filter sets it',
    [{ op: 'Replace', path: 'emails[type eq "work"].value', value: 'zo@example.com' }],
    (user) => ({ ...user, emails: [{ type: 'work', primary: true, value: 'zo@example.com' }] }),
  ],
  [
    'remove of a sub-attribute after a value filter leaves its neighbours',
    [{ op: 'remove', path: 'addresses[type eq "work"].region' }],
    (user) => withAddress(user, { region: undefined }),
  ],
  [
    'a value filter may select by primary',
    [{ op: 'replace', path: 'emails[primary eq "True"].value', value: 'zo@example.com' }],
    (user) => ({ ...user, emails: [{ type: 'work', primary: true, value: 'zo@example.com' }] }),
  ],
  [
    'values that are not there yet are made from the filter, several into one',
    [
      { op: 'remove', path: 'addresses' },
      { op: 'Add', path: 'addresses[type eq "work"].locality', value: 'Bonn' },
      { op: 'Add', path: 'addresses[type eq "work"].region', value: 'NRW' },
    ],
    (user) => ({ ...user, addresses: [{ type: 'work', locality: 'Bonn', region: 'NRW' }] }),
  ],
  [
    'the URN of an extension leads to its attributes',
    [
      { op: 'Replace', path: `${ENTERPRISE}:employeeNumber`, value: '4712' },
      { op: 'add', path: `${ENTERPRISE.toUpperCase()}:Department`, value: 'Sales' },
      { op: 'remove', path: `${ENTERPRISE}:division` },
      { op: 'replace', path: `${USER}:title`, value: 'Boss' },
    ],
    ({ [ENTERPRISE]: { division: _, ...enterprise }, ...user }) => ({
      ...user,
      title: 'Boss',
      [ENTERPRISE]: { ...enterprise, employeeNumber: '4712', department: 'Sales' },
    }),
  ],
  [
    'remove of an extension clears all of it',
    [{ op: 'remove', path: ENTERPRISE }],
    ({ [ENTERPRISE]: _, ...user }) => ({ ...user, schemas: [USER] }),
  ],
  [
    'operations apply in their order',
    [
      { op: 'replace', path: 'title', value: 'first' },
      { op: 'remove', path: 'title' },
      { op: 'add', path: 'title', value: 'last' },
    ],
    (user) => ({ ...user, title: 'last' }),
  ],
  [
    'Entra ID’s operations work as it sends them',
    [
      { op: 'Replace', path: 'active', value: 'False' },
      { op: 'Add', path: 'title', value: 'Boss' },
      { op: 'Replace', path: 'phoneNumbers[type eq "work"].value', value: '+44 20 7946 0999' },
      { op: 'Add', path: 'addresses[type eq "work"].formatted', value: 'one\r\ntwo' },
    ],
    (user, { keepsEverything }) =>
      withAddress(
        withPhone({ ...user, active: false, title: 'Boss' }, 'work', '+44 20 7946 0999'),
        // A Postal Address has lines, whatever ended them.
        { formatted: keepsEverything ? 'one\r\ntwo' : 'one\ntwo' },
      ),
  ],
  [
    'a change of case and of blanks is a change',
    [{ op: 'replace', value: { title: 'HEAD OF R&D', displayName: 'Zoë  "Zo"  Müller, Dr.' } }],
    (user) => ({ ...user, title: 'HEAD OF R&D', displayName: 'Zoë  "Zo"  Müller, Dr.' }),
  ],
]

export function patch(subjectOf: SubjectOf): void {
  it.each(CASES)('%s', async (_, operations, after) => {
    const subject = subjectOf()
    const user = await makeUser(subject, fullUser())
    const expected = comparable(after(user, subject))
    const answer = await subject.gateway.patch(`/Users/${user.id}`, patchOf(...operations))
    expect(answer.status).toBe(200)
    expect(comparable(answer.body)).toEqual(expected)
    expect(answer.headers.get('etag')).toBe(answer.body.meta.version)
    const read = await subject.gateway.get(`/Users/${user.id}`)
    expect(read.body).toEqual(answer.body)
    await expectStored(subject, answer.body)
  })

  it('a PATCH that changes nothing keeps the version', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject, fullUser())
    for (const operations of [
      [{ op: 'replace', path: 'title', value: user.title }],
      [{ op: 'add', path: 'phoneNumbers', value: user.phoneNumbers }],
      [{ op: 'remove', path: 'phoneNumbers[type eq "other"]' }],
      [],
    ]) {
      const answer = await subject.gateway.patch(`/Users/${user.id}`, patchOf(...operations))
      expect(answer).toMatchObject({ status: 200, body: user })
    }
  })

  it('a PATCH without schemas is taken', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject)
    const answer = await subject.gateway.patch(`/Users/${user.id}`, {
      operations: [{ OP: 'REPLACE', Path: 'title', Value: 'x' }],
    })
    expect(answer).toMatchObject({ status: 200, body: { title: 'x' } })
  })

  it('an attribute that the directory cannot be without gets its default when it is removed', async () => {
    const subject = subjectOf()
    const user = await makeUser(subject, fullUser())
    const answer = await subject.gateway.patch(
      `/Users/${user.id}`,
      patchOf({ op: 'remove', path: 'name' }),
    )
    expect(answer.status).toBe(200)
    expect(answer.body.name ?? {}).not.toHaveProperty('givenName')
    expect((await subject.gateway.get(`/Users/${user.id}`)).body).toEqual(answer.body)
    await expectStored(subject, answer.body)
  })

  it('a new userName renames the entry and everything else goes with it', async () => {
    const subject = subjectOf()
    // Without another name by which the mapping could call it.
    const user = await makeUser(subject, fullUser({ displayName: undefined }))
    const userName = freshName('renamed,')
    const answer = await subject.gateway.patch(
      `/Users/${user.id}`,
      patchOf(
        { op: 'replace', value: { userName, title: 'renamed' } },
        { op: 'remove', path: 'addresses' },
      ),
    )
    const { addresses: _, ...rest } = user
    expect(answer.status).toBe(200)
    expect(comparable(answer.body)).toEqual(comparable({ ...rest, userName, title: 'renamed' }))
    expect(await subject.read(subject.userDn(user))).toBeUndefined()
    await expectStored(subject, answer.body)
  })

  it.each<readonly [string, Json, { status: number; scimType?: string; detail: RegExp }]>([
    ['an unknown attribute', { op: 'replace', path: 'nonsense', value: 1 }, invalid('invalidPath')],
    ['an unknown sub-attribute', { op: 'add', path: 'name.x', value: 1 }, invalid('invalidPath')],
    ['a path that is none', { op: 'add', path: 'emails..x', value: 1 }, invalid('invalidPath')],
    [
      'a filter of one value',
      { op: 'add', path: 'name[a eq 1]', value: 1 },
      invalid('invalidPath'),
    ],
    ['a bad filter', { op: 'remove', path: 'emails[x eq 1]' }, invalid('invalidFilter')],
    ['no path to remove', { op: 'remove' }, invalid('noTarget')],
    ['no value', { op: 'add', path: 'title' }, invalid('invalidValue')],
    ['another op', { op: 'move', path: 'title', value: 'x' }, invalid('invalidSyntax')],
    ['a readOnly attribute', { op: 'replace', path: 'id', value: 'x' }, invalid('mutability')],
    ['groups', { op: 'remove', path: 'groups' }, invalid('mutability')],
    ['a required attribute to remove', { op: 'remove', path: 'userName' }, invalid('mutability')],
    ['a wrong type', { op: 'replace', path: 'active', value: 'x' }, invalid('invalidValue')],
    ['a filter that selects nothing', selectsNothing(), invalid('noTarget')],
  ])('%s is refused, and nothing of the PATCH is written', async (_, operation, expected) => {
    const subject = subjectOf()
    const user = await makeUser(subject, fullUser())
    const before = { op: 'replace', path: 'title', value: 'must not be written' }
    const answer = await subject.gateway.patch(`/Users/${user.id}`, patchOf(before, operation))
    expectError(answer, expected)
    expect((await subject.gateway.get(`/Users/${user.id}`)).body).toEqual(user)
    await expectStored(subject, user)
  })

  it('active false switches the account off and true on again, however often', async () => {
    const subject = subjectOf()
    const password = 'Correct horse battery 1'
    const user = await makeUser(subject, smallUser({ password }))
    const dn = subject.userDn(user)
    for (const active of [false, false, true, true, false]) {
      const answer = await subject.gateway.patch(
        `/Users/${user.id}`,
        patchOf({ op: 'replace', path: 'active', value: active }),
      )
      expect(answer).toMatchObject({ status: 200, body: { active } })
      expect(await subject.canLogOn(dn, password)).toBe(active)
      await expectStored(subject, answer.body)
    }
  })
}

function invalid(scimType: string) {
  return { status: 400, scimType, detail: /^Operations\[1\]: |./ }
}

function selectsNothing(): Json {
  return { op: 'replace', path: 'emails[value co "nowhere"].value', value: 'x@example.com' }
}

function withPhone(user: Json, type: string, value: string): Json {
  return { ...user, phoneNumbers: [...others(user.phoneNumbers, type), { type, value }] }
}

function withoutPhone(user: Json, type: string): Json {
  return { ...user, phoneNumbers: others(user.phoneNumbers, type) }
}

function withAddress(user: Json, parts: Json): Json {
  const addresses = user.addresses as readonly Json[]
  const work = addresses.find(({ type }) => type === 'work')
  const merged = Object.entries({ ...work, ...parts }).filter(([, part]) => part !== undefined)
  return {
    ...user,
    addresses: [Object.fromEntries(merged), ...others(addresses, 'work')],
  }
}

function others(values: readonly Json[], type: string): readonly Json[] {
  return values.filter((value) => value.type !== type)
}
