import { describe, expect, test } from 'vitest'
import { parseDn, printDn } from '../../src/ldap/dn.ts'
import { resourceRules } from '../../src/mapping/rules.ts'
import type { Leaving } from '../../src/mapping/rules.ts'
import { planLeave } from '../../src/plan/leave.ts'
import { entry, factsOf } from '../support/entries.ts'
import { assertion, linesOf, linesOfWrite } from '../support/plans.ts'
import { ruleOf, shippedRules } from '../support/rules.ts'
import { serverWithout } from '../support/server.ts'
import { refusalOf } from '../scim/refusal.ts'

const rules = shippedRules('openldap')
const user = resourceRules(rules, 'User')
const rule = ruleOf(resourceRules(rules, 'Group'), 'members', 'reference')
const DN = 'uid=anna,ou=people,dc=example'
const GROUP = 'cn=all,ou=groups,dc=example'
const ANNA = entry(DN, { entryUUID: 'a1', entryCSN: 'csn1', uid: 'anna' })
const ALL = { rule, entry: entry(GROUP, { entryUUID: 'g1', objectClass: 'groupOfNames' }) }
const LEAVING: Leaving = {
  target: parseDn('ou=leavers,dc=example'),
  disable: true,
  leaveGroups: true,
  reviveBy: [],
}
const departure = { entry: ANNA, id: 'a1', holders: [], unchanged: false }

describe('a DELETE that moves', () => {
  const plan = planLeave(rules, user, LEAVING, { ...departure, holders: [ALL] }, factsOf())

  test('switches off, leaves the groups and moves, in this order', () => {
    expect(linesOf(plan)).toEqual([
      `modify ${DN}`,
      '+ pwdAccountLockedTime: 000001010000Z',
      assertion(rules, DN, '(entryUUID=a1)'),
      `modify ${GROUP}`,
      `- member: ${DN}`,
      assertion(rules, GROUP, '(entryUUID=g1)'),
      'permissive',
      `rename ${DN} → uid=anna,ou=leavers,dc=example`,
      assertion(rules, DN, '(entryUUID=a1)'),
      'postRead',
    ])
    expect(plan.moved?.to && printDn(plan.moved.to)).toBe('uid=anna,ou=leavers,dc=example')
  })

  test('can take every step back', () => {
    expect(plan.steps.map(({ undo }) => undo && linesOfWrite(undo))).toEqual([
      [`modify ${DN}`, '- pwdAccountLockedTime: 000001010000Z'],
      [`modify ${GROUP}`, `+ member: ${DN}`, 'permissive'],
      ['rename uid=anna,ou=leavers,dc=example → uid=anna,ou=people,dc=example'],
    ])
  })

  test('puts the id behind a name that is taken there, and keeps the name as a value', () => {
    const [other] = plan.steps.at(-1)?.otherwise ?? []
    expect(other?.on).toBe('entryAlreadyExists')
    expect(other?.write).toMatchObject({
      rdn: [{ type: 'uid', value: 'anna a1' }],
      keepsOldRdn: true,
    })
  })

  test('keeps no second value where the attribute has one only', () => {
    const named = entry('displayName=Anna,ou=people,dc=example', { entryUUID: 'a1' })
    const { steps } = planLeave(rules, user, LEAVING, { ...departure, entry: named }, factsOf())
    expect(steps.at(-1)?.otherwise?.[0]?.write).not.toHaveProperty('keepsOldRdn')
  })

  test('with a condition asserts the version where it writes to the entry first', () => {
    const conditional = { ...departure, unchanged: true }
    expect(linesOf(planLeave(rules, user, LEAVING, conditional, factsOf()))[2]).toBe(
      assertion(rules, DN, '(&(entryUUID=a1)(entryCSN=csn1))'),
    )
    const on = { ...LEAVING, disable: false }
    expect(linesOf(planLeave(rules, user, on, conditional, factsOf()))).toEqual([
      `rename ${DN} → uid=anna,ou=leavers,dc=example`,
      assertion(rules, DN, '(&(entryUUID=a1)(entryCSN=csn1))'),
      'postRead',
    ])
  })

  test('does not switch off who is off', () => {
    const off = entry(DN, { entryUUID: 'a1', pwdAccountLockedTime: '000001010000Z' })
    const { steps } = planLeave(rules, user, LEAVING, { ...departure, entry: off }, factsOf())
    expect(steps.map(({ write }) => write.kind)).toEqual(['rename'])
  })

  test('is refused where the directory cannot switch off', () => {
    const facts = factsOf([], { server: serverWithout('ppolicy') })
    expect(refusalOf(() => planLeave(rules, user, LEAVING, departure, facts))).toEqual({
      status: 500,
      scimType: undefined,
      detail:
        "the User cannot be deleted: active cannot be false: the directory's schema has no pwdAccountLockedTime",
    })
  })
})
