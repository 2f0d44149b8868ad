import { describe, expect, test } from 'vitest'
import { resourceRules } from '../../src/mapping/rules.ts'
import {
  idsInOperations,
  idsOfMembership,
  isMembership,
  planMemberships,
  splitMemberships,
} from '../../src/plan/membership.ts'
import { readPatch } from '../../src/scim/patch.ts'
import { ENTERPRISE_USER_SCHEMA } from '../../src/scim/urn.ts'
import { refusalOf } from '../scim/refusal.ts'
import { factsOf, reference } from '../support/entries.ts'
import { assertion, linesOf, linesOfWrite } from '../support/plans.ts'
import { rulesOf, shippedRules } from '../support/rules.ts'
import { serverWithout } from '../support/server.ts'

const rules = shippedRules('openldap')
const group = resourceRules(rules, 'Group')
const user = resourceRules(rules, 'User')
const DN = 'cn=ops,ou=groups,dc=example'
const OPS = reference('Group', 'g1', DN, { entryUUID: 'g1' })
const PEOPLE = ['a', 'b', 'c'].map((id) => reference('User', id, `uid=${id},ou=people,dc=example`))
const dn = (id: string) => `uid=${id},ou=people,dc=example`
const NOBODY = 'cn=nobody,dc=example'
const PLAIN = serverWithout('assertion', 'preRead')

const operations = (...list: readonly unknown[]) => readPatch(group.type, { Operations: list })
const split = (...list: readonly unknown[]) => {
  const { memberships, rest } = splitMemberships(group, operations(...list))
  return {
    memberships: memberships.map(({ added, removed }) => ({ added, removed })),
    rest: rest.length,
  }
}
const add = (...ids: readonly string[]) => ({
  op: 'add',
  path: 'members',
  value: ids.map((value) => ({ value })),
})
const remove = (...ids: readonly string[]) => ({ ...add(...ids), op: 'remove' })

describe('operations on members', () => {
  test.each([
    [[add('a', 'b')], ['a', 'b'], []],
    [[remove('a')], [], ['a']],
    [[{ op: 'remove', path: 'members[value eq "a"]' }], [], ['a']],
    [[{ op: 'remove', path: 'members[value eq "a" or value eq "b"]' }], [], ['a', 'b']],
    [[{ op: 'add', value: { members: [{ value: 'a' }] } }], ['a'], []],
    [[add('a'), remove('b'), add('c')], ['a', 'c'], ['b']],
    [[add('a'), remove('a')], [], ['a']],
    [[remove('a'), add('a')], ['a'], []],
    [[add('a', 'a'), add('a')], ['a'], []],
  ])('that name ids need not know the others: %j', (list, added, removed) => {
    expect(split(...list)).toEqual({ memberships: [{ added, removed }], rest: 0 })
  })

  test.each([
    { op: 'replace', path: 'members', value: [{ value: 'a' }] },
    { op: 'remove', path: 'members' },
    { op: 'remove', path: 'members[type eq "User"]' },
    { op: 'remove', path: 'members[value eq "a" or type eq "User"]' },
    { op: 'remove', path: 'members[value ne "a"]' },
    { op: 'remove', path: 'members[not (value eq "a")]' },
  ])('that need to know the others are left: %j', (operation) => {
    expect(split(operation)).toEqual({ memberships: [], rest: 1 })
    expect(split(add('a'), operation)).toEqual({ memberships: [], rest: 2 })
  })

  test('are taken out from among others', () => {
    const rename = { op: 'replace', path: 'displayName', value: 'x' }
    expect(split(add('a'), rename, remove('b'))).toEqual({
      memberships: [{ added: ['a'], removed: ['b'] }],
      rest: 1,
    })
    expect(split(rename)).toEqual({ memberships: [], rest: 1 })
  })

  test('ask for the ids that they name', () => {
    const [membership] = splitMemberships(group, operations(add('a'), remove('b'))).memberships
    expect(membership && idsOfMembership(membership)).toEqual([
      { id: 'a', types: ['User', 'Group'] },
      { id: 'b', types: ['User', 'Group'] },
    ])
  })

  test('are of references that are many and written', () => {
    expect(group.attributes.filter(isMembership).map(({ key }) => key)).toEqual(['members'])
    expect(user.attributes.filter(isMembership)).toEqual([])
  })
})

test('other operations ask for the ids in their values', () => {
  const list = readPatch(user.type, {
    Operations: [
      { op: 'replace', path: `${ENTERPRISE_USER_SCHEMA}:manager`, value: 'm1' },
      { op: 'add', path: `${ENTERPRISE_USER_SCHEMA}:manager`, value: { value: 'm2' } },
      { op: 'replace', path: 'title', value: 'm3' },
      { op: 'remove', path: `${ENTERPRISE_USER_SCHEMA}:manager` },
    ],
  })
  expect(idsInOperations(user, list)).toEqual([
    { id: 'm1', types: ['User'] },
    { id: 'm2', types: ['User'] },
  ])
})

describe('members that come and go', () => {
  const plan = (list: readonly unknown[], known = [OPS, ...PEOPLE], server = PLAIN) =>
    planMemberships(
      rules,
      group,
      'g1',
      splitMemberships(group, operations(...list)).memberships,
      factsOf(known, { server }),
    )
  const otherwise = (...list: readonly unknown[]) =>
    plan(list).steps.flatMap((step) =>
      (step.otherwise ?? []).map(({ on, write }) => [on, ...linesOfWrite(write).slice(1)]),
    )

  test('are one permissive modify, whatever else the group has', () => {
    const { steps, readAfter } = plan([add('a', 'b'), remove('c')])
    expect(linesOf({ steps })).toEqual([
      `modify ${DN}`,
      `+ member: ${dn('a')} | ${dn('b')} | ${NOBODY}`,
      `- member: ${dn('c')} | ${NOBODY}`,
      'permissive',
    ])
    expect(readAfter).toBe(false)
  })

  test('drive the placeholder out when one comes; adding it first makes that pass', () => {
    expect(linesOf(plan([add('a')]))).toEqual([
      `modify ${DN}`,
      `+ member: ${dn('a')} | ${NOBODY}`,
      `- member: ${NOBODY}`,
      'permissive',
    ])
    expect(otherwise(add('a'))).toEqual([])
  })

  test('leave without being read; what is gone already, or the last one, has its way round', () => {
    expect(linesOf(plan([remove('a', 'b')]))).toEqual([
      `modify ${DN}`,
      `- member: ${dn('a')} | ${dn('b')}`,
      'permissive',
    ])
    expect(otherwise(remove('a', 'b'))).toEqual([
      [
        'noSuchAttribute',
        `+ member: ${dn('a')} | ${dn('b')}`,
        `- member: ${dn('a')} | ${dn('b')}`,
        'permissive',
      ],
      [
        'objectClassViolation',
        `+ member: ${dn('a')} | ${dn('b')} | ${NOBODY}`,
        `- member: ${dn('a')} | ${dn('b')}`,
        'permissive',
      ],
    ])
  })

  test('have no placeholder where the mapping has none', () => {
    const own = rulesOf(`dialect: openldap
resources:
  Group:
    base: ou=groups,{{ suffix }}
    filter: (objectClass=posixGroup)
    dn: cn={{ displayName }},ou=groups,{{ suffix }}
    objectClass: [posixGroup]
    attributes: { displayName: cn, members: { reference: Group, ldap: member } }
`)
    const resource = resourceRules(own, 'Group')
    const { memberships } = splitMemberships(resource, operations(add('g2'), remove('g3')))
    const known = [OPS, reference('Group', 'g2', 'cn=b'), reference('Group', 'g3', 'cn=c')]
    const facts = factsOf(known, { server: PLAIN })
    const { steps } = planMemberships(own, resource, 'g1', memberships, facts)
    expect(linesOf({ steps })).toEqual([
      `modify ${DN}`,
      '+ member: cn=b',
      '- member: cn=c',
      'permissive',
    ])
    expect(steps[0]?.otherwise?.map(({ on }) => on)).toEqual(['noSuchAttribute'])
  })

  describe('on a server that minds what is so already', () => {
    const exact = serverWithout('assertion', 'permissiveModify')
    const step = (list: readonly unknown[], held?: readonly string[]) => {
      const facts = factsOf([OPS, ...PEOPLE], {
        server: exact,
        ...(held && { held: new Map([['member', new Set(held)]]) }),
      })
      const { memberships } = splitMemberships(group, operations(...list))
      return planMemberships(rules, group, 'g1', memberships, facts).steps[0]
    }
    const lines = (...args: Parameters<typeof step>) => {
      const one = step(...args)
      return one === undefined ? [] : linesOf({ steps: [one] })
    }

    test('come and go by name at first, and can be taken back', () => {
      const one = step([add('a', 'b'), remove('c')])
      expect(lines([add('a', 'b'), remove('c')])).toEqual([
        `modify ${DN}`,
        `+ member: ${dn('a')} | ${dn('b')}`,
        `- member: ${dn('c')}`,
        'preRead entryUUID',
      ])
      expect(one?.undo && linesOfWrite(one.undo).slice(1)).toEqual([
        `+ member: ${dn('c')}`,
        `- member: ${dn('a')} | ${dn('b')}`,
      ])
      expect(one?.check?.identity).toEqual({ kind: 'equal', attribute: 'entryUUID', value: 'g1' })
    })

    test('are left out once it is known who is there', () => {
      expect(lines([add('a', 'b'), remove('c')], [dn('a')])).toEqual([
        `modify ${DN}`,
        `+ member: ${dn('b')}`,
        'preRead entryUUID',
      ])
      expect(lines([add('a', 'b'), remove('c')], [dn('a'), dn('b'), dn('c')])).toEqual([
        `modify ${DN}`,
        `- member: ${dn('c')}`,
        'preRead entryUUID',
      ])
      expect(lines([add('a'), remove('c')], [dn('a')])).toEqual([])
    })

    test('leave the placeholder in their stead where the last one may not go', () => {
      const otherwise = step([remove('a')])?.otherwise?.map(({ on, write }) => [
        on,
        ...linesOfWrite(write).slice(1, -1),
      ])
      expect(otherwise).toEqual([
        ['objectClassViolation', `+ member: ${NOBODY}`, `- member: ${dn('a')}`],
      ])
      expect(step([add('a')])?.otherwise).toEqual([])
    })
  })

  test('hit the entry with the id or none', () => {
    expect(linesOf(plan([add('a')], undefined, serverWithout())).slice(-2)).toEqual([
      assertion(rules, DN, '(entryUUID=g1)'),
      'permissive',
    ])
  })

  test('who come must be there, those who go need not', () => {
    expect(refusalOf(() => plan([add('a', 'x', 'y')]))).toEqual({
      status: 400,
      scimType: 'invalidValue',
      detail: 'members: no User or Group has the id "x", "y"',
    })
    expect(linesOf(plan([remove('a', 'x')]))[1]).toBe(`- member: ${dn('a')}`)
    expect(plan([remove('x')])).toEqual({ steps: [], readAfter: false })
  })

  test('need a group', () => {
    const refusal = { status: 404, scimType: undefined, detail: 'no Group has the id "g1"' }
    expect(refusalOf(() => plan([add('a')], PEOPLE))).toEqual(refusal)
    const misnamed = reference('User', 'g1', 'uid=g1,ou=people,dc=example')
    expect(refusalOf(() => plan([add('a')], [misnamed, ...PEOPLE]))).toEqual(refusal)
  })
})
