import { describe, expect, test } from 'vitest'
import { resourceRules } from '../../src/mapping/rules.ts'
import type { Facts } from '../../src/plan/facts.ts'
import { changesOfMemberships } from '../../src/plan/membership.ts'
import type { Update } from '../../src/plan/update.ts'
import { planUpdate, questionOfUpdate } from '../../src/plan/update.ts'
import type { Resource } from '../../src/scim/resource.ts'
import { ENTERPRISE_USER_SCHEMA } from '../../src/scim/urn.ts'
import { byDn, entry, factsOf, reference } from '../support/entries.ts'
import { assertion, linesOf, linesOfWrite } from '../support/plans.ts'
import { ruleOf, shippedRules, userRules } from '../support/rules.ts'
import { serverWithout } from '../support/server.ts'

const { rules, user } = userRules([
  'userName: uid',
  "name.familyName: { ldap: sn, default: '{{ displayName | default: userName }}' }",
  'name.givenName: givenName',
  "name.formatted: { ldap: cn, default: '{{ displayName | default: userName }}' }",
  'title: title',
  'displayName: displayName',
  'active: { activation: true }',
  'password: { password: true }',
  'emails: [ { type: work, primary: true, value: mail } ]',
  'phoneNumbers: [ { type: work, value: telephoneNumber }, { type: mobile, value: mobile }, { type: fax, value: facsimileTelephoneNumber } ]',
  'groups: { reference: User, ldap: memberOf }',
  'enterprise.department: departmentNumber',
  'enterprise.manager: { reference: User, ldap: manager }',
])
const group = resourceRules(shippedRules('openldap'), 'Group')
const DN = 'uid=anna,ou=people,dc=example'
const BOSS = reference('User', 'b1', 'uid=boss,ou=people,dc=example')
const CHEF = reference('User', 'c1', 'uid=chef,ou=people,dc=example')
const ANNA = entry(DN, {
  entryUUID: 'a1',
  entryCSN: 'csn1',
  uid: 'anna',
  sn: 'Ax',
  givenName: 'Anna',
  cn: 'Anna Ax',
  title: 'Dr.',
  mail: 'a@x',
  mobile: '1',
  facsimileTelephoneNumber: '9',
  manager: 'uid=boss,ou=people,dc=example',
})
const BEFORE: Resource = {
  userName: 'anna',
  name: { familyName: 'Ax', givenName: 'Anna', formatted: 'Anna Ax' },
  title: 'Dr.',
  active: true,
  emails: [{ value: 'a@x', type: 'work', primary: true }],
  phoneNumbers: [
    { value: '1', type: 'mobile' },
    { value: '9', type: 'fax' },
  ],
  [ENTERPRISE_USER_SCHEMA]: { manager: { value: 'b1' } },
}

/** A server whose controls do not matter to the test. */
const PLAIN = serverWithout('assertion', 'preRead', 'postRead')
const FACTS = factsOf([CHEF], { byDn: byDn(BOSS), server: PLAIN })

const plan = (after: Resource, facts: Facts = FACTS, more: Partial<Update> = {}) =>
  planUpdate(
    rules,
    user,
    { entry: ANNA, before: BEFORE, after, rules: user.attributes, unchanged: false, ...more },
    facts,
  )
const changed = (changes: Resource) => linesOf(plan({ ...BEFORE, ...changes }))

describe('an update', () => {
  test('of nothing does nothing', () => {
    const { steps, readAfter, moved } = plan(structuredClone(BEFORE))
    expect([steps, readAfter, moved]).toEqual([[], false, undefined])
  })

  test('is one modify that names the values that go and come', () => {
    expect(
      changed({
        title: 'Prof.',
        displayName: 'Anna',
        phoneNumbers: [{ value: '2', type: 'work' }],
        emails: [],
        [ENTERPRISE_USER_SCHEMA]: { manager: { value: 'c1' }, department: 'R&D' },
      }),
    ).toEqual([
      `modify ${DN}`,
      '- title: Dr.',
      '+ title: Prof.',
      '+ displayName: Anna',
      '- mail: a@x',
      '+ telephoneNumber: 2',
      '- mobile: 1',
      '= facsimileTelephoneNumber: ',
      '+ departmentNumber: R&D',
      '- manager: uid=boss,ou=people,dc=example',
      '+ manager: uid=chef,ou=people,dc=example',
    ])
  })

  test('leaves what it does not change as it is', () => {
    expect(
      changed({ name: { familyName: 'Ax', givenName: 'Anne', formatted: 'Anna Ax' } }),
    ).toEqual([`modify ${DN}`, '- givenName: Anna', '+ givenName: Anne'])
  })

  test('can be undone by the changes turned round', () => {
    const [step] = plan({
      ...BEFORE,
      title: 'Prof.',
      displayName: 'A',
      emails: [],
      phoneNumbers: [{ value: '1', type: 'mobile' }],
    }).steps
    expect(step?.undo && linesOfWrite(step.undo)).toEqual([
      `modify ${DN}`,
      '- title: Prof.',
      '+ title: Dr.',
      '- displayName: A',
      '+ mail: a@x',
      '+ facsimileTelephoneNumber: 9',
    ])
  })

  test('puts the default where a value goes', () => {
    const { name: _name, ...rest } = BEFORE
    expect(linesOf(plan({ ...rest, displayName: 'D' }))).toEqual([
      `modify ${DN}`,
      '- sn: Ax',
      '+ sn: D',
      '- givenName: Anna',
      '- cn: Anna Ax',
      '+ cn: D',
      '+ displayName: D',
    ])
  })

  test('switches an account off and on', () => {
    expect(changed({ active: false })).toEqual([
      `modify ${DN}`,
      '+ pwdAccountLockedTime: 000001010000Z',
    ])
    const off = entry(DN, { entryUUID: 'a1', uid: 'anna', pwdAccountLockedTime: '000001010000Z' })
    const update = { entry: off, before: { ...BEFORE, active: false } }
    expect(linesOf(plan(BEFORE, FACTS, update))).toEqual([
      `modify ${DN}`,
      '- pwdAccountLockedTime: 000001010000Z',
    ])
  })

  test('writes only what was read', () => {
    const some = user.attributes.filter(({ key }) => key === 'title')
    expect(
      linesOf(plan({ ...BEFORE, title: 'x', displayName: 'y' }, FACTS, { rules: some })),
    ).toEqual([`modify ${DN}`, '- title: Dr.', '+ title: x'])
  })

  test('never writes what is readOnly', () => {
    expect(linesOf(plan({ ...BEFORE, groups: [{ value: 'g1' }] }))).toEqual([])
  })

  test('takes along what a changed attribute is written to besides', () => {
    const own = userRules(
      ['userName: uid', 'displayName: cn', 'title: title'],
      [
        'write:',
        "  gecos: { on: always, value: '{{ displayName }}' }",
        "  description: { on: create, value: '{{ displayName }}' }",
      ],
    )
    const now = entry(DN, { entryUUID: 'a1', uid: 'anna', cn: 'A', gecos: 'A', description: 'A' })
    const update = (after: Resource) =>
      linesOf(
        planUpdate(
          own.rules,
          own.user,
          {
            entry: now,
            before: { userName: 'anna', displayName: 'A' },
            after: { userName: 'anna', displayName: 'A', ...after },
            rules: own.user.attributes,
            unchanged: false,
          },
          FACTS,
        ),
      )
    expect(update({ displayName: 'B' })).toEqual([
      `modify ${DN}`,
      '- cn: A',
      '+ cn: B',
      '- gecos: A',
      '+ gecos: B',
    ])
    expect(update({ title: 'T' })).toEqual([`modify ${DN}`, '+ title: T'])
  })
})

describe('a rename', () => {
  const renamed = { ...BEFORE, userName: 'anne', title: 'Prof.' }

  test('comes before the modify, which then names the entry as it is called by then', () => {
    const { steps, moved } = plan(renamed)
    expect(linesOf({ steps })).toEqual([
      `rename ${DN} → uid=anne`,
      'modify uid=anne,ou=people,dc=example',
      '- title: Dr.',
      '+ title: Prof.',
    ])
    expect(moved).toEqual({ from: ANNA.dn, to: steps[1]?.write.dn })
  })

  test('can be undone', () => {
    const undo = plan(renamed).steps[0]?.undo
    expect(undo && linesOfWrite(undo)).toEqual(['rename uid=anne,ou=people,dc=example → uid=anna'])
    expect(undo).not.toHaveProperty('keepsOldRdn')
    const spelled = plan({ ...BEFORE, userName: 'Anna' }).steps[0]?.undo
    expect(spelled).not.toHaveProperty('keepsOldRdn')
  })

  test('to a value that the entry has already leaves it there when it is undone', () => {
    const both = entry(DN, { entryUUID: 'a1', uid: ['anna', 'anne'] })
    expect(plan(renamed, FACTS, { entry: both }).steps[0]?.undo).toMatchObject({
      keepsOldRdn: true,
    })
  })

  test('alone leaves nothing for a modify', () => {
    expect(linesOf(plan({ ...BEFORE, userName: 'anne' }))).toEqual([`rename ${DN} → uid=anne`])
    expect(linesOf(plan({ ...BEFORE, userName: 'Anna' }))).toEqual([`rename ${DN} → uid=Anna`])
  })

  test('leaves an entry that somebody else named where it is', () => {
    const odd = { ...ANNA, dn: entry('cn=Anna Ax,ou=people,dc=example', {}).dn }
    expect(linesOf(plan(renamed, FACTS, { entry: odd }))).toEqual([
      'modify cn=Anna Ax,ou=people,dc=example',
      '- uid: anna',
      '+ uid: anne',
      '- title: Dr.',
      '+ title: Prof.',
    ])
  })

  test('to another place can be undone too', () => {
    const own = userRules(
      ['userName: uid', 'userType: employeeType'],
      ['dn: uid={{ userName }},ou={{ userType }},ou=people,{{ suffix }}'],
    )
    const { steps } = planUpdate(
      own.rules,
      own.user,
      {
        entry: entry('uid=a,ou=in,ou=people,dc=example', {
          entryUUID: 'a1',
          uid: 'a',
          employeeType: 'in',
        }),
        before: { userName: 'a', userType: 'in' },
        after: { userName: 'b', userType: 'out' },
        rules: own.user.attributes,
        unchanged: false,
      },
      FACTS,
    )
    expect(linesOf({ steps })).toEqual([
      'rename uid=a,ou=in,ou=people,dc=example → uid=b,ou=out,ou=people,dc=example',
      'modify uid=b,ou=out,ou=people,dc=example',
      '- employeeType: in',
      '+ employeeType: out',
    ])
    const undo = steps[0]?.undo
    expect(undo && linesOfWrite(undo)).toEqual([
      'rename uid=b,ou=out,ou=people,dc=example → uid=a,ou=in,ou=people,dc=example',
    ])
  })
})

describe('a password', () => {
  test('comes last, for nothing takes it back', () => {
    const { steps, readAfter } = plan({ ...BEFORE, userName: 'anne', title: 'x', password: 'p' })
    expect(steps.map(({ write }) => write.kind)).toEqual(['rename', 'modify', 'password'])
    expect(linesOf({ steps }).at(-1)).toBe('password uid=anne,ou=people,dc=example: p')
    expect(steps[2]?.undo).toBeUndefined()
    expect(readAfter).toBe(true)
  })

  test('alone is one step', () => {
    expect(changed({ password: 'p' })).toEqual([`password ${DN}: p`])
  })
})

describe('what guards an update', () => {
  const server = serverWithout('postRead')
  const guarded = factsOf([CHEF], { byDn: byDn(BOSS), server })

  test('is the id of the entry', () => {
    expect(linesOf(plan({ ...BEFORE, title: 'x' }, guarded))).toEqual([
      `modify ${DN}`,
      '- title: Dr.',
      '+ title: x',
      assertion(rules, DN, '(entryUUID=a1)'),
    ])
  })

  test('is that what gets its first value has none yet', () => {
    expect(linesOf(plan({ ...BEFORE, displayName: 'x' }, guarded)).at(-1)).toBe(
      assertion(rules, DN, '(&(entryUUID=a1)(!(displayName=*)))'),
    )
  })

  test('is the version where nothing may have changed', () => {
    const lines = linesOf(plan({ ...BEFORE, title: 'x' }, guarded, { unchanged: true }))
    expect(lines.at(-1)).toBe(assertion(rules, DN, '(&(entryUUID=a1)(entryCSN=csn1))'))
  })

  test('is the version where a value cannot be compared', () => {
    const lines = linesOf(
      plan({ ...BEFORE, phoneNumbers: [{ value: '1', type: 'mobile' }] }, guarded),
    )
    expect(lines).toEqual([
      `modify ${DN}`,
      '= facsimileTelephoneNumber: ',
      assertion(rules, DN, '(&(entryUUID=a1)(entryCSN=csn1))'),
    ])
  })

  test('is the version at the rename, for the rename moves it on', () => {
    const after = { ...BEFORE, userName: 'anne', displayName: 'x' }
    expect(linesOf(plan(after, guarded, { unchanged: true }))).toEqual([
      `rename ${DN} → uid=anne`,
      assertion(rules, DN, '(&(entryUUID=a1)(entryCSN=csn1))'),
      'modify uid=anne,ou=people,dc=example',
      '+ displayName: x',
      assertion(rules, 'uid=anne,ou=people,dc=example', '(&(entryUUID=a1)(!(displayName=*)))'),
    ])
  })

  test('asks for nothing where the server has neither assertion nor pre-read control', () => {
    expect(changed({ title: 'x' })).toEqual([`modify ${DN}`, '- title: Dr.', '+ title: x'])
  })

  describe('where the pre-read control must tell', () => {
    const told = factsOf([CHEF], {
      byDn: byDn(BOSS),
      server: serverWithout('assertion', 'postRead'),
    })
    const checked = (after: Resource, more: Partial<Update> = {}) => plan(after, told, more).steps

    test('is asked for with the write, and checked after it', () => {
      const [step] = checked({ ...BEFORE, title: 'x', displayName: 'y' })
      expect(step && linesOf({ steps: [step] }).at(-1)).toBe('preRead entryUUID displayName')
      expect(step?.check).toEqual({
        identity: { kind: 'equal', attribute: 'entryUUID', value: 'a1' },
        state: { kind: 'not', filter: { kind: 'present', attribute: 'displayName' } },
      })
    })

    test('is of the rename, too', () => {
      const steps = checked({ ...BEFORE, userName: 'anne', title: 'x' })
      expect(linesOf({ steps })).toContain('preRead entryUUID')
      expect(steps.map(({ check }) => check?.identity)).toEqual([
        { kind: 'equal', attribute: 'entryUUID', value: 'a1' },
        { kind: 'equal', attribute: 'entryUUID', value: 'a1' },
      ])
    })

    test('is the version where nothing may have changed', () => {
      const [step] = checked({ ...BEFORE, title: 'x' }, { unchanged: true })
      expect(step?.check?.state).toEqual({ kind: 'equal', attribute: 'entryCSN', value: 'csn1' })
    })

    test('is all that was read where there is no version', () => {
      const attributes = new Map(ANNA.attributes)
      attributes.delete('entrycsn')
      const now = { ...ANNA, attributes }
      const [step] = checked({ ...BEFORE, title: 'x' }, { unchanged: true, entry: now })
      expect(step?.check?.unchanged).toEqual(now)
      const asked = step && linesOf({ steps: [step] }).at(-1)
      expect(asked).toMatch(/^preRead entryUUID .*\btitle\b.*\bmail\b.*\bmanager\b/)
    })
  })
})

test('the last step tells how the entry is then, where the server has the control', () => {
  const facts = factsOf([CHEF], { byDn: byDn(BOSS), server: serverWithout('assertion', 'preRead') })
  const { steps, readAfter } = plan({ ...BEFORE, userName: 'anne', title: 'x' }, facts)
  expect(steps.map(({ write }) => 'postRead' in write)).toEqual([false, true])
  expect(readAfter).toBe(false)
  expect(plan({ ...BEFORE, title: 'x' }).readAfter).toBe(true)
})

describe('members that come and go beside other changes', () => {
  const members = changesOfMemberships(
    [{ rule: ruleOf(group, 'members', 'reference'), added: ['c1'], removed: ['b1'] }],
    factsOf([BOSS, CHEF]),
  )
  const now = entry('cn=ops,ou=groups,dc=example', { entryUUID: 'g1', cn: 'ops' })
  const { steps } = planUpdate(
    rules,
    group,
    {
      entry: now,
      before: { displayName: 'ops' },
      after: { displayName: 'dev' },
      rules: group.attributes.filter(({ key }) => key !== 'members'),
      members,
      unchanged: false,
    },
    FACTS,
  )

  test('are in the same modify, which passes what is already so', () => {
    expect(linesOf({ steps })).toEqual([
      'rename cn=ops,ou=groups,dc=example → cn=dev',
      'modify cn=dev,ou=groups,dc=example',
      '+ member: uid=chef,ou=people,dc=example | cn=nobody,dc=example',
      '- member: uid=boss,ou=people,dc=example | cn=nobody,dc=example',
      'permissive',
    ])
  })

  test('have their alternatives there', () => {
    expect(steps[1]?.otherwise?.map(({ on }) => on)).toEqual([
      'noSuchAttribute',
      'objectClassViolation',
    ])
  })
})

describe('what an update must know', () => {
  const question = (after: Resource, known: Facts = FACTS) =>
    questionOfUpdate(user, BEFORE, { ...BEFORE, ...after }, known)

  test('is who is meant by new references', () => {
    const manager = (value: string) => ({ [ENTERPRISE_USER_SCHEMA]: { manager: { value } } })
    expect(question(manager('new'))).toEqual({ ids: [{ id: 'new', types: ['User'] }] })
    expect(question(manager('c1'))).toEqual({ ids: [] })
    expect(question(manager('b1'))).toEqual({ ids: [] })
  })

  test('is whether new unique values are free', () => {
    expect(question({ userName: 'anne' }).clashes).toEqual({
      type: 'User',
      filter: { kind: 'equal', attribute: 'uid', value: 'anne' },
    })
    expect(question({ userName: 'ANNA' }).clashes).toBeUndefined()
    expect(question({ title: 'x' }).clashes).toBeUndefined()
  })
})
