import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { setTimeout } from 'node:timers/promises'
import { runProgram } from './run.ts'

/** File names inside the folder of `makeCertificates`. */
export const CA_FILE = 'ca.pem'
export const CERTIFICATE_FILE = 'server.pem'
export const KEY_FILE = 'server.key'

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/**
 * Makes a certificate authority of our own and with it a server certificate for localhost, this
 * host's name and 127.0.0.1, by the `openssl` binary. The authority's key does not stay.
 *
 * @param address Another IP address that it is for.
 * @returns The authority's certificate as PEM text.
 */
export async function makeCertificates(folder: string, address?: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = (name: string) => join(folder, name)
  // OpenLDAP's client tools put the host's own name in the place of "localhost".
  const names = [...new Set(['localhost', hostname()])].map((name) => `DNS:${name}`)
  const addresses = ['127.0.0.1', ...(address === undefined ? [] : [address])].map(
    (ip) => `IP:${ip}`,
  )
  await writeFile(
    file('server.ext'),
    `subjectAltName=${[...names, ...addresses].join(',')}\nextendedKeyUsage=serverAuth\n`,
  )
  const request = ['req', '-new', ...KEY, '-subj', '/CN=localhost']
  await Promise.all([
    runProgram('openssl', [
      ...['req', '-x509', ...KEY, '-days', '3650', '-subj', '/CN=scim2ldap private CA'],
      ...['-addext', 'basicConstraints=critical,CA:TRUE'],
      ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
      ...['-keyout', file('ca.key'), '-out', file(CA_FILE)],
    ]),
    runProgram('openssl', [...request, '-keyout', file(KEY_FILE), '-out', file('server.csr')]),
  ])
  await runProgram('openssl', [
    ...['x509', '-req', '-in', file('server.csr'), '-days', '3650'],
    ...['-CA', file(CA_FILE), '-CAkey', file('ca.key'), '-set_serial', '1'],
    ...['-extfile', file('server.ext'), '-out', file(CERTIFICATE_FILE)],
  ])
  await Promise.all(['ca.key', 'server.csr', 'server.ext'].map((name) => rm(file(name))))
  return readFile(file(CA_FILE), 'utf8')
}

/**
 * Resolves once a TLS server with a certificate of `ca` answers at `host`, so never for somebody
 * else's server on that port.
 *
 * @throws The signal's reason when it fires first.
 */
export async function untilTlsAnswers(
  port: number,
  ca: string,
  signal: AbortSignal,
  host = '127.0.0.1',
): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    if (await answers(host, port, ca, signal)) return
    await setTimeout(20)
  }
}

function answers(host: string, port: number, ca: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, ca, servername: 'localhost', timeout: 2000 })
    const end = (answer: boolean) => {
      signal.removeEventListener('abort', no)
      socket.destroy()
      resolve(answer)
    }
    const no = () => end(false)
    signal.addEventListener('abort', no)
    socket.on('secureConnect', () => end(true))
    socket.on('error', no).on('timeout', no)
  })
}
