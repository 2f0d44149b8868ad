import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Server } from 'node:tls'
import { createServer } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import { smallUser } from '../conformance/subject.ts'
import { startGateway } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'

const run = promisify(execFile)

let server: RunningOpenLdap
let folder: string
let ca: string
const fronts: Server[] = []

beforeAll(async () => {
  server = await startOpenLdap()
  folder = await mkdtemp(join(tmpdir(), 'scim2ldap-'))
  ca = await authority('ours')
  await authority('theirs')
})
afterAll(async () => {
  for (const front of fronts) front.close()
  await server.stop()
  await rm(folder, { recursive: true })
})

test('a certificate that holds is taken: the control of this experiment', async () => {
  expect(await outcome({ issuer: 'ours', name: 'IP:127.0.0.1', days: 1 })).toEqual({
    status: 201,
    reason: undefined,
  })
})

test.each([
  [
    'has expired',
    { issuer: 'ours', name: 'IP:127.0.0.1', days: -1 },
    'the certificate has expired',
  ],
  [
    'is for another host',
    { issuer: 'ours', name: 'DNS:ldap.example.com', days: 1 },
    'the certificate is for another host',
  ],
  [
    'is of an unknown CA',
    { issuer: 'theirs', name: 'IP:127.0.0.1', days: 1 },
    'the certificate is not trusted; set tls.ca',
  ],
])('a certificate that %s is refused: 503, and a line that says so', async (_, fault, words) => {
  const { status, reason, url } = await outcome(fault)
  expect(status).toBe(503)
  expect(reason).toContain(`${url}: ${words}`)
})

interface Fault {
  readonly issuer: string
  readonly name: string
  readonly days: number
}

/** What a POST and the log tell where the server shows such a certificate. */
async function outcome(fault: Fault) {
  const url = await front(await certificate(fault))
  const gateway = await startGateway(server, {
    directory: { urls: [url], tls: { ca }, connectTimeoutMs: 1_000 },
    untilReady: false,
  })
  try {
    const { status } = await gateway.post('/Users', smallUser())
    const line = gateway.log.find(({ msg }) => msg === 'cannot connect to the directory')
    const reason: string | undefined = line?.reason
    return { status, reason, ...(status === 503 && { url }) }
  } finally {
    await gateway.stop()
  }
}

/** TLS with this certificate in front of the server. @returns Its URL. */
async function front(shown: { readonly key: string; readonly cert: string }): Promise<string> {
  const target = Number(new URL(server.plainUrl).port)
  const listener = createServer(shown, (near) => {
    const far = connect(target, '127.0.0.1')
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) socket.on('error', () => far.destroy())
  })
  fronts.push(listener)
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return `ldaps://127.0.0.1:${(listener.address() as AddressInfo).port}` // it listens on TCP
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

async function authority(name: string): Promise<string> {
  await run('openssl', [
    ...['req', '-x509', ...KEY, '-days', '2', '-subj', `/CN=${name}`],
    ...['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)],
  ])
  return readFile(join(folder, `${name}.pem`), 'utf8')
}

async function certificate({ issuer, name, days }: Fault) {
  const file = (ending: string) => join(folder, `server.${ending}`)
  await writeFile(file('ext'), `subjectAltName=${name}\n`)
  await run('openssl', [
    ...['req', '-new', ...KEY, '-subj', '/CN=server'],
    ...['-keyout', file('key'), '-out', file('csr')],
  ])
  await run('openssl', [
    ...['x509', '-req', '-in', file('csr'), '-days', String(days), '-set_serial', '2'],
    ...['-CA', join(folder, `${issuer}.pem`), '-CAkey', join(folder, `${issuer}.key`)],
    ...['-extfile', file('ext'), '-out', file('pem')],
  ])
  return { key: await readFile(file('key'), 'utf8'), cert: await readFile(file('pem'), 'utf8') }
}
