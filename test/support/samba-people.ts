import type { NewEntry } from '../../src/demo/ldif.ts'
import type { RunningSamba } from '../../src/demo/samba.ts'
import { createDirectory } from '../../src/directory/client.ts'
import { childOf, parseDn, printDn } from '../../src/ldap/dn.ts'
import type { Attribute } from '../../src/ldap/entry.ts'
import { textOf } from '../../src/ldap/value.ts'

/** What an attribute of inetOrgPerson and groupOfNames is called here; others are left out. */
const NAMES: Readonly<Record<string, string>> = {
  uid: 'userPrincipalName',
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
  member: 'member',
}

/**
 * Adds people and groups as OpenLDAP would hold them; whoever is named comes before who names. The
 * letter İ, which to Samba is no "i" with something on it, is left out (docs/active-directory.md).
 */
export async function addSample(server: RunningSamba, sample: readonly NewEntry[]): Promise<void> {
  const directory = createDirectory({
    urls: [server.url],
    tls: { ca: server.ca },
    bind: { kind: 'simple', dn: server.serviceDn, password: server.servicePassword },
  })
  const dnHere = (text: string) => {
    const [[assertion] = []] = parseDn(text).rdns
    const container = assertion?.type === 'uid' ? 'People' : 'Groups'
    const value = assertion?.value ?? ''
    return childOf(parseDn(`OU=${container},${server.suffix}`), [{ type: 'CN', value }])
  }
  const valueHere = (name: string, text: string) =>
    name === 'manager' || name === 'member' ? printDn(dnHere(text)) : text.replaceAll('İ', 'I')
  try {
    for (const { dn, attributes } of sample) {
      const isPerson = attributes.some(({ name }) => name === 'uid')
      const kept = attributes.flatMap(({ name, values }): readonly Attribute[] => {
        const here = NAMES[name]
        if (here === undefined) return []
        return [{ name: here, values: values.map((value) => valueHere(name, textOf(value))) }]
      })
      await directory.add({
        dn: dnHere(printDn(dn)),
        attributes: [
          { name: 'objectClass', values: [isPerson ? 'user' : 'group'] },
          // ADS_UF_NORMAL_ACCOUNT
          ...(isPerson ? [{ name: 'userAccountControl', values: ['512'] }] : []),
          ...kept,
        ],
      })
    }
  } finally {
    directory.close()
  }
}
