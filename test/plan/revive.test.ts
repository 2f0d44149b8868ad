import { expect, test } from 'vitest'
import { parseDn } from '../../src/ldap/dn.ts'
import { printFilter } from '../../src/ldap/filter.ts'
import type { Leaving } from '../../src/mapping/rules.ts'
import { filterOfLeaver, revived, theLeaver } from '../../src/plan/revive.ts'
import { refusalOf } from '../scim/refusal.ts'
import { entry } from '../support/entries.ts'
import { userRules } from '../support/rules.ts'

const { user } = userRules(['userName: uid', 'title: title', 'active: { activation: true }'])
const LEAVING: Leaving = {
  target: parseDn('ou=leavers,dc=example'),
  disable: true,
  leaveGroups: false,
  reviveBy: ['userName', 'title'],
}

test('a leaver is looked for by all keys together, within the filter', () => {
  const filter = filterOfLeaver(user, LEAVING, { userName: 'anna', title: 'Dr.' })
  expect(filter && printFilter(filter)).toBe('(&(objectClass=inetOrgPerson)(uid=anna)(title=Dr.))')
})

test.each([{ userName: 'anna' }, { userName: 'anna', title: '' }])(
  'who does not say every key revives nobody: %j',
  (body) => expect(filterOfLeaver(user, LEAVING, body)).toBeUndefined(),
)

test('without keys nobody is revived', () => {
  const body = { userName: 'anna', title: 'Dr.' }
  expect(filterOfLeaver(user, { ...LEAVING, reviveBy: [] }, body)).toBeUndefined()
})

test('an entry below the base is no leaver, and two are one too many', () => {
  const [one, two] = ['uid=a,ou=leavers,dc=example', 'uid=b,ou=leavers,dc=example'].map((dn) =>
    entry(dn, {}),
  )
  if (one === undefined || two === undefined) throw new Error('there are two')
  const inside = entry('uid=a,ou=people,dc=example', {})
  expect(theLeaver(user, LEAVING, [])).toBeUndefined()
  expect(theLeaver(user, LEAVING, [inside])).toBeUndefined()
  expect(theLeaver(user, LEAVING, [inside, one])).toBe(one)
  expect(refusalOf(() => theLeaver(user, LEAVING, [one, two]))).toMatchObject({
    status: 409,
    scimType: 'uniqueness',
  })
})

test('who comes back is on, unless the client says otherwise', () => {
  expect(revived(user, { userName: 'anna' })).toEqual({ userName: 'anna', active: true })
  expect(revived(user, { userName: 'anna', active: false })).toMatchObject({ active: false })
})
