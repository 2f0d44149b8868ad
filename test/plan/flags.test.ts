import { describe, expect, test } from 'vitest'
import { printFilter } from '../../src/ldap/filter.ts'
import { resourceRules } from '../../src/mapping/rules.ts'
import { planCreate } from '../../src/plan/create.ts'
import { translateFilter } from '../../src/plan/filter.ts'
import { resourceOf } from '../../src/plan/resource.ts'
import { planUpdate } from '../../src/plan/update.ts'
import { parseFilter } from '../../src/scim/filter.ts'
import type { JsonObject, Resource } from '../../src/scim/resource.ts'
import { entry, factsOf } from '../support/entries.ts'
import { linesOf } from '../support/plans.ts'
import { problemsOf, shippedRules, userMapping, userRules } from '../support/rules.ts'
import { activeDirectoryServer, serverWithout } from '../support/server.ts'

const AD = 'urn:scim2ldap:schemas:extension:ActiveDirectory:User'
const rules = shippedRules('active-directory')
const user = resourceRules(rules, 'User')
const server = activeDirectoryServer()
const DN = 'cn=ann,ou=People,dc=example'

/** The lines about one attribute of what becomes of an entry, changed from one resource to another. */
function change(held: Readonly<Record<string, string>>, before: Resource, after: Resource) {
  const found = entry(DN, { cn: 'ann', userPrincipalName: 'ann', ...held })
  const update = { entry: found, rules: user.attributes, unchanged: false }
  const name = { userName: 'ann' }
  const plan = planUpdate(
    rules,
    user,
    { ...update, before: { ...name, ...before }, after: { ...name, ...after } },
    factsOf([], { server }),
  )
  return linesOf(plan).filter((line) => /^[-+=] /.test(line))
}

function shown(held: Readonly<Record<string, string>>): JsonObject {
  const rendering = {
    rules,
    resource: user,
    wanted: user.attributes,
    byDn: new Map(),
    links: new Map(),
    baseUrl: '',
  }
  return resourceOf(entry(DN, { userPrincipalName: 'ann', ...held }), rendering)
}

describe('flags of one integer', () => {
  test('are changed together with the switch, and leave the other bits', () => {
    expect(
      change(
        { userAccountControl: '1049088' }, // NOT_DELEGATED
        { active: true, [AD]: { passwordNeverExpires: false } },
        { active: false, [AD]: { passwordNeverExpires: true, smartcardRequired: true } },
      ),
    ).toEqual(['- userAccountControl: 1049088', '+ userAccountControl: 1376770'])
  })

  test('go off alone where nobody speaks of them any more', () => {
    const on = { active: true, [AD]: { passwordNeverExpires: true } }
    expect(change({ userAccountControl: '328192' }, on, { active: true })).toEqual([
      '- userAccountControl: 328192',
      '+ userAccountControl: 262656',
    ])
  })

  test('are one value of a new entry', () => {
    const body = { userName: 'ann', [AD]: { passwordNeverExpires: true, smartcardRequired: false } }
    const lines = linesOf(planCreate(rules, user, body, factsOf([], { server })))
    expect(lines.filter((line) => line.includes('userAccountControl'))).toEqual([
      '+ userAccountControl: 66048',
    ])
  })

  test('are shown each by itself', () => {
    expect(shown({ userAccountControl: '66050' })).toMatchObject({
      active: false,
      [AD]: { passwordNeverExpires: true, smartcardRequired: false },
    })
  })

  test('may share an attribute, but no bit', () => {
    const mapping = (one: string, other: string) =>
      problemsOf(
        userMapping([
          'userName: uid',
          `active: { ldap: shadowFlag, as: { flag: ${one} } }`,
          `enterprise.manager: { reference: User, ldap: manager }`,
          `emails: [{ primary: true, value: mail }]`,
          `title: { ldap: ${other} }`,
        ]),
      )
    expect(mapping('4', 'title')).toEqual([])
    expect(mapping('4', 'ShadowFlag')).toEqual([
      'mapping.yaml:12:7 resources.User.attributes.title: ShadowFlag is already written by active',
    ])
  })
})

describe('an account that failed logons have locked', () => {
  test('is unlocked by false', () => {
    const locked = { [AD]: { locked: true } }
    expect(
      change({ lockoutTime: '134399973701136140' }, locked, { [AD]: { locked: false } }),
    ).toEqual(['- lockoutTime: 134399973701136140', '+ lockoutTime: 0'])
  })

  test('is not locked by a client', () => {
    expect(() => change({}, {}, { [AD]: { locked: true } })).toThrow(
      `${AD}:locked must be false: nothing but failed logons locks an account`,
    )
  })

  test('is none where there is no time, and nothing is written for that', () => {
    expect(shown({})).toMatchObject({ [AD]: { locked: false } })
    expect(shown({ lockoutTime: '0' })).toMatchObject({ [AD]: { locked: false } })
    expect(shown({ lockoutTime: '134399973701136140' })).toMatchObject({ [AD]: { locked: true } })
    expect(change({}, { title: 'x' }, { title: 'x', [AD]: { locked: false } })).toEqual([])
    const body = { userName: 'ann', [AD]: { locked: false } }
    const lines = linesOf(planCreate(rules, user, body, factsOf([], { server })))
    expect(lines.filter((line) => line.includes('lockoutTime'))).toEqual([])
  })
})

test('that a password must be changed is 0 as the time when it was set, and "now" otherwise', () => {
  const time = '134399973701136140'
  const must = (mustChangePassword: boolean) => ({ [AD]: { mustChangePassword } })
  expect(shown({ pwdLastSet: '0' })).toMatchObject(must(true))
  expect(shown({ pwdLastSet: time })).toMatchObject(must(false))
  expect(change({ pwdLastSet: time }, must(false), must(true))).toEqual([
    `- pwdLastSet: ${time}`,
    '+ pwdLastSet: 0',
  ])
  expect(change({ pwdLastSet: '0' }, must(true), must(false))).toEqual([
    '- pwdLastSet: 0',
    '+ pwdLastSet: -1',
  ])
})

describe('a filter', () => {
  const printed = (text: string) => {
    const context = { rules, resource: user, server, references: new Map() }
    const { filter, exact } = translateFilter(parseFilter(text), context)
    return `${printFilter(filter)}${exact ? '' : ', to be looked at'}`
  }
  const BIT = 'userAccountControl:1.2.840.113556.1.4.803:=65536'

  test.each([
    ['passwordNeverExpires eq true', `(&(userAccountControl=*)(${BIT}))`],
    ['passwordNeverExpires eq "False"', `(&(userAccountControl=*)(!(${BIT})))`],
    ['passwordNeverExpires ne true', `(!(&(userAccountControl=*)(${BIT})))`],
    ['passwordNeverExpires eq "x"', '(|)'],
    ['passwordNeverExpires pr', '(userAccountControl=*), to be looked at'],
    ['locked eq true', '(lockoutTime>=1)'],
    ['locked eq false', '(!(lockoutTime>=1))'],
    ['locked pr', '(&)'],
    ['mustChangePassword eq true', '(pwdLastSet=0)'],
    ['mustChangePassword eq false', '(&(pwdLastSet=*)(!(pwdLastSet=0)))'],
    ['locked gt true', '(|)'],
  ])('%s is %s', (text, ldap) => {
    expect(printed(`${AD}:${text}`)).toBe(ldap)
  })

  test('of a flag in what is no integer to the server is looked at', () => {
    const text = userRules(['userName: uid', 'active: { ldap: description, as: { flag: 4 } }'])
    const context = {
      rules: text.rules,
      resource: text.user,
      server: serverWithout(),
      references: new Map(),
    }
    const { filter, exact } = translateFilter(parseFilter('active eq true'), context)
    expect([printFilter(filter), exact]).toEqual(['(description=*)', false])
  })
})
