import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { OpenLdapOptions, RunningOpenLdap } from '../../src/demo/openldap.ts'
import { dnKey, parseDn, printDn, childOf } from '../../src/ldap/dn.ts'
import type { Json, TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { ldapread, ldapsearch } from '../support/ldapsearch.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { PLAIN } from './openldap-mappings.ts'
import type { Subject } from './subject.ts'

const run = promisify(execFile)

/** What differs between the mappings for OpenLDAP. */
export interface MappingSubject extends Pick<Subject, 'keepsEverything' | 'refused'> {
  /** The mapping's file. */
  readonly mapping: string
  /** The schema that it needs besides the standard one. */
  readonly schema?: string
  /** The mapping in other words: what the entry holds of a user. */
  readonly attributes: Readonly<Record<string, AttributeOf>>
}

/** One LDAP attribute's value, or values. */
export type AttributeOf = (user: Json) => string | readonly string[] | undefined

/** OpenLDAP with a shipped mapping, and OpenLDAP's own clients. */
export interface OpenLdapSubject extends Subject {
  readonly server: RunningOpenLdap
}

export async function startOpenLdapSubject(
  options: OpenLdapOptions = {},
  mapped: MappingSubject = PLAIN,
): Promise<OpenLdapSubject> {
  const { mapping, schema, attributes, keepsEverything, refused } = mapped
  const server = await startOpenLdap({ ...options, ...(schema !== undefined && { schema }) })
  const gateways: TestGateway[] = []
  const anotherGateway: Subject['anotherGateway'] = async (more) => {
    const gateway = await startGateway(server, { mapping, ...more })
    gateways.push(gateway)
    return gateway
  }
  const { suffix } = server
  const normalDn = (text: string) => dnKey(parseDn(text))
  const nobody = normalDn(`cn=nobody,${suffix}`)
  const dnIn = (ou: string, type: string) => (value: string) =>
    printDn(childOf(parseDn(`ou=${ou},${suffix}`), [{ type, value }]))
  const userDn = dnIn('people', 'uid')
  const groupDn = dnIn('groups', 'cn')
  return {
    server,
    gateway: await anotherGateway(),
    anotherGateway,
    tellsGroups: options.overlays?.includes('memberof') ?? true,
    keepsEverything,
    refused,
    userDn,
    groupDn,
    outsideDn: dnIn('policies', 'uid'),
    normalDn,
    idOf: async (dn) =>
      (await ldapread(server, dn, ['entryUUID']))?.attributes.entryUUID?.[0] ?? '',
    read: (dn) => ldapread(server, dn, ['*', 'pwdAccountLockedTime']),
    userAttributes: (user) =>
      Object.fromEntries(
        Object.entries(attributes).map(([name, of]) => [name, [of(user) ?? []].flat()]),
      ),
    membersOf: async (displayName) => {
      const entry = await ldapread(server, groupDn(displayName), ['member'])
      const keys = (entry?.attributes.member ?? []).map(normalDn)
      return keys.filter((key) => key !== nobody).sort()
    },
    managerOf: async (userName) => {
      const entry = await ldapread(server, userDn(userName), ['manager'])
      return entry?.attributes.manager?.map(normalDn)[0]
    },
    referencesTo: async (dn) => {
      const filter = `(|(member=${escaped(dn)})(manager=${escaped(dn)})(memberOf=${escaped(dn)}))`
      return (await ldapsearch(server, { filter, attributes: ['1.1'] })).length
    },
    applyLdif: async (ldif) => {
      const client = execFile('ldapmodify', clientOptions(server), environment(server))
      const done = new Promise<void>((resolve, reject) => {
        client.once('exit', (code) =>
          code === 0 ? resolve() : reject(new Error(`ldapmodify ended with ${code}`)),
        )
      })
      client.stdin?.end(ldif)
      await done
    },
    personLdif: (dn, userName) =>
      `dn: ${dn}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: ${userName}\ncn: Somebody\nsn: Else\n\n`,
    membershipLdif: (group, member) =>
      `dn: ${group}\nchangetype: modify\nadd: member\nmember: ${member}\n\n`,
    canLogOn: async (dn, password) => {
      const identity = ['-x', '-H', server.url, '-D', dn, '-w', password]
      try {
        await run('ldapwhoami', identity, environment(server))
        return true
      } catch (error) {
        const INVALID_CREDENTIALS = 49
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

/** RFC 4515 §3. */
function escaped(text: string): string {
  return text.replace(
    /[\\*()\0]/g,
    (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

function clientOptions(server: RunningOpenLdap): readonly string[] {
  return ['-x', '-H', server.url, '-D', server.adminDn, '-w', server.adminPassword]
}

function environment({ caFile }: RunningOpenLdap) {
  return { env: { ...process.env, LDAPTLS_CACERT: caFile } }
}
