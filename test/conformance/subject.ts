import { expect } from 'vitest'
import type { Answer, GatewayOptions, Json, TestGateway } from '../support/gateway.ts'
import type { FoundEntry } from '../support/ldapsearch.ts'

/** A directory as the suite sees it: the gateway over it, and other clients that look into it. */
export interface Subject {
  readonly gateway: TestGateway
  /** What the gateway binds as. */
  readonly serviceDn: string
  /** Another gateway over the same directory; stopped by `stop`. */
  anotherGateway(options?: Omit<GatewayOptions, 'mapping'>): Promise<TestGateway>
  /** Which groups of a user the directory tells: those that name the user, those above them too, none. */
  readonly tellsGroups: 'direct' | 'nested' | 'none'
  /** Whether groups may be members of groups. */
  readonly nests: boolean
  /** Whether a user may be in a group whatever letters the user name has. */
  readonly takesEveryName: boolean
  /** Whether the mapping has a place for every value; else one may be refused for its type. */
  readonly keepsEverything: boolean
  /** An attribute of users and a value that the directory refuses for it; absent where it takes whatever comes. */
  readonly refused?: { readonly attribute: string; readonly value: Json; readonly name: string }
  /** The DN that the mapping gives to a resource; a user without more than a name is given by that. */
  userDn(user: Json): string
  groupDn(displayName: string): string
  /** The one form of a DN in which DNs are compared. */
  normalDn(dn: string): string
  /** The SCIM id of an entry, whether the gateway looks there or not. */
  idOf(dn: string): Promise<string>
  /** An entry read by another client than ours. */
  read(dn: string): Promise<FoundEntry | undefined>
  /** What the LDAP attributes of a user's entry must be, by the mapping; `[]` for what must not be there. */
  userAttributes(user: Json): Readonly<Record<string, readonly string[]>>
  /** The members of a group's entry: DNs in normal form, without the placeholder. */
  membersOf(displayName: string): Promise<readonly string[]>
  /** The DN of the manager of a user's entry, in normal form. */
  managerOf(userName: string): Promise<string | undefined>
  /** How many references to this DN there are anywhere. */
  referencesTo(dn: string): Promise<number>
  /** Adds, changes or removes entries behind the gateway's back. */
  applyLdif(ldif: string): Promise<void>
  /** An LDIF record of a person at this DN, who is no user of the gateway unless `dn` and `uid` say so. */
  personLdif(dn: string, userName: string): string
  /** Whether the directory lets a group name what does not exist. */
  readonly dangles: boolean
  /** An LDIF record that puts a DN into a group. */
  membershipLdif(groupDn: string, memberDn: string): string
  /** A DN of a person of this name where the gateway does not look. */
  outsideDn(userName: string): string
  /** Whether a simple bind with the password succeeds. */
  canLogOn(dn: string, password: string): Promise<boolean>
  stop(): Promise<void>
}

/** Gives the subject when a test runs; there is none while tests are declared. */
export type SubjectOf = () => Subject

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
/** Of openldap-posix.yaml: what an account has besides. */
export const POSIX_USER = 'urn:scim2ldap:scim:schemas:extension:posix:User'
export const POSIX_GROUP = 'urn:scim2ldap:scim:schemas:extension:posix:Group'
export const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'
export const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error'
export const BULK_REQUEST = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest'
export const BULK_RESPONSE = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse'
export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

let names = 0

/** A name that no other test has. */
export function freshName(prefix = 'user'): string {
  return `${prefix}${++names}-${process.pid}`
}

/** The body of a user with little in it. */
export function smallUser(more: Json = {}): Json {
  const userName = freshName()
  return { schemas: [USER], userName, name: { familyName: 'Small', givenName: 'User' }, ...more }
}

/** The body of a user with every attribute of the core that all directories have a place for. */
export function fullUser(more: Json = {}): Json {
  const userName = freshName('full')
  return {
    schemas: [USER, ENTERPRISE],
    userName,
    name: {
      formatted: 'Zoë Müller-Lüdenscheidt',
      familyName: 'Müller-Lüdenscheidt',
      givenName: 'Zoë',
    },
    // Some directories call entries so.
    displayName: `Zoë "Zo" Müller, Dr. ${userName}`,
    title: 'Head of R&D',
    userType: 'Employee',
    preferredLanguage: 'de-DE',
    profileUrl: 'https://example.com/~zoe?a=b&c=d',
    active: true,
    emails: [{ type: 'work', primary: true, value: `${userName}@example.com` }],
    phoneNumbers: [
      { type: 'work', value: '+44 20 7946 0101' },
      { type: 'mobile', value: '+44 20 7946 0102' },
      { type: 'home', value: '+44 20 7946 0103' },
      { type: 'fax', value: '+44 20 7946 0104' },
      { type: 'pager', value: '+44 20 7946 0105' },
    ],
    addresses: [
      {
        type: 'work',
        streetAddress: 'Musterstraße 7',
        locality: 'Köln',
        region: 'Nordrhein-Westfalen',
        postalCode: '50667',
        formatted: 'Zoë Müller\nMusterstraße 7\n50667 Köln $ \\',
      },
      { type: 'home', formatted: '12 Example Row\nLondon' },
    ],
    [ENTERPRISE]: {
      employeeNumber: '4711',
      organization: 'Example Ltd',
      division: 'Research',
      department: 'People & Culture',
    },
    ...more,
  }
}

/** A new user, as the gateway shows it. */
export async function makeUser({ gateway }: Subject, body: Json = smallUser()): Promise<Json> {
  const answer = await gateway.post('/Users', body)
  expect(answer).toMatchObject({ status: 201 })
  return answer.body
}

/** A new group with these members, as the gateway shows it. */
export async function makeGroup(
  { gateway }: Subject,
  members: readonly Json[] = [],
  displayName = freshName('group'),
): Promise<Json> {
  const answer = await gateway.post('/Groups', groupBody(displayName, members))
  expect(answer).toMatchObject({ status: 201 })
  return answer.body
}

export function groupBody(displayName: string, members: readonly Json[] = []): Json {
  const values = members.map(({ id }) => ({ value: id }))
  return { schemas: [GROUP], displayName, ...(members.length > 0 && { members: values }) }
}

export function patchOf(...operations: readonly Json[]): Json {
  return { schemas: [PATCH_OP], Operations: operations }
}

/** A resource without what moves by itself or is given by the gateway, multi-valued attributes in one order. */
export function comparable(resource: Json): Json {
  const { id: _id, meta: _meta, groups: _groups, [POSIX_USER]: given, ...rest } = resource
  return sorted(
    given === undefined
      ? rest
      : {
          ...rest,
          schemas: (rest.schemas as readonly string[]).filter((one) => one !== POSIX_USER),
        },
  )
}

/** That the answer is an error in SCIM's form (RFC 7644 §3.12) with words that match. */
export function expectError(
  { status, headers, body }: Answer,
  expected: { readonly status: number; readonly scimType?: string; readonly detail?: RegExp },
): void {
  expect({ status, scimType: body?.scimType, detail: body?.detail }).toEqual({
    status: expected.status,
    scimType: expected.scimType,
    detail: expect.stringMatching(expected.detail ?? /./),
  })
  expect(body).toMatchObject({ schemas: [ERROR], status: String(status) })
  expect(headers.get('content-type')).toMatch(/^application\/scim\+json/)
}

/** That the directory's entry says what the resource says, and nothing besides. */
export async function expectStored(subject: Subject, user: Json): Promise<void> {
  const entry = await subject.read(subject.userDn(user))
  const expected = subject.userAttributes(user)
  const found = Object.keys(expected).map((name) => [name, entry?.attributes[name] ?? []])
  expect(Object.fromEntries(found)).toEqual(expected)
}

/** The ids of a resource's members or of the groups that it is in, in order. */
export function idsOf(values: readonly Json[] | undefined): readonly string[] {
  return (values ?? []).map(({ value }) => value as string).sort()
}

/** A filter as a query. */
export function filtered(endpoint: string, filter: string, more = ''): string {
  return `${endpoint}?filter=${encodeURIComponent(filter)}${more}`
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) {
    const items = value.map(sorted)
    return items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, item]) => [name, sorted(item)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
