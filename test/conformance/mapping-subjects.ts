import { join } from 'node:path'
import type { Json } from '../support/gateway.ts'
import { LDAP_SCHEMA_FOLDER } from '../support/ldap-schema.ts'
import { SHIPPED_MAPPINGS } from '../support/rules.ts'
import type { AttributeOf, MappingSubject } from './inetorgperson-subject.ts'
import { ENTERPRISE } from './subject.ts'

const STANDARD: Readonly<Record<string, AttributeOf>> = {
  uid: (user) => user.userName,
  sn: ({ name }) => name.familyName,
  givenName: ({ name }) => name.givenName,
  cn: ({ name }) => name.formatted,
  displayName: (user) => user.displayName,
  title: (user) => user.title,
  employeeType: (user) => user.userType,
  preferredLanguage: (user) => user.preferredLanguage,
  labeledURI: (user) => user.profileUrl,
  mail: ({ emails }) => ofType(emails, 'work')?.value,
  telephoneNumber: ({ phoneNumbers }) => ofType(phoneNumbers, 'work')?.value,
  mobile: ({ phoneNumbers }) => ofType(phoneNumbers, 'mobile')?.value,
  homePhone: ({ phoneNumbers }) => ofType(phoneNumbers, 'home')?.value,
  facsimileTelephoneNumber: ({ phoneNumbers }) => ofType(phoneNumbers, 'fax')?.value,
  pager: ({ phoneNumbers }) => ofType(phoneNumbers, 'pager')?.value,
  street: ({ addresses }) => ofType(addresses, 'work')?.streetAddress,
  l: ({ addresses }) => ofType(addresses, 'work')?.locality,
  st: ({ addresses }) => ofType(addresses, 'work')?.region,
  postalCode: ({ addresses }) => ofType(addresses, 'work')?.postalCode,
  postalAddress: ({ addresses }) => postal(ofType(addresses, 'work')?.formatted),
  homePostalAddress: ({ addresses }) => postal(ofType(addresses, 'home')?.formatted),
  employeeNumber: (user) => user[ENTERPRISE]?.employeeNumber,
  o: (user) => user[ENTERPRISE]?.organization,
  ou: (user) => user[ENTERPRISE]?.division,
  departmentNumber: (user) => user[ENTERPRISE]?.department,
}

/** mappings/openldap.yaml. */
export const PLAIN: MappingSubject = {
  mapping: join(SHIPPED_MAPPINGS, 'openldap.yaml'),
  attributes: STANDARD,
  keepsEverything: false,
  nests: true,
  takesEveryName: true,
  refused: {
    attribute: 'phoneNumbers',
    value: [{ type: 'work', value: 'Grüße' }],
    name: 'phoneNumbers[type eq "work"].value',
  },
}

/** mappings/openldap-posix.yaml. */
export const POSIX: MappingSubject = {
  ...PLAIN,
  mapping: join(SHIPPED_MAPPINGS, 'openldap-posix.yaml'),
  nests: false,
  takesEveryName: false,
  membersByUid: true,
  userLdif:
    'objectClass: posixAccount\nuidNumber: 1\ngidNumber: 100\nhomeDirectory: /home/somebody\n',
  attributes: { ...STANDARD, gidNumber: () => '100', loginShell: () => '/bin/bash' },
}

/** mappings/389ds.yaml. */
export const PLAIN_389DS: MappingSubject = {
  ...PLAIN,
  mapping: join(SHIPPED_MAPPINGS, '389ds.yaml'),
}

/** mappings/openldap-scim.yaml, which has a home for phone numbers in letters. */
export const WHOLE: MappingSubject = {
  mapping: join(SHIPPED_MAPPINGS, 'openldap-scim.yaml'),
  schema: join(LDAP_SCHEMA_FOLDER, 'scim2ldap.schema'),
  attributes: {
    ...STANDARD,
    co: ({ addresses }) => ofType(addresses, 'work')?.country,
    scimExternalId: ({ externalId }) => externalId,
    scimNickName: ({ nickName }) => nickName,
    scimMiddleName: ({ name }) => name.middleName,
    scimHonorificPrefix: ({ name }) => name.honorificPrefix,
    scimHonorificSuffix: ({ name }) => name.honorificSuffix,
    scimLocale: ({ locale }) => locale,
    scimTimezone: ({ timezone }) => timezone,
    scimCostCenter: (user) => user[ENTERPRISE]?.costCenter,
    scimIm: ({ ims }) => allAsJson(ims),
    scimPhoto: ({ photos }) => allAsJson(photos),
    scimEntitlement: ({ entitlements }) => allAsJson(entitlements),
    scimRole: ({ roles }) => allAsJson(roles),
  },
  keepsEverything: true,
  nests: true,
  takesEveryName: true,
  refused: { attribute: 'password', value: 'short', name: 'password' },
}

/** mappings/389ds-scim.yaml. */
export const WHOLE_389DS: MappingSubject = {
  mapping: join(SHIPPED_MAPPINGS, '389ds-scim.yaml'),
  schema: join(LDAP_SCHEMA_FOLDER, '98scim2ldap.ldif'),
  attributes: WHOLE.attributes,
  keepsEverything: true,
  nests: true,
  takesEveryName: true,
}

/** Elements as JSON, their names in order. */
function allAsJson(elements: readonly Json[] | undefined): readonly string[] | undefined {
  return elements?.map((element) => {
    const members = Object.entries(element as Record<string, Json>)
    return JSON.stringify(Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1))))
  })
}

function ofType(values: readonly Json[] | undefined, type: string): Json {
  return values?.find((value) => value.type === type)
}

/** RFC 4517 §3.3.28. */
function postal(formatted: string | undefined): string | undefined {
  return formatted
    ?.split(/\r?\n/)
    .map((line) => line.replace(/\\/g, '\\5C').replace(/\$/g, '\\24'))
    .join('$')
}
