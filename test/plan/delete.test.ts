import { expect, test } from 'vitest'
import { planDelete } from '../../src/plan/delete.ts'
import { entry, factsOf } from '../support/entries.ts'
import { assertion, linesOf } from '../support/plans.ts'
import { shippedRules } from '../support/rules.ts'
import { serverWithout } from '../support/server.ts'

const rules = shippedRules('openldap')
const DN = 'uid=anna,ou=people,dc=example'
const ANNA = entry(DN, { entryUUID: 'a1', entryCSN: 'csn1' })

test('a DELETE takes the entry with the id, and tells that its DN is free', () => {
  const plan = planDelete(rules, ANNA, factsOf(), false)
  expect(linesOf(plan)).toEqual([`delete ${DN}`, assertion(rules, DN, '(entryUUID=a1)')])
  expect(plan.moved).toEqual({ from: ANNA.dn })
  expect(plan.readAfter).toBe(false)
})

test('a DELETE with a condition takes the entry as it was read', () => {
  expect(linesOf(planDelete(rules, ANNA, factsOf(), true)).at(-1)).toBe(
    assertion(rules, DN, '(&(entryUUID=a1)(entryCSN=csn1))'),
  )
})

test('a DELETE without the assertion control asks what was deleted, all of it, to put it back', () => {
  const facts = factsOf([], { server: serverWithout('assertion') })
  for (const unchanged of [false, true]) {
    const plan = planDelete(rules, ANNA, facts, unchanged)
    expect(linesOf(plan)).toEqual([`delete ${DN}`, 'preRead * entryUUID'])
    expect(plan.steps[0]?.check).toEqual({
      identity: { kind: 'equal', attribute: 'entryUUID', value: 'a1' },
      state: { kind: 'true' },
    })
  }
})

test('a DELETE asserts nothing where the server cannot', () => {
  const facts = factsOf([], { server: serverWithout('assertion', 'preRead') })
  expect(linesOf(planDelete(rules, ANNA, facts, true))).toEqual([`delete ${DN}`])
})
