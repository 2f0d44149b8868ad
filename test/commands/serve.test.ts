import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { people } from '../../src/demo/people.ts'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import { makeCertificates } from '../../src/demo/tls.ts'
import type { Cli } from '../support/cli.ts'
import { runCli, startCli } from '../support/cli.ts'
import { freePort } from '../support/free-port.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { startProxy } from '../support/proxy.ts'

const SUFFIX = 'dc=example,dc=test'
const TOKEN = 'the-token-of-this-test'
const SHA256 = createHash('sha256').update(TOKEN).digest('hex')

const folder = mkdtempSync(join(tmpdir(), 'scim2ldap-serve-'))
afterAll(() => rmSync(folder, { recursive: true }))

function settingsFile(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

/** `gateway.yaml` as an operator would write it. */
function settings(url: string, ca: string, bindDn: string, listen: string, adminPort: number) {
  return `
listen: { host: 127.0.0.1, port: 0, ${listen} }
admin: { port: ${adminPort} }
endpoints:
  /scim/v2:
    mapping: openldap
    directory:
      url: ${url}
      bind: { dn: "${bindDn}", password: "\${BIND_PASSWORD}" }
      tls: { ca: ${ca} }
      suffix: ${SUFFIX}
      connectTimeoutMs: 1000
    clients:
      - { name: tests, tokens: [ { sha256: ${SHA256} } ] }
`
}

describe('serve', () => {
  let directory: RunningOpenLdap
  let adminPort: number
  let tls: { ca: string; listen: string }
  beforeAll(async () => {
    const folderOfTls = join(folder, 'tls')
    const ca = await makeCertificates(folderOfTls)
    tls = { ca, listen: 'tls: { certificate: tls/server.pem, key: tls/server.key }' }
    adminPort = await freePort()
    directory = await startOpenLdap({ suffix: SUFFIX, entries: people(SUFFIX, 3) })
  })
  afterAll(() => directory.stop())

  const start = async (
    listen: string,
    url = directory.url,
  ): Promise<{ gateway: Cli; url: string }> => {
    const { caFile, serviceDn, servicePassword } = directory
    const file = settingsFile('gateway.yaml', settings(url, caFile, serviceDn, listen, adminPort))
    const gateway = startCli(['serve', '--config', file], { BIND_PASSWORD: servicePassword })
    onTestFinished(() => gateway.kill('SIGKILL'))
    const [, at = ''] = await gateway.until(/"url":"([^"]+)"/)
    return { gateway, url: `${at}/scim/v2` }
  }
  const get = (url: string, signal?: AbortSignal) =>
    fetch(url, { headers: { authorization: `Bearer ${TOKEN}` }, signal: signal ?? null })
  const readiness = async () => (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).status

  test('serves HTTPS with the certificate of the settings, TLS 1.2 or newer', async () => {
    const { gateway, url } = await start(tls.listen)
    await vi.waitFor(async () => expect(await readiness()).toBe(200), { timeout: 5_000 })
    const ask = (options: object) =>
      new Promise<number | undefined>((resolve, reject) => {
        request(
          `${url}/ServiceProviderConfig`,
          { headers: { authorization: `Bearer ${TOKEN}` }, ...options },
          (response) => resolve(response.resume().statusCode),
        )
          .on('error', reject)
          .end()
      })
    expect(await ask({ ca: tls.ca })).toBe(200)
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
    await expect(ask({ ca: tls.ca, ...old })).rejects.toThrow(/protocol|alert/i)
    await expect(ask({})).rejects.toThrow(/certificate/)
    gateway.kill('SIGTERM')
    expect(await gateway.ended).toBe(0)
  })

  test('comes up without its directory, says so, and serves when that is there', async () => {
    const port = await freePort()
    const { gateway, url } = await start('', `ldaps://localhost:${port}`)
    expect(await readiness()).toBe(503)
    const refused = await get(`${url}/Users?count=0`)
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(await refused.json()).toEqual({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: '503',
      detail: 'the directory cannot be reached at the moment',
    })
    expect(gateway.stdout).toMatch(new RegExp(`"level":[45]0.*localhost:${port}.*ECONNREFUSED`))
    const wayToTheDirectory = await startProxy(directory.url, port)
    await vi.waitFor(async () => expect(await readiness()).toBe(200), { timeout: 10_000 })
    expect((await get(`${url}/Users?count=0`)).status).toBe(200)
    gateway.kill('SIGTERM')
    expect(await gateway.ended).toBe(0)
    await wayToTheDirectory.stop()
  })

  describe('while it serves', () => {
    const fileOf = (name: string) => join(folder, name)
    const replace = (name: string, from: string | RegExp, to: string) => {
      const text = readFileSync(fileOf(name), 'utf8')
      writeFileSync(fileOf(name), text.replace(from, to))
    }
    const status = async (url: string) => (await get(`${url}/ServiceProviderConfig`)).status

    test('takes a change of its files, and of what is wrong says where', async () => {
      const { gateway, url } = await start('')
      replace('gateway.yaml', SHA256, 'f'.repeat(64))
      await gateway.until(/the settings were taken anew/)
      expect(await status(url)).toBe(401)
      replace('gateway.yaml', 'mapping: openldap', 'mapping: opneldap')
      await gateway.until(/"msg":"the settings stay as they were"/)
      expect(gateway.stdout).toMatch(
        /"problem":"[^"]*gateway\.yaml:6:5 .*no shipped mapping is called \\"opneldap\\"/,
      )
      expect(await status(url)).toBe(401)
      replace('gateway.yaml', 'mapping: opneldap', 'mapping: openldap')
      replace('gateway.yaml', 'f'.repeat(64), SHA256)
      // Seldom: failed attempts are limited.
      await vi.waitFor(async () => expect(await status(url)).toBe(200), {
        timeout: 15_000,
        interval: 1_000,
      })
      gateway.kill('SIGTERM')
      expect(await gateway.ended).toBe(0)
    })

    test('takes a renewed certificate, and tells what waits for the next start', async () => {
      const fingerprintAt = (url: string) =>
        new Promise<string>((resolve, reject) => {
          const { hostname: host, port } = new URL(url)
          const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
            resolve(socket.getPeerCertificate().fingerprint256)
            socket.destroy()
          }).on('error', reject)
        })
      const { gateway, url } = await start(tls.listen)
      const before = await fingerprintAt(url)
      await makeCertificates(fileOf('tls'))
      await gateway.until(/the settings were taken anew/)
      expect(await fingerprintAt(url)).not.toBe(before)
      replace('gateway.yaml', 'port: 0', 'port: 1')
      gateway.kill('SIGHUP')
      await gateway.until(/"settings":\["listen.port"\].*at the next start alone/)
      gateway.kill('SIGTERM')
      expect(await gateway.ended).toBe(0)
    })

    test('SIGHUP begins the file of the audit trail anew', async () => {
      const { gateway, url } = await start('')
      replace('gateway.yaml', 'admin:', 'audit: { file: audit.jsonl }\nadmin:')
      gateway.kill('SIGHUP')
      await gateway.until(/the settings were taken anew/)
      const remove = () =>
        fetch(`${url}/Users/nobody`, {
          method: 'DELETE',
          headers: { authorization: `Bearer ${TOKEN}` },
        })
      await remove()
      renameSync(fileOf('audit.jsonl'), fileOf('audit.old'))
      gateway.kill('SIGHUP')
      await vi.waitFor(() => expect(readFileSync(fileOf('audit.jsonl'), 'utf8')).toBe(''))
      await remove()
      for (const name of ['audit.old', 'audit.jsonl']) {
        expect(readFileSync(fileOf(name), 'utf8').trim().split('\n')).toHaveLength(1)
      }
      gateway.kill('SIGTERM')
      expect(await gateway.ended).toBe(0)
    })
  })

  test('SIGTERM lets a request finish, and then nothing listens', async () => {
    const { gateway, url } = await start('')
    await vi.waitFor(async () => expect(await readiness()).toBe(200), { timeout: 5_000 })
    const slow = Array.from({ length: 20 }, () => get(`${url}/Users`))
    await Promise.race(slow)
    gateway.kill('SIGTERM')
    for (const response of await Promise.all(slow)) {
      expect(await response.json()).toMatchObject({ totalResults: 3 })
    }
    expect(await gateway.ended).toBe(0)
    await expect(get(url)).rejects.toThrow('fetch failed')
  })

  test('neither passwords nor tokens stand in what it writes', async () => {
    const { gateway, url } = await start('')
    await vi.waitFor(async () => expect(await readiness()).toBe(200), { timeout: 5_000 })
    await get(`${url}/Users?filter=userName%20eq%20%22secret.name%22`)
    await fetch(`${url}/Users`, { headers: { authorization: 'Bearer guessed' } })
    const created = await fetch(`${url}/Users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/scim+json' },
      body: JSON.stringify({
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
        userName: 'with.password',
        name: { familyName: 'Hidden' },
        password: 'a Secret of 30 characters',
      }),
    })
    expect(created.status).toBe(201)
    await gateway.until(/"status":201/)
    gateway.kill('SIGTERM')
    await gateway.ended
    const written = gateway.stdout + gateway.stderr
    const secrets = [
      directory.servicePassword,
      TOKEN,
      'guessed',
      'a Secret',
      'secret.name',
      'Hidden',
    ]
    expect(secrets.filter((secret) => written.includes(secret))).toEqual([])
  })

  test('an address that is taken ends it with exit code 1', async () => {
    const { gateway } = await start('')
    const { url, caFile, serviceDn } = directory
    const file = settingsFile('second.yaml', settings(url, caFile, serviceDn, '', adminPort))
    const second = await runCli(['serve', '--config', file], { BIND_PASSWORD: 'any' })
    expect(second.code).toBe(1)
    expect(second.stderr).toContain('EADDRINUSE')
    gateway.kill('SIGTERM')
    await gateway.ended
  })
})

test('serve prints every problem of settings and mapping at its place and starts nothing', async () => {
  const mapping = settingsFile(
    'broken.yaml',
    `dialect: openldap
resources:
  User:
    base: ou=people,{{ suffix }}
    filter: (objectClass=inetOrgPerson
    dn: uid={{ userName }},ou=people,{{ suffix }}
    objectClass: [inetOrgPerson]
    attributes:
      userName: uid
      name.familyNam: sn
`,
  )
  const file = settingsFile(
    'wrong.yaml',
    `listen: { host: 0.0.0.0, prot: 8443 }
endpoints:
  /scim/v2:
    mapping: broken.yaml
    directory:
      url: ldap://ldap.example.com
      bind: { dn: cn=scim, password: "\${NOT_SET}" }
      suffix: dc=example,dc=test
    clients: []
`,
  )
  const { code, stdout, stderr } = await runCli(['serve', '--config', file])
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain(`${file}:1:26 listen.prot`)
  expect(stderr).toContain('did you mean "port"?')
  expect(stderr).toContain(`${file}:7:`)
  expect(stderr).toContain('the environment variable NOT_SET is not set')
  expect(stderr).toContain(`${file}:9:`)
  expect(stderr).toContain(`${mapping}:5:`)
  expect(stderr).toContain(`${mapping}:10:`)
  expect(stderr).toContain('did you mean "name.familyName"?')
  expect(stderr).toMatch(/\n5 problems; nothing was started\n$/)
})

test('serve says which file it cannot read', async () => {
  const { code, stderr } = await runCli(['serve', '--config', join(folder, 'absent.yaml')])
  expect(code).toBe(2)
  expect(stderr).toContain(`${join(folder, 'absent.yaml')} cannot be read: there is no such file`)
})
