import { describe, expect, test } from 'vitest'
import { parseDn } from '../../src/ldap/dn.ts'
import { printFilter } from '../../src/ldap/filter.ts'
import type { Reference } from '../../src/plan/facts.ts'
import type { Translation } from '../../src/plan/filter.ts'
import { idsInFilter, translateFilter } from '../../src/plan/filter.ts'
import { resourceRules } from '../../src/mapping/rules.ts'
import { parseFilter } from '../../src/scim/filter.ts'
import { refusalOf } from '../scim/refusal.ts'
import { rulesOf, shippedRules, userMapping } from '../support/rules.ts'
import { serverWithout } from '../support/server.ts'

const BOB = '0b0b0b0b-0000-4000-8000-000000000000'
const OPS = '00000000-0000-4000-8000-00000000000a'
const reference = (id: string, type: string, dn: string): [string, Reference] => [
  id,
  { id, type, dn: parseDn(dn), attributes: new Map() },
]
const references = new Map([
  reference(BOB, 'User', 'uid=bob\\2C(b)*,ou=people,dc=example'),
  reference(OPS, 'Group', 'cn=ops,ou=groups,dc=example'),
])

/** A translation of filters on one resource type. */
function translator(rules = shippedRules('openldap'), type = 'User', server = serverWithout()) {
  const context = { rules, resource: resourceRules(rules, type), server, references }
  return (filter: string) => translateFilter(parseFilter(filter), context)
}
type Translate = ReturnType<typeof translator>

/** The LDAP filter; `, to be looked at` where what it finds is still to be looked at. */
function printed({ filter, exact }: Translation): string {
  return `${printFilter(filter)}${exact ? '' : ', to be looked at'}`
}

const users = translator()
const groups = translator(shippedRules('openldap'), 'Group')
const withoutOverlays = translator(
  shippedRules('openldap'),
  'User',
  serverWithout('memberof', 'ppolicy'),
)
/** A mapping with the kinds of values that the shipped ones do not have. */
const own = translator(
  rulesOf(
    `schemas:
  acme:
    id: urn:acme:Person
    name: Person
    attributes:
      number: { type: integer }
      since: { type: dateTime }
      weight: { type: decimal }
      kind: {}
      vip: { type: boolean }
      code: { caseExact: true }
      tags: { multiValued: true }
      unknown: {}
      badge: {}
${userMapping([
  'userName: uid',
  'acme.number: uidNumber',
  'acme.since: createTimestamp',
  'acme.weight: { ldap: description, as: decimal }',
  'acme.kind: { ldap: employeeType, as: { enum: { Employee: E, Contractor: C } } }',
  'acme.vip: { ldap: title, as: { boolean: { true: "Y", false: "N" } } }',
  'acme.code: employeeNumber',
  'acme.tags: ou',
  'acme.unknown: x-unknown',
  'acme.badge: gidNumber',
  'emails: mail',
  'addresses: { ldap: postalAddress, as: json }',
])}`,
  ),
)

const rows = (
  title: string,
  translate: Translate,
  cases: readonly (readonly [filter: string, ldap: string])[],
) =>
  describe(title, () => {
    test.each(cases)('%s is %s', (filter, ldap) => {
      expect(printed(translate(filter))).toBe(ldap)
    })
  })

rows('text', users, [
  ['userName eq "Bob"', '(uid=Bob)'],
  ['userName ne "bob"', '(!(uid=bob))'],
  ['userName co "o"', '(uid=*o*)'],
  ['userName sw "b"', '(uid=b*)'],
  ['userName ew "b"', '(uid=*b)'],
  ['userName pr', '(uid=*)'],
  ['USERNAME EQ "bob"', '(uid=bob)'],
  ['name.familyName eq "Ax"', '(sn=Ax)'],
  ['name.FAMILYNAME co "Ax"', '(sn=*Ax*)'],
  ['urn:ietf:params:scim:schemas:core:2.0:User:userName eq "bob"', '(uid=bob)'],
  [
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "R&D"',
    '(departmentNumber=R&D)',
  ],
  ['department eq "R&D"', '(departmentNumber=R&D)'],
  ['name pr', '(|(sn=*)(givenName=*)(cn=*))'],
  ['userName co ""', '(uid=*)'],
  ['userName eq ""', '(|)'],
  ['userName ne ""', '(&)'],
  ['userName eq 1', '(|)'],
  ['userName eq true', '(|)'],
  ['userName ne 1', '(&)'],
  // labeledURI minds the case, profileUrl does not; employeeNumber the other way round.
  ['profileUrl eq "https://x"', '(labeledURI:caseIgnoreMatch:=https://x)'],
])

rows('other values', own, [
  ['number eq 7', '(uidNumber=7)'],
  ['number ne 7', '(!(uidNumber=7))'],
  ['number gt 7', '(&(uidNumber>=7)(!(uidNumber=7)))'],
  ['number ge 7', '(uidNumber>=7)'],
  ['number lt 7', '(&(uidNumber<=7)(!(uidNumber=7)))'],
  ['number le -7', '(uidNumber<=-7)'],
  ['number pr', '(uidNumber=*), to be looked at'],
  ['number eq 7.5', '(|)'],
  ['number eq "7"', '(|)'],
  ['not (number eq "x")', '(&)'],
  ['since eq "2026-01-31T09:00:00+01:00"', '(createTimestamp=20260131080000Z)'],
  [
    'since gt "2026-01-31T08:00:00Z"',
    '(&(createTimestamp>=20260131080000Z)(!(createTimestamp=20260131080000Z)))',
  ],
  ['since le "2026-01-31T08:00:00.5Z"', '(createTimestamp<=20260131080000.5Z)'],
  ['since eq "yesterday"', '(|)'],
  ['kind eq "employee"', '(employeeType=E)'],
  ['kind eq "Intern"', '(|)'],
  ['kind ne "Intern"', '(&)'],
  ['vip eq true', '(title=Y)'],
  ['vip eq "False"', '(title=N)'],
  ['vip eq "maybe"', '(|)'],
  ['code eq "aB"', '(employeeNumber:caseExactMatch:=aB)'],
  ['tags eq "a"', '(ou=a)'],
  ['tags pr', '(ou=*)'],
  ['addresses pr', '(postalAddress=*), to be looked at'],
  ['emails eq "a@x"', '(&(mail=*)(mail=a@x))'],
  ['emails[value sw "a"]', '(&(mail=*)(mail=a*))'],
  ['emails[value eq "a@x" or value eq "b@x"]', '(&(mail=*)(|(mail=a@x)(mail=b@x)))'],
])

rows('what is combined', users, [
  ['userName eq "a" and title eq "b"', '(&(uid=a)(title=b))'],
  ['userName eq "a" or title eq "b" or title eq "c"', '(|(uid=a)(title=b)(title=c))'],
  ['userName eq "a" and (title eq "b" or title eq "c")', '(&(uid=a)(|(title=b)(title=c)))'],
  ['not (userName eq "a")', '(!(uid=a))'],
  ['not (not (userName eq "a"))', '(uid=a)'],
  ['not (userName ne "a")', '(uid=a)'],
  ['not (userName pr)', '(!(uid=*))'],
  ['userName eq null', '(!(uid=*))'],
  ['title ne null', '(title=*)'],
])

rows('an attribute that no resource can have', users, [
  ['nickName eq "x"', '(|)'],
  ['nickName ne "x"', '(&)'],
  ['nickName pr', '(|)'],
  ['not (nickName pr)', '(&)'],
  ['nickName eq null', '(&)'],
  ['nothing eq "x"', '(|)'],
  ['not (nothing eq "x")', '(&)'],
  ['urn:nobody:x eq "x"', '(|)'],
  ['name.middleName eq "x"', '(|)'],
  ['nickName eq "x" and userName eq "a"', '(|)'],
  ['nickName eq "x" or userName eq "a"', '(uid=a)'],
  ['nickName ne "x" and userName eq "a"', '(uid=a)'],
  ['emails.display eq "x"', '(|)'],
  ['emails[display pr]', '(|)'],
  ['photos[type eq "x"]', '(|)'],
])

rows('an attribute that the server does not know', own, [
  ['unknown eq "x"', '(|)'],
  ['unknown ne "x"', '(&)'],
  ['unknown pr', '(|)'],
  ['not (unknown co "x")', '(&)'],
])

rows('the switch of an account', users, [
  ['active eq false', '(pwdAccountLockedTime=000001010000Z)'],
  ['active eq true', '(!(pwdAccountLockedTime=000001010000Z))'],
  ['active eq "False"', '(pwdAccountLockedTime=000001010000Z)'],
  ['active ne true', '(pwdAccountLockedTime=000001010000Z)'],
  ['active eq "x"', '(|)'],
  ['active pr', '(&)'],
])

rows('a server without the overlays', withoutOverlays, [
  // Comparisons with an unknown attribute are undefined there, and so are their negations.
  ['active eq true', '(&)'],
  ['active eq false', '(|)'],
  ['active ne false', '(&)'],
  [`groups.value eq "${OPS}"`, '(|)'],
  [`groups.value ne "${OPS}"`, '(&)'],
])

rows('values of several types', users, [
  ['emails eq "a@x"', '(&(mail=*)(mail=a@x))'],
  ['emails.value co "a"', '(&(mail=*)(mail=*a*))'],
  ['emails pr', '(mail=*)'],
  ['emails.type eq "WORK"', '(mail=*)'],
  ['emails.type eq "home"', '(|)'],
  ['emails.type co "or"', '(mail=*)'],
  ['emails.primary eq true', '(mail=*)'],
  ['emails.primary eq "False"', '(|)'],
  ['emails[type eq "work" and value ew "x"]', '(&(mail=*)(mail=*x))'],
  ['emails[type eq "home" and value ew "x"]', '(|)'],
  ['emails[type ne "home"]', '(mail=*)'],
  ['emails[not (type eq "work")]', '(|)'],
  ['emails[value ne "a@x"]', '(&(mail=*)(!(mail=a@x)))'],
  ['emails[value pr]', '(&(mail=*)(mail=*))'],
  ['emails[type pr]', '(&(mail=*)(mail=*))'],
  ['emails[value eq null]', '(&(mail=*)(!(mail=*)))'],
  ['not (emails[type eq "work"])', '(!(mail=*))'],
  ['phoneNumbers[type eq "mobile"]', '(mobile=*)'],
  [
    'phoneNumbers pr',
    '(|(telephoneNumber=*)(mobile=*)(homePhone=*)(facsimileTelephoneNumber=*)(pager=*))',
  ],
  [
    'addresses[type eq "work" and locality eq "Bonn"]',
    '(&(|(street=*)(l=*)(st=*)(postalCode=*)(postalAddress=*))(l=Bonn)), to be looked at',
  ],
  [
    'addresses.locality eq "Bonn"',
    '(&(|(street=*)(l=*)(st=*)(postalCode=*)(postalAddress=*))(l=Bonn)), to be looked at',
  ],
  [
    'name[givenName eq "A" and familyName sw "B"]',
    '(&(|(sn=*)(givenName=*)(cn=*))(givenName=A)(sn=B*))',
  ],
  ['name[not (givenName eq "A")]', '(&(|(sn=*)(givenName=*)(cn=*))(!(givenName=A)))'],
])

rows('what every resource has', users, [
  [`id eq "${BOB}"`, `(entryUUID=${BOB})`],
  [`id ne "${BOB}"`, `(!(entryUUID=${BOB}))`],
  ['id eq "bob"', '(|)'],
  [`id eq "${BOB.toUpperCase()}"`, '(|)'],
  ['id eq 1', '(|)'],
  ['id pr', '(&)'],
  ['meta pr', '(&)'],
  ['schemas pr', '(&)'],
  ['meta.resourceType eq "User"', '(&)'],
  ['meta.resourceType eq "user"', '(|)'],
  ['meta.resourceType eq "Group"', '(|)'],
  ['meta.resourceType ne "Group"', '(&)'],
  ['meta.created ge "2026-01-31T08:00:00Z"', '(createTimestamp>=20260131080000Z)'],
  [
    'meta.lastModified lt "2026-01-31T08:00:00Z"',
    '(&(modifyTimestamp<=20260131080000Z)(!(modifyTimestamp=20260131080000Z)))',
  ],
  ['meta.lastModified pr', '(&)'],
])

describe('a reference', () => {
  const dn = { kind: 'equal', attribute: 'member', value: 'uid=bob\\2C(b)*,ou=people,dc=example' }

  test('is found by the DN of what it means', () => {
    expect(groups(`members.value eq "${BOB}"`).filter).toEqual(dn)
    expect(groups(`members eq "${BOB}"`).filter).toEqual(dn)
    expect(groups(`members[value eq "${BOB}"]`).filter).toEqual(dn)
    expect(groups(`members ne "${BOB}"`).filter).toEqual({ kind: 'not', filter: dn })
    expect(printed(users(`manager.value eq "${BOB}"`))).toBe(
      '(manager=uid=bob\\5c2C\\28b\\29\\2a,ou=people,dc=example)',
    )
  })

  test('to what is not there finds nothing', () => {
    expect(printed(groups('members.value eq "nobody"'))).toBe('(|)')
    expect(printed(groups('not (members.value eq "nobody")'))).toBe('(&)')
    expect(printed(groups('members.value eq 1'))).toBe('(|)')
  })

  test('is asked for beforehand, wherever it stands', () => {
    const group = resourceRules(shippedRules('openldap'), 'Group')
    const ids = (filter: string) => idsInFilter(parseFilter(filter), group)
    const types = ['User', 'Group']
    expect(
      ids(
        'displayName eq "x" and (members.value eq "a" or not (members[value eq "b" or value ne "c"])) and members pr',
      ),
    ).toEqual([
      { id: 'a', types },
      { id: 'b', types },
      { id: 'c', types },
    ])
    expect(ids('displayName eq "x" or id eq "y" or members.value eq 1')).toEqual([])
  })
})

test.each(['a*b', '(a)', 'a\\2ab', 'a\0b', '*', 'ä)(uid=*', '{{ x }}', "'"])(
  'the value %j stays raw and whole',
  (value) => {
    const text = JSON.stringify(value)
    expect(users(`userName eq ${text}`).filter).toEqual({ kind: 'equal', attribute: 'uid', value })
    expect(users(`userName co ${text}`).filter).toEqual({
      kind: 'substrings',
      attribute: 'uid',
      any: [value],
    })
    expect(users(`userName sw ${text}`).filter).toEqual({
      kind: 'substrings',
      attribute: 'uid',
      initial: value,
      any: [],
    })
  },
)

rows('text that an attribute of numbers cannot hold', own, [
  ['badge eq "7"', '(gidNumber=7)'],
  ['badge ne "x"', '(&)'],
])

rows('text that an attribute of ASCII cannot hold', users, [
  // Such a comparison is undefined for the server, and so is its negation.
  ['emails.value eq "ä@x"', '(&(mail=*)(mail=*)), to be looked at'],
  ['emails.value ne "ä@x"', '(&), to be looked at'],
  ['emails.value co "ä"', '(&(mail=*)(mail=*)), to be looked at'],
  ['userName eq "ä"', '(uid=ä)'],
])

rows('what LDAP can say in part', users, [
  ['userName gt "b"', '(uid=*), to be looked at'],
  ['userName co " a"', '(uid=*), to be looked at'],
  ['profileUrl co "x"', '(labeledURI=*), to be looked at'],
  ['phoneNumbers[type eq "mobile" and value eq "1"]', '(&(mobile=*)(mobile=1)), to be looked at'],
  [
    'addresses[type eq "home" and formatted eq "x"]',
    '(&(homePostalAddress=*)(homePostalAddress=*)), to be looked at',
  ],
  ['manager pr', '(manager=*), to be looked at'],
  ['manager.displayName eq "x"', '(manager=*), to be looked at'],
  ['not (manager.displayName eq "x")', '(&), to be looked at'],
  ['id co "x"', '(&), to be looked at'],
  ['schemas eq "x"', '(&), to be looked at'],
  ['meta.version eq "x"', '(&), to be looked at'],
  ['userName gt "b" and title eq "x"', '(&(uid=*)(title=x)), to be looked at'],
  ['not (userName gt "b")', '(&), to be looked at'],
  ['userName gt null', '(|)'],
])

rows('what LDAP can say in part of other values', own, [
  ['weight eq 1.5', '(description=*), to be looked at'],
  ['kind co "Employee"', '(employeeType=*), to be looked at'],
  ['kind co "Em"', '(employeeType=*), to be looked at'],
  ['since co "2026-01-31T08:"', '(createTimestamp=*), to be looked at'],
  ['emails[value ne "a@x"]', '(mail=*), to be looked at'],
  ['emails[value sw "a" and value ew "x"]', '(&(mail=*)(mail=a*)(mail=*x)), to be looked at'],
  ['addresses[locality eq "x"]', '(postalAddress=*), to be looked at'],
])

test.each(['password eq "x"', 'password pr', 'userName eq "a" or not (password ne "x")'])(
  '%s is refused, for it is never returned',
  (filter) => {
    const { status, scimType, detail } = refusalOf(() => users(filter))
    expect([status, scimType]).toEqual([400, 'invalidFilter'])
    expect(detail).toMatch(/^"password.*" cannot be searched for: it is never returned$/)
  },
)
