import { describe, expect, test } from 'vitest'
import { printFilter } from '../../src/ldap/filter.ts'
import { resourceRules } from '../../src/mapping/rules.ts'
import { planCreate } from '../../src/plan/create.ts'
import { planDelete } from '../../src/plan/delete.ts'
import { translateFilter } from '../../src/plan/filter.ts'
import { planMemberships } from '../../src/plan/membership.ts'
import { planUpdate } from '../../src/plan/update.ts'
import { STRICT } from '../../src/scim/client-quirks.ts'
import { parseFilter } from '../../src/scim/filter.ts'
import type { Resource } from '../../src/scim/resource.ts'
import { entry, factsOf, reference } from '../support/entries.ts'
import { linesOf } from '../support/plans.ts'
import { ruleOf, shippedRules } from '../support/rules.ts'
import { activeDirectoryServer } from '../support/server.ts'

const rules = shippedRules('active-directory')
const user = resourceRules(rules, 'User')
const server = activeDirectoryServer()

function passwordLine(password: string): string {
  return `+ unicodePwd: ${Buffer.from(`"${password}"`, 'utf16le').toString('base64')}`
}

describe('a new account', () => {
  const create = (body: Resource, spare = 'spare') =>
    planCreate(rules, user, body, factsOf([], { server }), STRICT, spare)

  test('is on, with a password that nobody knows, all in one add', () => {
    const plan = create({ userName: 'ann@corp.example' })
    expect(linesOf(plan)).toEqual([
      'add cn=ann@corp.example,ou=People,dc=example',
      '+ objectClass: user',
      '+ userPrincipalName: ann@corp.example',
      '+ userAccountControl: 512',
      '+ accountExpires: 9223372036854775807',
      '+ sAMAccountName: ann',
      '+ countryCode: 0',
      '+ cn: ann@corp.example',
      passwordLine('spare'),
    ])
    expect(plan.readAfter).toBe(true)
  })

  test('has its country in letters, in words and as a number', () => {
    const addresses = [
      { type: 'home', formatted: 'x' },
      { type: 'work', country: 'DE' },
    ]
    const lines = linesOf(create({ userName: 'ann', addresses }))
    expect(lines).toEqual(
      expect.arrayContaining(['+ c: DE', '+ co: Germany', '+ countryCode: 276']),
    )
  })

  test('has the password that the client gives', () => {
    const lines = linesOf(create({ userName: 'ann', password: 'Zoë "x"', active: false }))
    expect(lines).toContain(passwordLine('Zoë "x"'))
    expect(lines).toContain('+ userAccountControl: 514')
    expect(lines).not.toContain(passwordLine('spare'))
  })

  test('expires when the client says so', () => {
    const urn = 'urn:scim2ldap:schemas:extension:ActiveDirectory:User'
    const lines = linesOf(
      create({ userName: 'ann', [urn]: { accountExpires: '2026-01-31T08:00:00Z' } }),
    )
    expect(lines).toContain('+ accountExpires: 134143200000000000')
  })

  test('a group is no account: it has no password', () => {
    const group = resourceRules(rules, 'Group')
    const facts = factsOf([], { server })
    const plan = planCreate(rules, group, { displayName: 'Sales/EU' }, facts, STRICT, 'spare')
    expect(linesOf(plan)).toEqual([
      'add cn=Sales/EU,ou=Groups,dc=example',
      '+ objectClass: group',
      '+ cn: Sales/EU',
      '+ groupType: -2147483646',
      '+ sAMAccountName: Sales_EU',
    ])
  })
})

describe('an account that is there', () => {
  const TARGET = '@ <GUID=5f795def-21e3-43f5-b8b6-32669d959188>'
  const DN = 'cn=ann,ou=People,dc=example'
  const ann = entry(DN, {
    objectGUID: Uint8Array.from(Buffer.from('ef5d795fe321f543b8b632669d959188', 'hex')),
    uSNChanged: '7',
    cn: 'ann',
    userPrincipalName: 'ann',
    sAMAccountName: 'ann',
    title: 'Dr.',
    // DONT_EXPIRE_PASSWORD
    userAccountControl: '66048',
  })
  const before = { userName: 'ann', title: 'Dr.', active: true }
  const update = (after: Resource) =>
    linesOf(
      planUpdate(
        rules,
        user,
        { entry: ann, before, after, rules: user.attributes, unchanged: true },
        factsOf([], { server }),
      ),
    )

  test('is changed by one modify of the entry with its id, its password too', () => {
    expect(update({ ...before, title: 'x', active: false, password: 'new' })).toEqual([
      `modify ${DN}`,
      '- title: Dr.',
      '+ title: x',
      '- userAccountControl: 66048',
      '+ userAccountControl: 66050',
      passwordLine('new').replace('+', '='),
      TARGET,
    ])
  })

  test('is renamed by its DN, as Samba wants it, and changed while it has the new one', () => {
    expect(update({ ...before, userName: 'anne' })).toEqual([
      `rename ${DN} → cn=anne`,
      'modify cn=anne,ou=People,dc=example',
      '- userPrincipalName: ann',
      '+ userPrincipalName: anne',
    ])
  })

  test('is deleted by its id', () => {
    const plan = planDelete(rules, ann, factsOf([], { server }), true)
    expect(linesOf(plan)).toEqual([`delete ${DN}`, TARGET])
  })

  test('is put into a group that is named by its id, without reading it', () => {
    const group = resourceRules(rules, 'Group')
    const id = 'ffffffff-0000-0000-0000-000000000000'
    const own = reference('Group', id, 'cn=staff,ou=Groups,dc=example', {
      objectGUID: Uint8Array.from(Buffer.from(`ffffffff${'0'.repeat(24)}`, 'hex')),
    })
    const member = reference('User', 'a1', DN)
    const rule = ruleOf(group, 'members', 'reference')
    const moves = [{ rule, added: ['a1'], removed: [] }]
    const plan = planMemberships(rules, group, id, moves, factsOf([own, member], { server }))
    expect(linesOf(plan)).toEqual([
      'modify cn=staff,ou=Groups,dc=example',
      `+ member: ${DN}`,
      `@ <GUID=${id}>`,
    ])
  })
})

describe('a filter', () => {
  const context = { rules, resource: user, server, references: new Map() }
  const printed = (text: string) => {
    const { filter, exact } = translateFilter(parseFilter(text), context)
    return `${printFilter(filter)}${exact ? '' : ', to be looked at'}`
  }

  test.each([
    // More is equal to the server than to us: accents, widths.
    ['userName eq "zoe"', '(userPrincipalName=zoe), to be looked at'],
    ['userName eq " "', '(userPrincipalName=*), to be looked at'],
    ['userName sw "zo"', '(userPrincipalName=zo*), to be looked at'],
    // The server does not know that the ligature is two letters.
    ['displayName eq "ﬁ"', '(|(displayName=ﬁ)(displayName=fi)), to be looked at'],
    ['displayName co "ﬁ"', '(|(displayName=*ﬁ*)(displayName=*fi*)), to be looked at'],
    ['userName pr', '(userPrincipalName=*)'],
    ['not (userName eq "zoe")', '(&), to be looked at'],
    ['displayName gt "m"', '(displayName=*), to be looked at'],
    ['active eq true', '(!(userAccountControl:1.2.840.113556.1.4.803:=2))'],
    ['active eq false', '(userAccountControl:1.2.840.113556.1.4.803:=2)'],
    [
      'id eq "5f795def-21e3-43f5-b8b6-32669d959188"',
      '(objectGUID=\\ef\\5d\\79\\5f\\e3\\21\\f5\\43\\b8\\b6\\32\\66\\9d\\95\\91\\88)',
    ],
    // The server compares whole seconds.
    ['meta.created ge "2026-01-31T08:00:00Z"', '(whenCreated>=20260131080000.0Z), to be looked at'],
    [
      'meta.lastModified lt "2026-01-31T08:00:00.25Z"',
      '(whenChanged<=20260131080000.0Z), to be looked at',
    ],
    ['meta.created eq "2026-01-31T08:00:00Z"', '(whenCreated=20260131080000.0Z), to be looked at'],
    ['objectSid eq "S-1-5-18"', '(objectSid=\\01\\01\\00\\00\\00\\00\\00\\05\\12\\00\\00\\00)'],
    ['objectSid eq "x"', '(|)'],
    ['accountExpires gt "2026-01-31T08:00:00Z"', '(accountExpires=*), to be looked at'],
  ])('%s is %s', (text, ldap) => {
    expect(printed(text)).toBe(ldap)
  })
})
