import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Pair {
  readonly cert: string
  readonly key: string
}

/** A CA for clients, with the certificates that it has signed. */
export interface TestCa {
  readonly ca: string
  /**
   * @param subject As openssl takes it, e.g. `/O=Corp/CN=agent`.
   * @param days Of validity, from now; negative: it ended so many days ago.
   */
  issue(subject: string, options?: { readonly san?: string; readonly days?: number }): Promise<Pair>
  remove(): Promise<void>
}

export async function makeCa(name: string): Promise<TestCa> {
  const folder = await mkdtemp(join(tmpdir(), 'scim2ldap-'))
  const file = (part: string) => join(folder, part)
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  await run('openssl', [
    ...['req', '-x509', ...newKey, '-days', '3650', '-subj', `/CN=${name}`],
    ...['-addext', 'basicConstraints=critical,CA:TRUE'],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    ...['-keyout', file('ca.key'), '-out', file('ca.pem')],
  ])
  let serial = 1
  const day = (days: number) =>
    new Date(Date.now() + days * 86_400_000).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return {
    ca: await readFile(file('ca.pem'), 'utf8'),
    issue: async (subject, { san, days = 1 } = {}) => {
      const own = `client-${serial++}`
      await run('openssl', [
        ...['req', '-new', ...newKey, '-utf8', '-subj', subject],
        ...['-keyout', file(`${own}.key`), '-out', file(`${own}.csr`)],
      ])
      const names = san === undefined ? '' : `subjectAltName=${san}\n`
      await writeFile(file(`${own}.ext`), `extendedKeyUsage=clientAuth\n${names}`)
      // `x509 -days` cannot go back; `ca` can say both ends.
      await writeFile(file('index.txt'), '')
      await writeFile(
        file('ca.cnf'),
        `[ca]\ndefault_ca=own\n[own]\ndatabase=${file('index.txt')}\nnew_certs_dir=${folder}\nrand_serial=yes\ndefault_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncommonName=optional\norganizationName=optional\ncountryName=optional\n`,
      )
      await run('openssl', [
        ...['ca', '-batch', '-notext', '-utf8', '-config', file('ca.cnf')],
        ...['-cert', file('ca.pem'), '-keyfile', file('ca.key'), '-in', file(`${own}.csr`)],
        ...['-startdate', day(Math.min(days, 0) - 1), '-enddate', day(days)],
        ...['-extfile', file(`${own}.ext`), '-out', file(`${own}.pem`)],
      ])
      return {
        cert: await readFile(file(`${own}.pem`), 'utf8'),
        key: await readFile(file(`${own}.key`), 'utf8'),
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
