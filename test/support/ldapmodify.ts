import { execFile } from 'node:child_process'
import type { RunningDirectory } from '../../src/demo/directory.ts'

/** Has the `ldapmodify` program carry out LDIF change records, as the administrator. */
export async function ldapmodify(server: RunningDirectory, ldif: string): Promise<void> {
  const client = execFile(
    'ldapmodify',
    ['-x', '-H', server.url, '-D', server.adminDn, '-w', server.adminPassword],
    { env: { ...process.env, LDAPTLS_CACERT: server.caFile } },
  )
  const done = new Promise<void>((resolve, reject) => {
    client.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`ldapmodify ended with ${code}`)),
    )
  })
  client.stdin?.end(ldif)
  await done
}
