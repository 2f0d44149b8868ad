import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import { startDs389 } from '../../src/demo/ds389.ts'
import { FOLDERS } from '../../src/demo/dse-ldif.ts'
import { startSlapd } from '../../src/demo/slapd.ts'
import type { LiveDirectory } from '../../src/directory/client.ts'
import { createDirectory } from '../../src/directory/client.ts'
import type { DirectoryOptions } from '../../src/directory/options.ts'
import { parseDn } from '../../src/ldap/dn.ts'
import { describeDs389, describeSamba, describeSlapd } from '../support/here.ts'
import type { Authority } from '../support/certificates.ts'
import { makeAuthority } from '../support/certificates.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { ldapread } from '../support/ldapsearch.ts'
import { restartable } from '../support/restartable.ts'
import { startSamba } from '../support/samba.ts'

const run = promisify(execFile)

let folder: string
let people: Authority

const stops: (() => unknown)[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scim2ldap-'))
  people = await makeAuthority(join(folder, 'people'))
})
afterEach(() => {
  for (const stop of stops.splice(0).reverse()) stop()
})
afterAll(() => rm(folder, { recursive: true }))

function another(options: DirectoryOptions): LiveDirectory {
  const directory = createDirectory({ connectTimeoutMs: 2_000, ...options })
  stops.push(directory.close)
  return directory
}

/** That StartTLS is what makes a connection, and that without trust there is none. */
function startsTls(serverOf: () => RunningDirectory): void {
  test('StartTLS is verified, and the password goes behind it', async () => {
    const { plainUrl: url, serviceDn: dn, servicePassword: password, ...server } = serverOf()
    const bind = { kind: 'simple', dn, password } as const
    const options = { urls: [url], startTls: true, bind }
    await expect(another({ ...options, tls: { ca: server.ca } }).server()).resolves.toMatchObject({
      namingContexts: expect.arrayContaining([server.suffix]) as string[],
    })
    await expect(another({ ...options, tls: { ca: people.ca } }).server()).rejects.toMatchObject({
      sent: false,
      message: expect.stringContaining('the certificate is not trusted; set tls.ca') as string,
    })
  })
}

/** That who the certificate is for may write, and that nobody else's certificate is taken for it. */
function bindsByCertificate(serverOf: () => RunningDirectory, subject: string): void {
  test.each(['ldaps', 'StartTLS'])(
    'SASL EXTERNAL by the client’s certificate, over %s',
    async (how) => {
      const server = serverOf()
      const { key, cert: certificate } = await people.sign('client', { subject })
      const directory = another({
        urls: [how === 'ldaps' ? server.url : server.plainUrl],
        startTls: true,
        tls: { ca: server.ca, certificate, key },
        bind: { kind: 'external' },
      })
      const dn = `uid=by-${how},ou=people,${server.suffix}`
      const attributes = Object.entries({ objectClass: 'inetOrgPerson', cn: 'a', sn: 'a' })
      await directory.add({
        dn: parseDn(dn),
        attributes: attributes.map(([name, value]) => ({ name, values: [value] })),
      })
      expect((await ldapread(server, dn, ['creatorsName']))?.attributes.creatorsName).toEqual([
        server.serviceDn,
      ])
    },
  )

  test('SASL EXTERNAL by a certificate that is nobody’s is refused, with the server’s words', async () => {
    const server = serverOf()
    const strangers = await makeAuthority(join(folder, 'strangers'))
    const { key, cert: certificate } = await strangers.sign('client', { subject })
    const directory = another({
      urls: [server.url],
      tls: { ca: server.ca, certificate, key },
      bind: { kind: 'external' },
    })
    await expect(directory.server()).rejects.toMatchObject({
      name: 'UnavailableError',
      sent: false,
      message: expect.stringContaining(server.url) as string,
    })
  })
}

describeSlapd('OpenLDAP', () => {
  let server: Awaited<ReturnType<typeof startSlapd>>
  beforeAll(async () => {
    server = await startSlapd()
    const both = join(folder, 'both.pem')
    await writeFile(both, server.ca + people.ca)
    await ldapmodify(
      server,
      'dn: cn=config\nchangetype: modify\nreplace: olcTLSCACertificateFile\n' +
        `olcTLSCACertificateFile: ${both}\n-\nreplace: olcTLSVerifyClient\nolcTLSVerifyClient: try\n` +
        `-\nadd: olcAuthzRegexp\nolcAuthzRegexp: "^cn=gateway,o=test$" "${server.serviceDn}"\n`,
    )
  })
  afterAll(() => server.stop())

  startsTls(() => server)
  bindsByCertificate(() => server, '/O=test/CN=gateway')
})

describeDs389('389 Directory Server', () => {
  const start = async () => restartable(await startDs389())
  let server: Awaited<ReturnType<typeof start>>
  beforeAll(async () => {
    server = await start()
    await server.kill()
    const config = join(server.folder, FOLDERS.config)
    await run('certutil', ['-A', '-d', config, '-n', 'people', '-t', 'CT,,', '-i', people.caFile])
    await server.restart()
  })
  afterAll(() => server.stop())

  startsTls(() => server)
  bindsByCertificate(() => server, '/DC=test/DC=example/CN=scim2ldap')
})

describeSamba('Samba', () => {
  let server: RunningDirectory
  beforeAll(async () => {
    server = await startSamba()
  })
  afterAll(() => server.stop())

  startsTls(() => server)
})
