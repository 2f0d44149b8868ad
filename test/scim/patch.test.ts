import { describe, expect, test } from 'vitest'
import { applyPatch, readPatch } from '../../src/scim/patch.ts'
import type { Resource } from '../../src/scim/resource.ts'
import type { ResourceType } from '../../src/scim/resource-type.ts'
import { ENTERPRISE_USER_SCHEMA } from '../../src/scim/urn.ts'
import { randomFrom } from '../support/random.ts'
import { one } from './random-filter.ts'
import { refusalOf } from './refusal.ts'
import { DEVICES, GROUPS, USERS } from './resource-types.ts'

const E = ENTERPRISE_USER_SCHEMA

function patch(
  type: ResourceType,
  resource: Resource,
  ...operations: readonly unknown[]
): Resource {
  return applyPatch(type, resource, readPatch(type, { Operations: operations }))
}
const user = (resource: Resource, ...operations: readonly unknown[]) =>
  patch(USERS, { userName: 'b', ...resource }, ...operations)
const group = (resource: Resource, ...operations: readonly unknown[]) =>
  patch(GROUPS, { displayName: 'g', ...resource }, ...operations)

const work = { value: 'w@x', type: 'work', primary: true }
const home = { value: 'h@x', type: 'home' }
const emails = [work, home]

describe('a single-valued attribute', () => {
  test.each([
    [{}, { op: 'add', path: 'title', value: 'x' }, { title: 'x' }],
    [{ title: 'y' }, { op: 'add', path: 'title', value: 'x' }, { title: 'x' }],
    [{ title: 'y' }, { op: 'replace', path: 'title', value: 'x' }, { title: 'x' }],
    [{}, { op: 'replace', path: 'title', value: 'x' }, { title: 'x' }],
    [{ title: 'y' }, { op: 'remove', path: 'title' }, {}],
    [{}, { op: 'remove', path: 'title' }, {}],
    [{ title: 'y' }, { op: 'replace', path: 'title', value: '' }, {}],
    [{ active: true }, { op: 'Replace', path: 'active', value: 'False' }, { active: false }],
    [{}, { op: 'replace', path: 'department', value: 'd' }, { [E]: { department: 'd' } }],
    [{ [E]: { department: 'd' } }, { op: 'remove', path: `${E}:department` }, {}],
  ])('%#: RFC 7644 §3.5.2', (before, operation, after) => {
    expect(user(before, operation)).toEqual({ userName: 'b', ...after })
  })
})

describe('a complex attribute', () => {
  const name = { givenName: 'B', familyName: 'J' }

  test.each(['add', 'replace'])('keeps what is not named: %s (§3.5.2.3)', (op) => {
    expect(
      user({ name }, { op, path: 'name', value: { givenName: 'C', middleName: 'M' } }).name,
    ).toEqual({
      givenName: 'C',
      familyName: 'J',
      middleName: 'M',
    })
    expect(user({ name }, { op, path: 'name.givenName', value: 'C' }).name).toEqual({
      givenName: 'C',
      familyName: 'J',
    })
    expect(user({}, { op, path: 'name.givenName', value: 'C' }).name).toEqual({ givenName: 'C' })
  })

  test('loses what is named with null', () => {
    const value = { givenName: 'C', familyName: null }
    expect(user({ name }, { op: 'replace', path: 'name', value }).name).toEqual({ givenName: 'C' })
  })

  test('goes with its last part', () => {
    const remove = (part: string) => ({ op: 'remove', path: `name.${part}` })
    expect(user({ name }, remove('givenName')).name).toEqual({ familyName: 'J' })
    expect(user({ name }, remove('givenName'), remove('familyName'))).toEqual({ userName: 'b' })
    expect(user({ name }, { op: 'remove', path: 'name' })).toEqual({ userName: 'b' })
  })

  test('that points at another resource forgets what described the old one', () => {
    const manager = { value: 'm', $ref: '/Users/m', displayName: 'Em' }
    const replace = (value: unknown) =>
      user({ [E]: { manager } }, { op: 'replace', path: `${E}:manager`, value })[E]
    expect(replace('n')).toEqual({ manager: { value: 'n' } })
    expect(replace({ value: 'm' })).toEqual({ manager })
    expect(user({ [E]: { manager } }, { op: 'add', path: 'manager.value', value: 'n' })[E]).toEqual(
      {
        manager: { value: 'n' },
      },
    )
  })
})

describe('a multi-valued attribute', () => {
  test('gets new values at its end', () => {
    const value = [{ value: 'o@x', type: 'other' }]
    expect(user({ emails }, { op: 'add', path: 'emails', value }).emails).toEqual([
      work,
      home,
      ...value,
    ])
    expect(user({}, { op: 'add', path: 'emails', value }).emails).toEqual(value)
  })

  test('does not get what it has', () => {
    expect(
      user({ emails }, { op: 'add', path: 'emails', value: [{ value: 'H@X', type: 'home' }] })
        .emails,
    ).toEqual([work, { value: 'H@X', type: 'home' }])
    expect(user({ emails }, { op: 'add', path: 'emails', value: 'h@x' }).emails).toEqual(emails)
    expect(
      patch(DEVICES, { serial: 's', tags: ['a'] }, { op: 'add', path: 'tags', value: ['A', 'b'] }),
    ).toEqual({
      serial: 's',
      tags: ['a', 'b'],
    })
  })

  test('takes up what is said of a value that it has', () => {
    const value = { value: 'h@x', type: 'home', display: 'H' }
    expect(user({ emails }, { op: 'add', path: 'emails', value }).emails).toEqual([work, value])
  })

  test('has the same value for another type', () => {
    const value = { value: 'w@x', type: 'other' }
    expect(user({ emails }, { op: 'add', path: 'emails', value }).emails).toEqual([
      work,
      home,
      value,
    ])
  })

  test('is replaced by all that is given', () => {
    const value = [{ value: 'o@x' }]
    expect(user({ emails }, { op: 'replace', path: 'emails', value }).emails).toEqual(value)
    expect(user({ emails }, { op: 'replace', path: 'emails', value: [] })).toEqual({
      userName: 'b',
    })
  })

  test('is removed, whole or value by value', () => {
    expect(user({ emails }, { op: 'remove', path: 'emails' })).toEqual({ userName: 'b' })
    const remove = (value: unknown) =>
      user({ emails }, { op: 'remove', path: 'emails', value }).emails
    expect(remove([{ value: 'W@x' }])).toEqual([home])
    expect(remove([{ value: 'w@x', type: 'work' }])).toEqual([home])
    expect(remove([{ value: 'w@x', type: 'home' }])).toEqual(emails)
    expect(remove(['nobody@x'])).toEqual(emails)
  })

  test('has one primary value: the new one (§3.5.2)', () => {
    const value = [{ value: 'n@x', primary: true }]
    expect(user({ emails }, { op: 'add', path: 'emails', value }).emails).toEqual([
      { ...work, primary: false },
      home,
      ...value,
    ])
    expect(
      user({ emails }, { op: 'replace', path: 'emails[type eq "home"].primary', value: 'True' })
        .emails,
    ).toEqual([
      { ...work, primary: false },
      { ...home, primary: true },
    ])
  })

  test('does not take two new primary values', () => {
    const two = [home, { value: 'i@x', type: 'home' }]
    const operation = { op: 'replace', path: 'emails[type eq "home"].primary', value: true }
    expect(refusalOf(() => user({ emails: two }, operation))).toEqual({
      status: 400,
      scimType: 'invalidValue',
      detail: 'emails must have one primary value at most',
    })
  })
})

describe('a filter', () => {
  test('selects the values that are changed', () => {
    const change = (path: string, value: unknown, op = 'replace') =>
      user({ emails }, { op, path, value }).emails
    expect(change('emails[type eq "work"].value', 'n@x')).toEqual([{ ...work, value: 'n@x' }, home])
    expect(change('emails[type eq "work"].value', 'n@x', 'add')).toEqual([
      { ...work, value: 'n@x' },
      home,
    ])
    expect(change('emails[value co "@x"].display', 'D')).toEqual(
      emails.map((email) => ({ ...email, display: 'D' })),
    )
    expect(change('emails.display', 'D')).toEqual(
      emails.map((email) => ({ ...email, display: 'D' })),
    )
    expect(change('emails[type eq "work"]', { display: 'D' }, 'add')).toEqual([
      { ...work, display: 'D' },
      home,
    ])
  })

  test('selects the values that are replaced, and still describes them', () => {
    const operation = { op: 'replace', path: 'emails[type eq "work"]', value: { value: 'n@x' } }
    expect(user({ emails }, operation).emails).toEqual([{ type: 'work', value: 'n@x' }, home])
  })

  test('selects the values that are removed', () => {
    expect(user({ emails }, { op: 'remove', path: 'emails[type eq "WORK"]' }).emails).toEqual([
      home,
    ])
    expect(user({ emails }, { op: 'remove', path: 'emails[value co "@x"]' })).toEqual({
      userName: 'b',
    })
    expect(
      user({ emails }, { op: 'remove', path: 'emails[type eq "work"].primary' }).emails,
    ).toEqual([{ value: 'w@x', type: 'work' }, home])
    expect(
      patch(
        DEVICES,
        { serial: 's', tags: ['a', 'b'] },
        { op: 'remove', path: 'tags[value eq "A"]' },
      ).tags,
    ).toEqual(['b'])
  })

  test('that selects nothing removes nothing', () => {
    expect(user({ emails }, { op: 'remove', path: 'emails[type eq "other"]' }).emails).toEqual(
      emails,
    )
    expect(user({}, { op: 'remove', path: 'emails[type eq "other"].value' })).toEqual({
      userName: 'b',
    })
  })

  test('leaves no value behind that says only its type', () => {
    expect(user({ emails }, { op: 'remove', path: 'emails[type eq "work"].value' }).emails).toEqual(
      [home],
    )
  })

  test.each(['Add', 'Replace'])(
    'that selects nothing describes a new value: %s (erratum 8097)',
    (op) => {
      const make = (path: string, value: unknown) =>
        user({ emails: [home] }, { op, path, value }).emails
      expect(make('emails[type eq "work"].value', 'n@x')).toEqual([
        home,
        { type: 'work', value: 'n@x' },
      ])
      expect(make('emails[type eq "work"]', { value: 'n@x' })).toEqual([
        home,
        { type: 'work', value: 'n@x' },
      ])
      expect(make('emails[type eq "work" and primary eq "True"].value', 'n@x')).toEqual([
        home,
        { type: 'work', primary: true, value: 'n@x' },
      ])
    },
  )

  test('is described once, whatever the order of the parts', () => {
    const address = (part: string, value: string) => ({
      op: 'Add',
      path: `addresses[type eq "work"].${part}`,
      value,
    })
    expect(
      user({}, address('locality', 'X'), address('postalCode', '1'), address('country', 'DE'))
        .addresses,
    ).toEqual([{ type: 'work', locality: 'X', postalCode: '1', country: 'DE' }])
    const email = (part: string, value: unknown) => ({
      op: 'Add',
      path: `emails[type eq "work"].${part}`,
      value,
    })
    expect(
      user({}, email('type', 'work'), email('primary', 'true'), email('value', 'w@x')).emails,
    ).toEqual([{ type: 'work', primary: true, value: 'w@x' }])
  })

  test.each([
    'emails[type ne "work"].display',
    'emails[type eq "work" or type eq "other"].value',
    'emails[not (type eq "home")].value',
    'emails[type pr and type eq "work"].value',
    'emails[value eq "a@x"].value',
  ])('that selects nothing and describes nothing is refused: %s', (path) => {
    expect(
      refusalOf(() =>
        user(
          { emails: [home] },
          { op: 'replace', path: path.replace('ne "work"', 'ne "home"'), value: 'z@x' },
        ),
      ),
    ).toEqual({
      status: 400,
      scimType: 'noTarget',
      detail: 'No value of emails is selected by the filter of the path',
    })
  })

  test('of a user without values describes the first', () => {
    expect(
      user({}, { op: 'replace', path: 'roles[primary eq "True"].value', value: 'r' }).roles,
    ).toEqual([{ primary: true, value: 'r' }])
    expect(user({}, { op: 'add', path: 'emails.value', value: 'a@x' }).emails).toEqual([
      { value: 'a@x' },
    ])
  })
})

describe('the members of a group', () => {
  const members = [
    { value: 'a', $ref: '/Users/a', display: 'A', type: 'User' },
    { value: 'b', $ref: '/Users/b', display: 'B', type: 'User' },
  ]
  const [a, b] = members

  test.each([
    [{ op: 'Add', path: 'members', value: [{ $ref: null, value: 'c' }] }, [a, b, { value: 'c' }]],
    [{ op: 'add', path: 'members', value: [{ value: 'a', display: 'other', $ref: 'x' }] }, members],
    [{ op: 'add', value: { members: [{ value: 'c' }] } }, [a, b, { value: 'c' }]],
    [{ op: 'Remove', path: 'members', value: [{ value: 'a', display: 'x' }] }, [b]],
    [{ op: 'Remove', path: 'members', value: [{ value: 'x' }] }, members],
    [{ op: 'Remove', path: 'members', value: [] }, members],
    [{ op: 'remove', path: 'members[value eq "b"]' }, [a]],
    [{ op: 'remove', path: 'members[value eq "x"]' }, members],
    [{ op: 'remove', path: 'members[display eq "b"]' }, [a]],
    [{ op: 'remove', path: 'members' }, undefined],
    [{ op: 'remove', path: 'members', value: null }, undefined],
    [{ op: 'replace', path: 'members', value: [{ value: 'c' }] }, [{ value: 'c' }]],
    [{ op: 'replace', path: 'members', value: [] }, undefined],
    [{ op: 'replace', value: { members: [], id: 'g', displayName: 'g' } }, undefined],
    [{ op: 'replace', value: { id: 'g', displayName: 'g' } }, members],
    [{ op: 'replace', path: 'members[value eq "a"]', value: { value: 'c' } }, [{ value: 'c' }, b]],
  ])('%#: %j', (operation, expected) => {
    expect(group({ members }, operation)).toEqual({
      displayName: 'g',
      ...(expected === undefined ? {} : { members: expected }),
    })
  })

  test('come and go in the order of the operations', () => {
    expect(
      group(
        { members },
        { op: 'remove', path: 'members[value eq "a"]' },
        { op: 'add', path: 'members', value: [{ value: 'a' }] },
        { op: 'add', path: 'members', value: [{ value: 'c' }] },
        { op: 'remove', path: 'members', value: ['b'] },
        { op: 'remove', path: 'members[value eq "c"]' },
      ).members,
    ).toEqual([{ value: 'a' }])
  })

  test('are the same whether operations come in one PATCH or one by one', () => {
    const random = randomFrom(5)
    for (let round = 0; round < 500; round++) {
      const operations = Array.from({ length: 8 }, () => {
        const value = one(random, ['a', 'B', 'c', 'd'])
        return one(random, [
          { op: 'add', path: 'members', value: [{ value }] },
          { op: 'remove', path: 'members', value: [{ value }] },
          { op: 'remove', path: `members[value eq "${value}"]` },
          { op: 'replace', path: 'externalId', value },
        ])
      })
      const single = operations.reduce<Resource>(
        (resource, operation) => group(resource, operation),
        {
          members,
        },
      )
      expect(group({ members }, ...operations)).toEqual(single)
    }
  })

  test('cannot become others', () => {
    const operation = { op: 'replace', path: 'members[value eq "a"].value', value: 'c' }
    expect(refusalOf(() => group({ members }, operation))).toEqual({
      status: 400,
      scimType: 'mutability',
      detail: 'members.value cannot be changed',
    })
  })

  test('may be a hundred thousand, one operation for each that changes', () => {
    const all = Array.from({ length: 100_000 }, (_, index) => ({ value: `u${index}` }))
    const add = Array.from({ length: 500 }, (_, index) => ({
      op: 'add',
      path: 'members',
      value: [{ value: `n${index}` }],
    }))
    const remove = Array.from({ length: 500 }, (_, index) => ({
      op: 'remove',
      path: `members[value eq "u${index}"]`,
    }))
    const started = performance.now()
    const after = group({ members: all }, ...add, ...remove).members
    expect(performance.now() - started).toBeLessThan(5000)
    expect(after).toHaveLength(100_000)
    expect((after as readonly unknown[])[0]).toEqual({ value: 'u500' })
  })
})

describe('what may not change', () => {
  const device = { serial: 's', firmware: { vendor: 'v', version: '1' } }

  test.each<readonly [string, () => unknown, string]>([
    [
      'a required attribute is removed',
      () => user({}, { op: 'remove', path: 'userName' }),
      'A User must have userName',
    ],
    [
      'it is replaced by nothing',
      () => user({}, { op: 'replace', value: { userName: '' } }),
      'A User must have userName',
    ],
    [
      'a group loses its name',
      () => group({}, { op: 'remove', path: 'displayName' }),
      'A Group must have displayName',
    ],
    [
      'an immutable attribute changes',
      () => patch(DEVICES, device, { op: 'replace', path: 'serial', value: 't' }),
      'serial cannot be changed',
    ],
    [
      'a required part is removed',
      () => patch(DEVICES, device, { op: 'remove', path: 'firmware.version' }),
      'firmware.version is required',
    ],
  ])('%s', (_, action, detail) => {
    expect(refusalOf(action)).toEqual({ status: 400, scimType: 'mutability', detail })
  })

  test('may be said again, or be said first', () => {
    const say = { op: 'add', path: 'serial', value: 's' }
    expect(patch(DEVICES, device, say)).toEqual(device)
    expect(patch(DEVICES, {}, say)).toEqual({ serial: 's' })
  })

  test('may be removed on the way if it is there at the end', () => {
    const after = user(
      {},
      { op: 'remove', path: 'userName' },
      { op: 'add', path: 'userName', value: 'c' },
    )
    expect(after).toEqual({ userName: 'c' })
  })
})

test('the resource before stays as it was, and so does what is not named', () => {
  const before: Resource = {
    id: '1',
    userName: 'b',
    emails,
    schemas: ['x'],
    meta: { version: 'W/"1"' },
    [E]: { department: 'd' },
  }
  const copy = structuredClone(before)
  const after = patch(USERS, before, {
    op: 'add',
    path: 'emails[type eq "home"].primary',
    value: true,
  })
  expect(before).toEqual(copy)
  expect(after).toEqual({
    ...copy,
    emails: [
      { ...work, primary: false },
      { ...home, primary: true },
    ],
  })
})

test('adding twice is adding once, and removing undoes it', () => {
  const add = { op: 'add', path: 'emails', value: [home] }
  const once = user({ emails: [work] }, add)
  expect(user(once, add)).toEqual(once)
  expect(user(once, { op: 'remove', path: 'emails', value: [home] })).toEqual({
    userName: 'b',
    emails: [work],
  })
})
