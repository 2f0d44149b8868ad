import { describe, expect, test } from 'vitest'
import { printFilter } from '../../src/ldap/filter.ts'
import { translateFilter } from '../../src/plan/filter.ts'
import { planCreate } from '../../src/plan/create.ts'
import { resourceOf } from '../../src/plan/resource.ts'
import { planUpdate } from '../../src/plan/update.ts'
import { parseFilter } from '../../src/scim/filter.ts'
import type { JsonObject } from '../../src/scim/resource.ts'
import { entry, factsOf } from '../support/entries.ts'
import { linesOf } from '../support/plans.ts'
import { problemsOf, userMapping, userRules } from '../support/rules.ts'
import { serverWithout } from '../support/server.ts'

/** As Exchange keeps addresses: the tag in capital letters is that of the primary one. */
const EMAILS = [
  'userName: uid',
  'emails:',
  '  - { type: work, primary: true, value: { ldap: description, as: { tagged: "SMTP:" } } }',
  '  - { type: other, each: { ldap: description, as: { tagged: "smtp:" } } }',
]
const { rules, user } = userRules(EMAILS)
const main = (value: string) => ({ type: 'work', value })
const other = (value: string) => ({ type: 'other', value })

describe('values told apart by their tags', () => {
  test('are written behind them, in one attribute', () => {
    const body = { userName: 'a', emails: [main('a@x'), other('b@x'), other('c@x')] }
    expect(linesOf(planCreate(rules, user, body, factsOf()))).toContain(
      '+ description: SMTP:a@x | smtp:b@x | smtp:c@x',
    )
  })

  test('are read each in its place, and values with other tags nowhere', () => {
    const description = ['smtp:b@x', 'X500:/o=x', 'SMTP:a@x', 'smtp:c@x', 'plain']
    const found = entry('uid=a,ou=people,dc=example', { uid: 'a', description })
    const { attributes: wanted } = user
    const rendering = {
      rules,
      resource: user,
      wanted,
      byDn: new Map(),
      links: new Map(),
      baseUrl: '',
    }
    expect(resourceOf(found, rendering).emails).toEqual([
      { ...main('a@x'), primary: true },
      other('b@x'),
      other('c@x'),
    ])
  })

  test('change by themselves: what goes before what comes, values with other tags stay', () => {
    const description = ['SMTP:a@x', 'smtp:b@x', 'X500:/o=x']
    const found = entry('uid=a,ou=people,dc=example', { entryUUID: 'x', uid: 'a', description })
    const emails = (...values: readonly JsonObject[]) => ({ userName: 'a', emails: values })
    const plan = planUpdate(
      rules,
      user,
      {
        entry: found,
        before: emails(main('a@x'), other('b@x')),
        after: emails(main('b@x'), other('a@x')),
        rules: user.attributes,
        unchanged: false,
      },
      factsOf([], { server: serverWithout('assertion', 'preRead', 'postRead') }),
    )
    expect(linesOf(plan)).toEqual([
      'modify uid=a,ou=people,dc=example',
      '- description: SMTP:a@x',
      '- description: smtp:b@x',
      '+ description: SMTP:b@x',
      '+ description: smtp:a@x',
    ])
  })

  test.each([
    // A rule that minds no case finds the other tag, too.
    ['emails[type eq "work" and value eq "a@x"]', '(&(description=*)(description=SMTP:a@x))'],
    [
      'emails.value sw "a"',
      '(|(&(description=*)(description=SMTP:a*))(&(description=*)(description=smtp:a*)))',
    ],
    [
      'emails.value ew "x"',
      '(|(&(description=*)(description=*))(&(description=*)(description=*)))',
    ],
  ])('%s finds %s, to be looked at', (filter, ldap) => {
    const context = { rules, resource: user, server: serverWithout(), references: new Map() }
    const translated = translateFilter(parseFilter(filter), context)
    expect([printFilter(translated.filter), translated.exact]).toEqual([ldap, false])
  })
})

describe('rules that share an LDAP attribute', () => {
  const line = (name: string, tag?: string) =>
    tag === undefined
      ? `${name}: description`
      : `${name}: { ldap: description, as: { tagged: "${tag}" } }`

  test('may do so by different tags', () => {
    expect(problemsOf(userMapping(EMAILS))).toEqual([])
    const lines = ['userName: uid', line('title', 'a:'), line('nickName', 'b:')]
    expect(problemsOf(userMapping(lines))).toEqual([])
  })

  test.each([
    [line('title', 'a:'), line('nickName', 'a:b:')],
    [line('title', 'a:'), line('nickName', 'a:')],
    [line('title', 'a:'), line('nickName')],
    [line('title'), line('nickName', 'a:')],
  ])('may not where one is part of the other: %s, %s', (...lines) => {
    expect(problemsOf(userMapping(['userName: uid', ...lines]))).toEqual([
      'mapping.yaml:10:7 resources.User.attributes.nickName: description is already written by title',
    ])
  })
})
