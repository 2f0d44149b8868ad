import { Attribute, Change, Client } from 'ldapts'
import type { RunningOpenLdap } from '../src/demo/openldap.ts'

/** Has the server, which starts without it, write through to the disk before it answers. */
export async function makeDurable({
  url,
  ca,
  adminDn,
  adminPassword,
}: RunningOpenLdap): Promise<void> {
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
