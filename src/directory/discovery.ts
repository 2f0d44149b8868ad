import { Resolver } from 'node:dns/promises'

import type { Log } from '../ldap/log.ts'
import { UnavailableError } from '../ldap/result.ts'

/** A server of a service as DNS tells of it (RFC 2782). */
export interface SrvRecord {
  readonly name: string
  readonly port: number
  readonly priority: number
  readonly weight: number
}

/** Rejects with a `code` as `node:dns` does. */
export type ResolveSrv = (name: string) => Promise<readonly SrvRecord[]>

/** The servers of a DNS domain, as a URL with `+srv` names them. */
export interface Service {
  readonly url: string
  /** Where the records are, behind `_ldap._tcp.`: `corp.example`, `dc._msdcs.corp.example`. */
  readonly domain: string
  /** Whether TLS begins with the first byte. */
  readonly secure: boolean
}

/** What `ldaps+srv://domain` and `ldap+srv://domain` name; `undefined` for every other URL. */
export function serviceOf(url: string): Service | undefined {
  const found = /^(ldaps?)\+srv:\/\/([a-z0-9_.-]+?)\.?\/?$/.exec(url.toLowerCase())
  const [, protocol, domain] = found ?? []
  if (domain === undefined) return undefined
  return { url, domain, secure: protocol === 'ldaps' }
}

/**
 * The URLs of a service's servers: those of a priority together, the most preferred first, each
 * priority in an order drawn by weight (RFC 2782). With TLS from the first byte they are those of
 * `_ldaps._tcp`; where there are none, those of `_ldap._tcp` at port 636, for Active Directory
 * announces no others. A server outside of the domain is left out: DNS is not signed, and its
 * certificate would only prove that it is itself.
 *
 * @throws {UnavailableError} Where DNS does not answer or knows none.
 */
export async function discover(
  service: Service,
  resolve: ResolveSrv,
  log: Log,
  random: () => number = Math.random,
): Promise<readonly (readonly string[])[]> {
  const { url, domain, secure } = service
  const own = secure ? await recordsAt(`_ldaps._tcp.${domain}`, url, resolve) : []
  const found = own.length > 0 ? own : await recordsAt(`_ldap._tcp.${domain}`, url, resolve)
  const inside = found.filter(({ name }) => isWithin(name, domain))
  const foreign = found.filter((record) => !inside.includes(record)).map(({ name }) => name)
  if (foreign.length > 0) log.warn({ url, servers: foreign }, 'servers outside of the domain')
  if (inside.length === 0) {
    throw new UnavailableError(`${url}: DNS knows no server of it`, { sent: false })
  }
  const urlOf = ({ name, port }: SrvRecord) =>
    secure ? `ldaps://${name}:${own.length > 0 ? port : LDAPS}` : `ldap://${name}:${port}`
  const priorities = [...new Set(inside.map(({ priority }) => priority))].sort((a, b) => a - b)
  return priorities.map((wanted) =>
    drawn(
      inside.filter(({ priority }) => priority === wanted),
      random,
    ).map(urlOf),
  )
}

/** The system's resolver; it gives up soon enough for another server to be tried. */
export function systemResolver(): ResolveSrv {
  const resolver = new Resolver({ timeout: 1_000, tries: 2 })
  return (name) => resolver.resolveSrv(name)
}

const LDAPS = 636

/** What DNS answers where there is nothing. */
const NOTHING = new Set<unknown>(['ENOTFOUND', 'ENODATA'])

async function recordsAt(name: string, url: string, resolve: ResolveSrv) {
  try {
    // A target of "." says that there is no such service.
    return (await resolve(name)).filter((record) => !['', '.'].includes(record.name))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && NOTHING.has(cause.code)) return []
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UnavailableError(`${url}: ${why}`, { sent: false, cause })
  }
}

/** Whether a host is of the domain that records are about: what follows the last label with `_`. */
function isWithin(host: string, domain: string): boolean {
  const labels = domain.split('.')
  const own = labels.slice(labels.findLastIndex((label) => label.startsWith('_')) + 1).join('.')
  const bare = host.toLowerCase().replace(/\.$/, '')
  return bare === own || bare.endsWith(`.${own}`)
}

function drawn(records: readonly SrvRecord[], random: () => number): readonly SrvRecord[] {
  // RFC 2782: those without weight first, so that they have their small chance.
  const left = [...records].sort((a, b) => a.weight - b.weight)
  const order: SrvRecord[] = []
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0)
    const at = random() * total
    let sum = 0
    const index = left.findIndex(({ weight }) => (sum += weight) >= at)
    order.push(...left.splice(index, 1))
  }
  return order
}
