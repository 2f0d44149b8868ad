import { describe, expect, test } from 'vitest'
import { printFilter } from '../../src/ldap/filter.ts'
import { resourceRules } from '../../src/mapping/rules.ts'
import { translateFilter } from '../../src/plan/filter.ts'
import { parseFilter } from '../../src/scim/filter.ts'
import { rulesOf, shippedRules, userMapping } from '../support/rules.ts'
import { serverWithout } from '../support/server.ts'

function translator(rules = shippedRules('openldap-scim')) {
  const resource = resourceRules(rules, 'User')
  const context = { rules, resource, server: serverWithout(), references: new Map() }
  return (filter: string) => {
    const { filter: ldap, exact } = translateFilter(parseFilter(filter), context)
    return `${printFilter(ldap)}${exact ? '' : ', to be looked at'}`
  }
}

const users = translator()
/** A rest on an attribute that the server does not know. */
const unknown = translator(
  rulesOf(
    userMapping(['userName: uid', 'emails: [ { type: work, value: mail }, { rest: x-rest } ]']),
  ),
)

const rows = (
  title: string,
  translate: typeof users,
  cases: readonly (readonly [filter: string, ldap: string])[],
) =>
  describe(title, () => {
    test.each(cases)('%s is %s', (filter, ldap) => expect(translate(filter)).toBe(ldap))
  })

rows('attributes of the schema of ours', users, [
  ['externalId eq "aB"', '(scimExternalId=aB)'],
  ['externalId sw "aB"', '(scimExternalId=aB*)'],
  ['nickName eq "Bob"', '(scimNickName=Bob)'],
  ['name.middleName co "x"', '(scimMiddleName=*x*)'],
  ['costCenter ne "7"', '(!(scimCostCenter=7))'],
])

rows('a rest alone', users, [
  ['roles pr', '(scimRole={*)'],
  ['not (roles pr)', '(!(scimRole={*))'],
  ['roles.display pr', '(scimRole={*"display":*)'],
  ['roles.value eq "Admin"', '(scimRole={*"value":"*Admin*), to be looked at'],
  ['roles eq "Admin"', '(scimRole={*"value":"*Admin*), to be looked at'],
  ['roles.value sw "Ad"', '(scimRole={*"value":"*Ad*), to be looked at'],
  ['roles.value co "Ad"', '(scimRole={*"value":"*Ad*), to be looked at'],
  ['roles.value ew "min"', '(scimRole={*"value":"*min*), to be looked at'],
  ['roles.value gt "Ad"', '(scimRole={*"value":*), to be looked at'],
  ['roles.value ne "Admin"', '(&), to be looked at'],
  ['roles.value eq 1', '(scimRole={*"value":*), to be looked at'],
  ['roles.primary eq true', '(scimRole={*"primary":true*)'],
  ['roles.primary eq "True"', '(scimRole={*"primary":true*)'],
  ['roles.primary eq false', '(scimRole={*), to be looked at'],
  ['roles.nothing eq "x"', '(|)'],
  [
    'roles[value eq "Admin" and type eq "app"]',
    '(scimRole={*"type":"*app*"value":"*Admin*), to be looked at',
  ],
  ['roles[primary eq true and display pr]', '(scimRole={*"display":*"primary":true*)'],
  [
    'roles[value eq "a" or type pr]',
    '(|(scimRole={*"value":"*a*)(scimRole={*"type":*)), to be looked at',
  ],
  ['roles[value eq "a" and value eq "b"]', '(scimRole={*"value":"*a*), to be looked at'],
  ['roles[not (value eq "a")]', '(scimRole={*), to be looked at'],
])

rows('text as its words', users, [
  // Any number of blanks counts for one.
  ['ims.value eq " Ann\\tB  Lee "', '(scimIm={*"value":"*Ann\\5ctB*Lee*), to be looked at'],
  ['ims.value eq "a\u00a0b"', '(scimIm={*"value":"*a*b*), to be looked at'],
  ['ims.value eq "é*(x)"', '(scimIm={*"value":"*é\\2a\\28x\\29*), to be looked at'],
  ['ims.value eq "e\\u0301"', '(scimIm={*"value":"*é*), to be looked at'],
  ['ims.value eq "a\\u0001"', '(scimIm={*"value":"*a\\5cu0001*), to be looked at'],
  // What may stand there in several ways is left to the gateway.
  ['ims.value eq "say \\"x\\" now"', '(scimIm={*"value":"*say*now*), to be looked at'],
  ['ims.value eq "a\\\\b"', '(scimIm={*"value":"*), to be looked at'],
  ['ims.value eq "\\uff02"', '(scimIm={*"value":"*), to be looked at'],
  ['ims.value eq "İ"', '(scimIm={*"value":"*), to be looked at'],
  ['ims.value eq "i\\u0307"', '(scimIm={*"value":"*), to be looked at'],
])

rows('text whose letter case matters', users, [
  ['photos.value eq "https://x/A"', '(scimPhoto={*"value":"*https://x/A*), to be looked at'],
  // The case of a type does not matter, and that of the LDAP attribute does.
  ['photos.type eq "Photo"', '(scimPhoto={*"type":*), to be looked at'],
])

rows('slots and their rest', users, [
  ['emails pr', '(|(mail=*)(scimEmail={*))'],
  [
    'emails.value eq "a@x"',
    '(|(&(mail=*)(mail=a@x))(scimEmail={*"value":"*a@x*)), to be looked at',
  ],
  [
    'emails[type eq "work" and value eq "a@x"]',
    '(|(&(mail=*)(!(scimEmail=["mail",{*"type":null*))(mail=a@x))(scimEmail={*"type":"*work*"value":"*a@x*)), to be looked at',
  ],
  ['emails[type eq "home"]', '(scimEmail={*"type":"*home*), to be looked at'],
  ['emails.display pr', '(|(&(mail=*)(scimEmail=["mail",{*"display":*))(scimEmail={*"display":*))'],
  [
    'emails[primary eq true and value eq "a@x"]',
    '(|(&(mail=*)(!(|(scimEmail=*"primary":true*)(scimEmail=["mail",{*"primary":*)))(mail=a@x))(scimEmail={*"primary":true*"value":"*a@x*)), to be looked at',
  ],
  [
    'phoneNumbers[type eq "work" and primary eq true]',
    '(|(&(telephoneNumber=*)(!(scimPhoneNumber=["telephonenumber",{*"type":null*))(scimPhoneNumber=["telephonenumber",{*"primary":true*))(scimPhoneNumber={*"primary":true*"type":"*work*)), to be looked at',
  ],
  [
    'addresses[type eq "home" and country eq "DE"]',
    '(|(&(homePostalAddress=*)(!(scimAddress=["homepostaladdress",{*"type":null*))(scimAddress=["homepostaladdress",{*"country":"*DE*))(scimAddress={*"country":"*DE*"type":"*home*)), to be looked at',
  ],
  // A part that the slot has a place for may be noted: its attribute could not keep the value.
  [
    'addresses[type eq "work" and formatted eq "a"]',
    '(|(&(|(street=*)(l=*)(st=*)(postalCode=*)(co=*)(postalAddress=*))(!(scimAddress=["street",{*"type":null*))(|(postalAddress=*)(scimAddress=["street",{*"formatted":"*a*)))(scimAddress={*"formatted":"*a*"type":"*work*)), to be looked at',
  ],
  [
    'addresses.locality pr',
    '(|(l=*)(&(|(street=*)(l=*)(st=*)(postalCode=*)(co=*)(postalAddress=*))(scimAddress=["street",{*"locality":*))(&(homePostalAddress=*)(scimAddress=["homepostaladdress",{*"locality":*))(scimAddress={*"locality":*)), to be looked at',
  ],
  ['x509Certificates pr', '(|(userCertificate;binary=*)(scimX509Certificate={*)), to be looked at'],
  ['x509Certificates.display pr', '(scimX509Certificate={*"display":*)'],
])

rows('a rest that the server does not know', unknown, [
  ['emails pr', '(mail=*)'],
  ['emails[type eq "home"]', '(|)'],
  ['emails.display pr', '(|)'],
])

test('more alternatives than a filter should have are looked at in the gateway', () => {
  const some = (name: string) =>
    `(${Array.from({ length: 7 }, (_, index) => `${name} eq "${index}"`).join(' or ')})`
  expect(users(`roles[${some('value')} and ${some('type')}]`)).toBe(
    '(scimRole={*), to be looked at',
  )
  expect(users(`roles[${some('value')}]`).match(/scimRole/g)).toHaveLength(7)
})
