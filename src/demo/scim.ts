import type { NewEntry } from './ldif.ts'
import { textOf } from '../ldap/value.ts'
import { plain } from './entries.ts'

/** The schema of deploy/schema, below the package's root, as each product reads it. */
export const SCIM_SCHEMA = 'deploy/schema/scim2ldap.schema'
export const SCIM_SCHEMA_389DS = 'deploy/schema/98scim2ldap.ldif'

/** Indexes for what clients look for: their own identifier, and addresses of whatever type. */
export const SCIM_INDEXES = ['scimExternalId eq', 'scimEmail sub']

/** Country, time zone and locale by the city where people work. */
const PLACES: ReadonlyMap<string, readonly [co: string, timezone: string, locale: string]> =
  new Map([
    ['London', ['GB', 'Europe/London', 'en-GB']],
    ['Köln', ['DE', 'Europe/Berlin', 'de-DE']],
    ['Springfield', ['US', 'America/Chicago', 'en-US']],
  ])

/** Given names and what their bearers are called. */
const NICKNAMES: ReadonlyMap<string, string> = new Map([
  ['Robert', 'Bob'],
  ['José María', 'Chema'],
  ['Theodora', 'Dora'],
  ['Zoë', 'Zo'],
])

/** Sample people, with what our schema adds to inetOrgPerson (docs/openldap-scim.md). */
export function scimPeople(people: readonly NewEntry[]): readonly NewEntry[] {
  return people.map((person, index) => {
    const [login, given, title] = ['uid', 'givenName', 'title'].map((name) => first(person, name))
    const [co, timezone, locale] = PLACES.get(first(person, 'l')) ?? []
    const nickName = NICKNAMES.get(given ?? '')
    return added(person, 'scimUser', {
      scimExternalId: `00u${String(index + 1).padStart(6, '0')}`,
      ...(co !== undefined && { co }),
      ...(timezone !== undefined && { scimTimezone: timezone }),
      ...(locale !== undefined && { scimLocale: locale }),
      ...(nickName !== undefined && { scimNickName: nickName }),
      scimCostCenter: `CC-${100 + (index % 6)}`,
      // What no other attribute can keep is JSON, its names in order.
      ...(index % 4 === 0 && { scimEmail: json({ type: 'home', value: `${login}@example.net` }) }),
      ...(index % 5 === 1 && {
        scimIm: json({ type: 'xmpp', value: `${login}@chat.example.com` }),
      }),
      ...(/^(?:Managing|Head)/.test(title ?? '') && {
        scimRole: [
          json({ display: 'Approves requests', primary: true, value: 'approver' }),
          json({ value: 'manager' }),
        ],
        scimPhoto: json({ type: 'photo', value: `https://example.com/photos/${login}.jpg` }),
      }),
      ...(index % 3 === 0 && { scimEntitlement: json({ type: 'license', value: 'vpn' }) }),
    })
  })
}

/** Sample groups, with what our schema adds to groupOfNames. */
export function scimGroups(groups: readonly NewEntry[]): readonly NewEntry[] {
  return groups.map((group, index) =>
    added(group, 'scimGroup', { scimExternalId: `00g${String(index + 1).padStart(6, '0')}` }),
  )
}

function added(
  entry: NewEntry,
  objectClass: string,
  values: Readonly<Record<string, string | readonly string[]>>,
): NewEntry {
  const attributes = entry.attributes.map((attribute) =>
    attribute.name === 'objectClass'
      ? { ...attribute, values: [...attribute.values, objectClass] }
      : attribute,
  )
  return { dn: entry.dn, attributes: [...attributes, ...plain(entry.dn, values).attributes] }
}

function first({ attributes }: NewEntry, name: string): string {
  const [value = ''] = attributes.find((attribute) => attribute.name === name)?.values ?? []
  return textOf(value)
}

function json(element: Readonly<Record<string, string | boolean>>): string {
  return JSON.stringify(element)
}
