import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished } from 'vitest'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import { childOf, dnKey, parseDn, printDn } from '../../src/ldap/dn.ts'
import { formatGuid } from '../../src/ldap/windows-syntax.ts'
import { folderWith } from '../support/folder.ts'
import type { GatewayOptions, Json, TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { ldapread, ldapsearch } from '../support/ldapsearch.ts'
import { SHIPPED_MAPPINGS } from '../support/rules.ts'
import { startSamba } from '../support/samba.ts'
import type { Subject } from './subject.ts'
import { ENTERPRISE } from './subject.ts'

const run = promisify(execFile)
const MAPPING = join(SHIPPED_MAPPINGS, 'active-directory.yaml')
const INVALID_CREDENTIALS = 49

/** Samba with the shipped mapping for Active Directory, and OpenLDAP's clients on it. */
export interface SambaSubject extends Subject {
  readonly server: RunningDirectory
}

export async function startSambaSubject(): Promise<SambaSubject> {
  const server = await startSamba()
  const gateways: TestGateway[] = []
  const anotherGateway = async (more: GatewayOptions = {}) => {
    const gateway = await startGateway(server, { mapping: MAPPING, ...more })
    gateways.push(gateway)
    return gateway
  }
  const { suffix } = server
  const normalDn = (text: string) => dnKey(parseDn(text))
  const dnIn = (container: string) => (value: string) =>
    printDn(childOf(parseDn(`${container},${suffix}`), [{ type: 'cn', value }]))
  const userDn = (user: Json) => dnIn('ou=People')(nameOf(user))
  const groupDn = dnIn('ou=Groups')
  return {
    server,
    gateway: await anotherGateway(),
    anotherGateway,
    serviceDn: server.serviceDn,
    tellsGroups: 'direct',
    nests: true,
    takesEveryName: true,
    keepsEverything: false,
    refused: {
      attribute: 'phoneNumbers',
      value: [{ type: 'work', value: `+${'1'.repeat(64)}` }],
      name: 'phoneNumbers[type eq "work"].value',
    },
    userDn,
    groupDn,
    outsideDn: dnIn('cn=Users'),
    normalDn,
    idOf: async (dn) => {
      const entry = await ldapread(server, dn, ['objectGUID'])
      return formatGuid(entry?.octets.objectGUID?.[0] ?? Buffer.alloc(0)) ?? ''
    },
    read: (dn) => ldapread(server, dn),
    userAttributes: (user) =>
      Object.fromEntries(Object.entries(ATTRIBUTES).map(([name, of]) => [name, texts(of(user))])),
    membersOf: async (displayName) => {
      const entry = await ldapread(server, groupDn(displayName), ['member'])
      return (entry?.attributes.member ?? []).map(normalDn).sort()
    },
    managerOf: async (userName) => {
      const entry = await ldapread(server, userDn(userName), ['manager'])
      return entry?.attributes.manager?.map(normalDn)[0]
    },
    referencesTo: async (dn) => {
      const filter = `(|(member=${escaped(dn)})(manager=${escaped(dn)})(memberOf=${escaped(dn)}))`
      return (await ldapsearch(server, { filter, attributes: ['1.1'] })).length
    },
    applyLdif: (ldif) => ldapmodify(server, ldif),
    personLdif: (dn, userName) =>
      `dn: ${dn}\nchangetype: add\nobjectClass: user\nuserPrincipalName: ${userName}\nsn: Else\n\n`,
    dangles: false,
    membershipLdif: (group, member) =>
      `dn: ${group}\nchangetype: modify\nadd: member\nmember: ${member}\n\n`,
    canLogOn: async (dn, password) => {
      const identity = ['-x', '-H', server.url, '-D', dn, '-w', password]
      try {
        await run('ldapsearch', [...identity, '-b', '', '-s', 'base', '1.1'], environment(server))
        return true
      } catch (error) {
        if ((error as { code?: number }).code === INVALID_CREDENTIALS) return false
        throw error
      }
    },
    stop: async () => {
      await Promise.all(gateways.map((gateway) => gateway.stop()))
      await server.stop()
    },
  }
}

/**
 * A gateway over the same directory, for one test, whose mapping says otherwise than the shipped one.
 *
 * @param changes Text of the mapping → what stands there instead.
 */
export async function mappedOtherwise(
  { server }: SambaSubject,
  changes: Readonly<Record<string, string>>,
): Promise<TestGateway> {
  let text = readFileSync(MAPPING, 'utf8')
  for (const [from, to] of Object.entries(changes)) {
    expect(text).toContain(from)
    text = text.replaceAll(from, to)
  }
  const folder = folderWith({ 'mapping.yaml': text })
  const gateway = await startGateway(server, { mapping: join(folder, 'mapping.yaml') })
  onTestFinished(() => gateway.stop())
  return gateway
}

/** mappings/active-directory.yaml in other words: what the entry holds of a resource. */
const ATTRIBUTES: Readonly<Record<string, (user: Json) => Json>> = {
  cn: nameOf,
  userPrincipalName: ({ userName }) => userName,
  sn: ({ name }) => name?.familyName,
  givenName: ({ name }) => name?.givenName,
  adminDisplayName: ({ name }) => name?.formatted,
  displayName: (user) => user.displayName,
  title: (user) => user.title,
  employeeType: (user) => user.userType,
  preferredLanguage: (user) => user.preferredLanguage,
  wWWHomePage: (user) => user.profileUrl,
  // NORMAL_ACCOUNT, and ACCOUNTDISABLE.
  userAccountControl: ({ active }) => (active === false ? '514' : '512'),
  accountExpires: () => '9223372036854775807',
  mail: ({ emails }) => ofType(emails, 'work')?.value,
  telephoneNumber: ({ phoneNumbers }) => ofType(phoneNumbers, 'work')?.value,
  mobile: ({ phoneNumbers }) => ofType(phoneNumbers, 'mobile')?.value,
  homePhone: ({ phoneNumbers }) => ofType(phoneNumbers, 'home')?.value,
  facsimileTelephoneNumber: ({ phoneNumbers }) => ofType(phoneNumbers, 'fax')?.value,
  pager: ({ phoneNumbers }) => ofType(phoneNumbers, 'pager')?.value,
  streetAddress: ({ addresses }) => ofType(addresses, 'work')?.streetAddress,
  l: ({ addresses }) => ofType(addresses, 'work')?.locality,
  st: ({ addresses }) => ofType(addresses, 'work')?.region,
  c: ({ addresses }) => ofType(addresses, 'work')?.country,
  co: () => undefined,
  countryCode: () => '0',
  postalCode: ({ addresses }) => ofType(addresses, 'work')?.postalCode,
  postalAddress: ({ addresses }) => postal(ofType(addresses, 'work')?.formatted),
  homePostalAddress: ({ addresses }) => postal(ofType(addresses, 'home')?.formatted),
  employeeID: (user) => user[ENTERPRISE]?.employeeNumber,
  company: (user) => user[ENTERPRISE]?.organization,
  division: (user) => user[ENTERPRISE]?.division,
  department: (user) => user[ENTERPRISE]?.department,
}

/** By which the shipped mapping calls a user that nobody else is called like. */
function nameOf(user: Json): string {
  return typeof user === 'string' ? user : (user.displayName ?? user.userName)
}

function ofType(values: readonly Json[] | undefined, type: string): Json {
  return values?.find((value) => value.type === type)
}

/** RFC 4517 §3.3.28. */
function postal(formatted: string | undefined): string | undefined {
  return formatted
    ?.split('\n')
    .map((line) => line.replace(/\\/g, '\\5C').replace(/\$/g, '\\24'))
    .join('$')
}

function texts(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value]
}

/** RFC 4515 §3. */
function escaped(text: string): string {
  return text.replace(
    /[\\*()\0]/g,
    (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

function environment({ caFile }: RunningDirectory) {
  return { env: { ...process.env, LDAPTLS_CACERT: caFile } }
}
