import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** PEM files, and what is in them. */
export interface Certificate {
  readonly certFile: string
  readonly keyFile: string
  readonly cert: string
  readonly key: string
}

export interface Authority {
  readonly caFile: string
  readonly ca: string
  /** A certificate for servers with these DNS names, or for a client with this common name. */
  issue(name: string, names?: readonly string[]): Promise<Certificate>
}

/** A certificate authority in a folder of its own, by the `openssl` binary. */
export async function makeAuthority(folder: string): Promise<Authority> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = (name: string) => join(folder, name)
  await run('openssl', [
    ...['req', '-x509', ...KEY, '-days', '30', '-subj', '/CN=authority of a test'],
    ...['-addext', 'basicConstraints=critical,CA:TRUE'],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    ...['-keyout', file('ca.key'), '-out', file('ca.pem')],
  ])
  return {
    caFile: file('ca.pem'),
    ca: await readFile(file('ca.pem'), 'utf8'),
    issue: async (name, names = []) => {
      const [certFile, keyFile] = [file(`${name}.crt`), file(`${name}.key`)]
      const purpose = names.length === 0 ? 'clientAuth' : 'serverAuth'
      const alternatives = names.map((one) => `DNS:${one}`).join(',')
      await writeFile(
        file(`${name}.ext`),
        `extendedKeyUsage=${purpose}\n${alternatives && `subjectAltName=${alternatives}\n`}`,
      )
      const request = ['req', '-new', ...KEY, '-subj', `/CN=${name}`]
      await run('openssl', [...request, '-keyout', keyFile, '-out', file(`${name}.csr`)])
      await run('openssl', [
        ...['x509', '-req', '-in', file(`${name}.csr`), '-days', '30', '-CAcreateserial'],
        ...['-CA', file('ca.pem'), '-CAkey', file('ca.key')],
        ...['-extfile', file(`${name}.ext`), '-out', certFile],
      ])
      const [cert, key] = [await readFile(certFile, 'utf8'), await readFile(keyFile, 'utf8')]
      return { certFile, keyFile, cert, key }
    },
  }
}
