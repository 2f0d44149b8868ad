import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Server, TlsOptions } from 'node:tls'
import { createServer } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import { smallUser } from '../conformance/subject.ts'
import type { Authority } from '../support/certificates.ts'
import { makeAuthority } from '../support/certificates.ts'
import { startGateway } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'

let server: RunningOpenLdap
let folder: string
let ours: Authority
let theirs: Authority
const fronts: Server[] = []

beforeAll(async () => {
  server = await startOpenLdap()
  folder = await mkdtemp(join(tmpdir(), 'scim2ldap-'))
  ours = await makeAuthority(join(folder, 'ours'))
  theirs = await makeAuthority(join(folder, 'theirs'))
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

test.each<[string, Fault, string]>([
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

test('a server that speaks no TLS newer than 1.1 is refused: 503, and a line that says so', async () => {
  // This process must still speak what it is going to refuse.
  const old = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  const holds: Fault = { issuer: 'ours', name: 'IP:127.0.0.1' }
  const { status, reason, url } = await outcome(holds, old)
  expect(status).toBe(503)
  expect(reason).toContain(`${url}: no TLS: `)
  expect(reason).toMatch(/version/)
  const next = { ...old, maxVersion: 'TLSv1.2' } as const
  expect(await outcome(holds, next)).toMatchObject({ status: 201 })
})

interface Fault {
  readonly issuer: 'ours' | 'theirs'
  readonly name: string
  readonly days?: number
}

type Versions = Pick<TlsOptions, 'minVersion' | 'maxVersion' | 'ciphers'>

/** What a POST and the log tell where the server shows such a certificate. */
async function outcome(fault: Fault, versions: Versions = {}) {
  const url = await front(fault, versions)
  const gateway = await startGateway(server, {
    directory: { urls: [url], tls: { ca: ours.ca }, connectTimeoutMs: 1_000 },
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
async function front(fault: Fault, versions: Versions): Promise<string> {
  const extensions = [`subjectAltName=${fault.name}`]
  const { issuer, days = 1 } = fault
  const authority = issuer === 'ours' ? ours : theirs
  const { key, cert } = await authority.sign('server', { subject: '/CN=server', extensions, days })
  const target = Number(new URL(server.plainUrl).port)
  const listener = createServer({ key, cert, ...versions }, (near) => {
    const far = connect(target, '127.0.0.1')
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) socket.on('error', () => far.destroy())
  })
  fronts.push(listener)
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return `ldaps://127.0.0.1:${(listener.address() as AddressInfo).port}` // it listens on TCP
}
