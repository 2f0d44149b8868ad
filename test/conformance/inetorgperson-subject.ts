import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import { dnKey, parseDn, printDn, childOf } from '../../src/ldap/dn.ts'
import type { GatewayOptions, Json, TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { ldapread, ldapsearch } from '../support/ldapsearch.ts'
import type { Subject } from './subject.ts'

const run = promisify(execFile)

/** What differs between mappings. */
export interface MappingSubject extends Pick<
  Subject,
  'keepsEverything' | 'refused' | 'nests' | 'takesEveryName'
> {
  /** The mapping's file. */
  readonly mapping: string
  /** The schema that it needs besides the standard one. */
  readonly schema?: string
  /** What an entry must have besides to be a user, as LDIF. */
  readonly userLdif?: string
  /** Groups have the user names of their members, not DNs. */
  readonly membersByUid?: true
  /** The mapping in other words: what the entry holds of a user, its lock aside. */
  readonly attributes: Readonly<Record<string, AttributeOf>>
}

/** One LDAP attribute's value, or values. */
export type AttributeOf = (user: Json) => string | readonly string[] | undefined

/** What one directory product has otherwise than another one. */
export interface Product {
  readonly mapped: MappingSubject
  /** How a gateway gets to it, where that is not by default. */
  readonly gateway?: GatewayOptions
  readonly tellsGroups: Subject['tellsGroups']
  /** Its own attribute of the id, and of accounts that are off. */
  readonly idAttribute: string
  readonly lock: { readonly attribute: string; readonly value: string }
  /** Exit codes of `ldapwhoami` by which a logon is refused. */
  readonly refusals: readonly number[]
}

/** A directory with people as inetOrgPerson and groups as groupOfNames, and OpenLDAP's clients on it. */
export async function inetOrgPersonSubject(
  server: RunningDirectory,
  product: Product,
): Promise<Subject> {
  const gateways: TestGateway[] = []
  const { mapping, attributes, keepsEverything, refused, nests, takesEveryName } = product.mapped
  const { membersByUid = false, userLdif = '' } = product.mapped
  const memberAttribute = membersByUid ? 'memberUid' : 'member'
  const anotherGateway: Subject['anotherGateway'] = async (more) => {
    const gateway = await startGateway(server, { mapping, ...product.gateway, ...more })
    gateways.push(gateway)
    return gateway
  }
  const { suffix } = server
  const { idAttribute, lock } = product
  const normalDn = (text: string) => dnKey(parseDn(text))
  const nobody = normalDn(`cn=nobody,${suffix}`)
  const dnIn = (base: string, type: string) => (value: string) =>
    printDn(childOf(parseDn(base), [{ type, value }]))
  const ofPerson = dnIn(`ou=people,${suffix}`, 'uid')
  const userDn = (user: Json) => ofPerson(typeof user === 'string' ? user : user.userName)
  const groupDn = dnIn(`ou=groups,${suffix}`, 'cn')
  return {
    gateway: await anotherGateway(),
    anotherGateway,
    serviceDn: server.serviceDn,
    tellsGroups: product.tellsGroups,
    nests,
    takesEveryName,
    keepsEverything,
    ...(refused !== undefined && { refused }),
    userDn,
    groupDn,
    outsideDn: dnIn(suffix, 'uid'),
    normalDn,
    idOf: async (dn) =>
      (await ldapread(server, dn, [idAttribute]))?.attributes[idAttribute]?.[0] ?? '',
    read: (dn) => ldapread(server, dn, ['*', lock.attribute]),
    userAttributes: (user) => ({
      ...Object.fromEntries(
        Object.entries(attributes).map(([name, of]) => [name, [of(user) ?? []].flat()]),
      ),
      [lock.attribute]: user.active === false ? [lock.value] : [],
    }),
    membersOf: async (displayName) => {
      const entry = await ldapread(server, groupDn(displayName), [memberAttribute])
      const values = entry?.attributes[memberAttribute] ?? []
      const keys = values.map((value) => normalDn(membersByUid ? userDn(value) : value))
      return keys.filter((key) => key !== nobody).sort()
    },
    managerOf: async (userName) => {
      const entry = await ldapread(server, userDn(userName), ['manager'])
      return entry?.attributes.manager?.map(normalDn)[0]
    },
    referencesTo: async (dn) => {
      const uid = membersByUid ? `(memberUid=${escaped(nameIn(dn))})` : ''
      const filter = `(|(member=${escaped(dn)})(manager=${escaped(dn)})(memberOf=${escaped(dn)})${uid})`
      return (await ldapsearch(server, { filter, attributes: ['1.1'] })).length
    },
    applyLdif: (ldif) => ldapmodify(server, ldif),
    personLdif: (dn, userName) =>
      `dn: ${dn}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: ${userName}\ncn: Somebody\nsn: Else\n${userLdif}\n`,
    dangles: true,
    membershipLdif: (group, member) =>
      `dn: ${group}\nchangetype: modify\nadd: ${memberAttribute}\n${memberAttribute}: ${membersByUid ? nameIn(member) : member}\n\n`,
    canLogOn: async (dn, password) => {
      const identity = ['-x', '-H', server.url, '-D', dn, '-w', password]
      try {
        await run('ldapwhoami', identity, environment(server))
        return true
      } catch (error) {
        if (product.refusals.includes((error as { code?: number }).code ?? 0)) return false
        throw error
      }
    },
    stop: async () => {
      await Promise.all(gateways.map((gateway) => gateway.stop()))
      await server.stop()
    },
  }
}

/** The value of the RDN. */
function nameIn(dn: string): string {
  const value = parseDn(dn).rdns[0]?.[0]?.value
  return typeof value === 'string' ? value : ''
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
