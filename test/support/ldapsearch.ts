import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { RunningDirectory } from '../../src/demo/directory.ts'

const run = promisify(execFile)

/** An entry as OpenLDAP's own client printed it: values by attribute name as the server spells it. */
export interface FoundEntry {
  readonly dn: string
  readonly attributes: Readonly<Record<string, readonly string[]>>
  /** The same values as octets. */
  readonly octets: Readonly<Record<string, readonly Buffer[]>>
}

export interface Ldapsearch {
  /** The suffix unless given. */
  readonly base?: string
  readonly scope?: 'base' | 'one' | 'sub'
  readonly filter?: string
  /** All user attributes unless given. */
  readonly attributes?: readonly string[]
  /** OIDs of controls without a value, to be taken as critical. */
  readonly controls?: readonly string[]
}

/**
 * Searches by the `ldapsearch` program over LDAPS with a verified certificate, as the
 * administrator: what it finds was read by another client than ours.
 */
export async function ldapsearch(
  server: RunningDirectory,
  search: Ldapsearch = {},
): Promise<readonly FoundEntry[]> {
  const { stdout } = await run(
    'ldapsearch',
    [
      ...['-LLL', '-o', 'ldif-wrap=no', '-x', '-H', server.url],
      ...['-D', server.adminDn, '-w', server.adminPassword],
      ...(search.controls ?? []).flatMap((oid) => ['-E', `!${oid}`]),
      ...['-b', search.base ?? server.suffix, '-s', search.scope ?? 'sub'],
      search.filter ?? '(objectClass=*)',
      ...(search.attributes ?? []),
    ],
    { env: { ...process.env, LDAPTLS_CACERT: server.caFile }, maxBuffer: 1 << 28 },
  )
  // What else there is are comments, such as referrals.
  const records = stdout.split('\n\n').filter((record) => /^dn:/m.test(record))
  return records.map(entryOf)
}

/** Reads one entry by its DN; `undefined` where there is none. */
export async function ldapread(
  server: RunningDirectory,
  dn: string,
  attributes?: readonly string[],
): Promise<FoundEntry | undefined> {
  try {
    const search: Ldapsearch = { base: dn, scope: 'base' }
    const [entry] = await ldapsearch(server, attributes ? { ...search, attributes } : search)
    return entry
  } catch (error) {
    const NO_SUCH_OBJECT = 32
    if (error instanceof Error && 'code' in error && error.code === NO_SUCH_OBJECT) return undefined
    throw error
  }
}

function entryOf(record: string): FoundEntry {
  const attributes: Record<string, string[]> = {}
  const octets: Record<string, Buffer[]> = {}
  let dn = ''
  for (const line of record.split('\n')) {
    const match = /^([^:]+):(:?) ?(.*)$/.exec(line)
    if (match === null) continue
    const [, name = '', base64, text = ''] = match
    const value = Buffer.from(text, base64 ? 'base64' : 'utf8')
    if (name === 'dn') dn = value.toString()
    else {
      ;(attributes[name] ??= []).push(value.toString())
      ;(octets[name] ??= []).push(value)
    }
  }
  return { dn, attributes, octets }
}
