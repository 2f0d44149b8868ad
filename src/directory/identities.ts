import { CONTROLS } from '../ldap/control.ts'
import type { Dn } from '../ldap/dn.ts'
import { parseDn } from '../ldap/dn.ts'
import { textsOf } from '../ldap/entry.ts'
import { TRUE } from '../ldap/filter.ts'
import type { Log } from '../ldap/log.ts'
import { resultName, UnavailableError } from '../ldap/result.ts'
import type { Connection } from './connection.ts'
import { actingAs, encodeSearch } from './encode.ts'
import type { CompleteOptions } from './options.ts'

/**
 * Makes sure that a server knows proxied authorization (RFC 4370) where clients act by it, and tells
 * the log whom it does not let act.
 *
 * @throws {UnavailableError} Where the server does not offer it: requests would have other rights.
 */
export async function checkIdentities(
  connection: Connection,
  { identities, suffix, operationTimeoutMs }: CompleteOptions,
  log: Log,
): Promise<void> {
  const [first] = identities
  if (first === undefined) return
  const { url } = connection
  const read = (base: Dn, attributes: readonly string[]) =>
    encodeSearch({ base, scope: 'base', filter: TRUE, attributes }, operationTimeoutMs)
  const { entries } = await connection.send(read({ rdns: [] }, ['supportedControl']))
  const offered = entries.flatMap((entry) => textsOf(entry, 'supportedControl'))
  if (!offered.includes(CONTROLS.proxiedAuthorization)) {
    const why = `the server does not offer proxied authorization (RFC 4370), which "actAs" of client ${first.client} needs`
    throw new UnavailableError(`${url}: ${why}`, { sent: false })
  }
  const base = parseDn(suffix)
  for (const { client, actAs } of identities) {
    const found = await connection.send(actingAs(read(base, ['1.1']), actAs))
    const { code, diagnostic } = found.result
    const result = resultName(code)
    if (result === 'success' && found.entries.length > 0) continue
    const details = { url, client, actAs, result, diagnostic }
    if (REFUSALS.has(result)) log.error(details, 'the directory lets nobody act for this client')
    // 389 Directory Server says no more where the right to act for others is missing.
    else log.warn(details, 'whom a client acts as sees nothing of the suffix')
  }
}

const REFUSALS = new Set(['authorizationDenied', 'unavailableCriticalExtension'])
