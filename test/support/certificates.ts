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

/** A certificate as openssl(1) is asked for it. */
export interface Wanted {
  /** `/DC=test/CN=server`. */
  readonly subject: string
  /** Such as `subjectAltName=IP:127.0.0.1`. */
  readonly extensions?: readonly string[]
  /** How long it holds; -1 is one that has expired. */
  readonly days?: number
}

export interface Authority {
  readonly caFile: string
  readonly ca: string
  /** A certificate for servers with these DNS names, or for a client with this common name. */
  issue(name: string, names?: readonly string[]): Promise<Certificate>
  /** Any certificate; its files have this name. */
  sign(name: string, wanted: Wanted): Promise<Certificate>
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
  const sign: Authority['sign'] = async (name, { subject, extensions = [], days = 30 }) => {
    const [certFile, keyFile] = [file(`${name}.crt`), file(`${name}.key`)]
    await writeFile(file(`${name}.ext`), extensions.map((line) => `${line}\n`).join(''))
    const request = ['req', '-new', ...KEY, '-subj', subject]
    await run('openssl', [...request, '-keyout', keyFile, '-out', file(`${name}.csr`)])
    await run('openssl', [
      ...['x509', '-req', '-in', file(`${name}.csr`), '-days', String(days), '-CAcreateserial'],
      ...['-CA', file('ca.pem'), '-CAkey', file('ca.key')],
      ...['-extfile', file(`${name}.ext`), '-out', certFile],
    ])
    const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')])
    return { certFile, keyFile, cert, key }
  }
  return {
    caFile: file('ca.pem'),
    ca: await readFile(file('ca.pem'), 'utf8'),
    issue: (name, names = []) => {
      const purpose = names.length === 0 ? 'clientAuth' : 'serverAuth'
      const alternatives = names.map((one) => `DNS:${one}`).join(',')
      const extensions = [
        `extendedKeyUsage=${purpose}`,
        ...(alternatives === '' ? [] : [`subjectAltName=${alternatives}`]),
      ]
      return sign(name, { subject: `/CN=${name}`, extensions })
    },
    sign,
  }
}
