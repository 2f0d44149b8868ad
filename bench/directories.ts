import { Attribute, Change, Client } from 'ldapts'
import type { RunningDirectory } from '../src/demo/directory.ts'
import type { Counters } from './monitor.ts'

/** A product of src/demo/products.ts, as far as it is measured. */
export interface Measurable {
  /** The shipped mapping that is measured. */
  readonly mapping: string
  /** The server's own counters, where it has any. */
  readonly counters?: Counters
  /** Has it write through to the disk before it answers, which private directories do not do. */
  makeDurable?(server: RunningDirectory): Promise<void>
}

export const DIRECTORIES: ReadonlyMap<string, Measurable> = new Map<string, Measurable>([
  ['openldap', { mapping: 'openldap', counters: slapdMonitor, makeDurable }],
  ['389ds', { mapping: '389ds', counters: snmpMonitor }],
  ['active-directory', { mapping: 'active-directory' }],
])

/** slapd-monitor(5). */
async function slapdMonitor(client: Client): Promise<ReadonlyMap<string, number>> {
  const { searchEntries } = await client.search('cn=Operations,cn=Monitor', {
    scope: 'one',
    attributes: ['cn', 'monitorOpInitiated'],
  })
  return new Map(
    searchEntries.map(({ cn, monitorOpInitiated }) => [
      String(cn).toLowerCase(),
      Number(monitorOpInitiated),
    ]),
  )
}

/** Counters of 389 Directory Server (RFC 2605); what its plug-ins ask and write is not in them. */
const SNMP = {
  search: 'searchops',
  add: 'addentryops',
  modify: 'modifyentryops',
  delete: 'removeentryops',
  modrdn: 'modifyrdnops',
} as const

async function snmpMonitor(client: Client): Promise<ReadonlyMap<string, number>> {
  const { searchEntries } = await client.search('cn=snmp,cn=monitor', { scope: 'base' })
  const [counters = { dn: '' }] = searchEntries
  return new Map(Object.entries(SNMP).map(([kind, name]) => [kind, Number(counters[name])]))
}

/** A private OpenLDAP leaves writing to the system; one that is installed does not. */
async function makeDurable({ url, ca, adminDn, adminPassword }: RunningDirectory): Promise<void> {
  const client = new Client({ url, tlsOptions: { ca } })
  await client.bind(adminDn, adminPassword)
  const { searchEntries } = await client.search('cn=config', {
    filter: '(objectClass=olcMdbConfig)',
    attributes: ['1.1'],
  })
  const modification = new Attribute({ type: 'olcDbNoSync', values: ['FALSE'] })
  for (const { dn } of searchEntries) {
    await client.modify(dn, new Change({ operation: 'replace', modification }))
  }
  await client.unbind()
}
