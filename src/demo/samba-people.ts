import type { Dn } from '../ldap/dn.ts'
import type { Value } from '../ldap/value.ts'
import type { NewEntry } from './ldif.ts'
import { childOf, parseDn, printDn } from '../ldap/dn.ts'
import { textOf } from '../ldap/value.ts'
import { plain } from './entries.ts'
import { DOMAIN, SUFFIX } from './samba-conf.ts'

/** What attributes of a person and of a group are called here; others are left out. */
const PERSON: Readonly<Record<string, string>> = {
  cn: 'adminDisplayName',
  sn: 'sn',
  givenName: 'givenName',
  displayName: 'displayName',
  mail: 'mail',
  telephoneNumber: 'telephoneNumber',
  mobile: 'mobile',
  title: 'title',
  departmentNumber: 'department',
  employeeNumber: 'employeeID',
  employeeType: 'employeeType',
  street: 'streetAddress',
  l: 'l',
  st: 'st',
  postalCode: 'postalCode',
  preferredLanguage: 'preferredLanguage',
  manager: 'manager',
  scimExternalId: 'msDS-cloudExtensionAttribute1',
}
const GROUP: Readonly<Record<string, string>> = {
  description: 'description',
  member: 'member',
  scimExternalId: 'adminDescription',
}

/** Attributes whose values name other entries. */
const REFERENCES: ReadonlySet<string> = new Set(['manager', 'member'])

/** ADS_UF_NORMAL_ACCOUNT, and a global security group (MS-ADTS §2.2.16, §2.2.12). */
const NORMAL_ACCOUNT = '512'
const GLOBAL_SECURITY_GROUP = '-2147483646'

/** Of a sAMAccountName (MS-SAMR §3.1.1.6). */
const LONGEST_ACCOUNT = 20
const REFUSED = /["/\\[\]:;|=,+*?<>@]/g

/**
 * People and groups as inetOrgPerson and groupOfNames, as Active Directory has them: below
 * `OU=People` and `OU=Groups`, named as mappings/active-directory.yaml names them. The letter İ,
 * which to Samba is no "i" with something on it (docs/active-directory.md), is an I.
 */
export function sambaEntries(entries: readonly NewEntry[]): readonly NewEntry[] {
  // Whom a group is to have as members may not be there.
  const here = new Map(entries.map((entry) => [printDn(entry.dn), dnHere(entry)]))
  const valuesOf = (name: string, values: readonly Value[]) => {
    const texts = values.map(textOf)
    if (!REFERENCES.has(name)) return texts.map(withoutDot)
    return texts.flatMap((text) => here.get(text) ?? []).map(printDn)
  }
  return entries.map((entry, index) => {
    const { dn, attributes } = entry
    const isPerson = isOfPeople(dn)
    const names = isPerson ? PERSON : GROUP
    const kept = attributes.flatMap(({ name, values }) => {
      const called = names[name]
      const own = called === undefined ? [] : valuesOf(name, values)
      return called === undefined || own.length === 0 ? [] : [{ name: called, values: own }]
    })
    const name = nameOf(dn)
    const identity: Readonly<Record<string, string>> = isPerson
      ? {
          objectClass: 'user',
          userPrincipalName: principalName(name),
          sAMAccountName: accountName(name, index),
          userAccountControl: NORMAL_ACCOUNT,
        }
      : {
          objectClass: 'group',
          sAMAccountName: name.replace(REFUSED, '_'),
          groupType: GLOBAL_SECURITY_GROUP,
        }
    const own = dnHere(entry)
    return { dn: own, attributes: [...plain(own, identity).attributes, ...kept] }
  })
}

/** The name by which a person of this login logs on to the domain. */
export function principalName(login: string): string {
  return `${login}@${DOMAIN}`
}

/** The login, or as much of it as there is room for with a number that nobody else has. */
function accountName(login: string, index: number): string {
  const number = String(index)
  return login.length <= LONGEST_ACCOUNT
    ? login
    : login.slice(0, LONGEST_ACCOUNT - number.length) + number
}

/** People are called as they are displayed. */
function dnHere({ dn, attributes }: NewEntry): Dn {
  const [displayed = nameOf(dn)] =
    attributes.find(({ name }) => name === 'displayName')?.values.map(textOf) ?? []
  const [container, value] = isOfPeople(dn) ? ['People', displayed] : ['Groups', nameOf(dn)]
  return childOf(parseDn(`OU=${container},${SUFFIX}`), [{ type: 'CN', value: withoutDot(value) }])
}

function withoutDot(text: string): string {
  return text.replaceAll('İ', 'I')
}

function isOfPeople({ rdns }: Dn): boolean {
  return rdns[0]?.[0]?.type === 'uid'
}

function nameOf({ rdns }: Dn): string {
  return textOf(rdns[0]?.[0]?.value ?? '')
}
