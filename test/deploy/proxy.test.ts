import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:https'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { findBinary } from '../../src/demo/binary.ts'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import type { Authority, Certificate } from '../support/certificates.ts'
import { makeAuthority } from '../support/certificates.ts'
import type { Cli } from '../support/cli.ts'
import { startCli } from '../support/cli.ts'
import { blockOf } from '../support/docs.ts'
import { freePort } from '../support/free-port.ts'
import { listens } from '../support/listens.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { havePrograms } from '../support/programs.ts'

const GUIDE = 'docs/deploy-proxy.md'
const SUFFIX = 'dc=example,dc=test'
const TOKEN = 'the-token-of-this-test'
const PUBLIC_URL = 'https://scim.corp.example'

const HERE = await havePrograms('nginx', 'caddy', 'openssl')

/** A proxy with the guide's configuration, moved to ports and files of the test. */
interface Kind {
  /** The language of its block in the guide. */
  readonly block: 'nginx' | 'caddy'
  /** The whole configuration around the guide's. */
  whole(configuration: string, port: number, folder: string): string
  command(file: string, folder: string): readonly string[]
  /** How a client without a certificate of the right authority fails. */
  readonly refusal: RegExp
  /** The statuses for a body that the gateway does not take, and does not wait for. */
  readonly tooLarge: readonly number[]
}

const KINDS: readonly Kind[] = [
  {
    block: 'nginx',
    whole: (configuration, port, folder) => {
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      return `
daemon off; user root; worker_processes 1; error_log stderr; pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  ${configuration.replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)}
}`
    },
    command: (file, folder) => ['nginx', '-p', folder, '-c', file],
    refusal: /^400: .*SSL certificate/s,
    tooLarge: [413], // it has the whole body before it passes it on
  },
  {
    block: 'caddy',
    whole: (configuration, port) => `
{
  admin off
  auto_https disable_redirects
}
${configuration.replace('scim.corp.example {', `https://scim.corp.example:${port} {\nbind 127.0.0.1`)}`,
    command: (file) => ['caddy', 'run', '--adapter', 'caddyfile', '--config', file],
    refusal: /alert|socket hang up|ECONNRESET/,
    tooLarge: [413, 502],
  },
]

const folder = mkdtempSync(join(tmpdir(), 'scim2ldap-proxy-'))
const ended: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const end of ended.reverse()) await end()
  rmSync(folder, { recursive: true })
})

let directory: RunningOpenLdap
let gateway: Cli
let gatewayPort: number
let authority: Record<'public' | 'clients' | 'gateway' | 'other', Authority>
let certificate: Record<'public' | 'gateway' | 'proxy' | 'client' | 'stranger', Certificate>

beforeAll(async () => {
  if (!HERE) return
  const make = (name: string) => makeAuthority(join(folder, name))
  authority = {
    public: await make('public'),
    clients: await make('clients'),
    gateway: await make('gateway'),
    other: await make('other'),
  }
  certificate = {
    public: await authority.public.issue('public', ['scim.corp.example']),
    gateway: await authority.gateway.issue('gateway', ['gateway.corp.example']),
    proxy: await authority.gateway.issue('proxy'),
    client: await authority.clients.issue('client'),
    stranger: await authority.other.issue('stranger'),
  }
  directory = await startOpenLdap({ suffix: SUFFIX })
  ended.push(() => directory.stop())
  gatewayPort = await freePort()
  const settings = {
    listen: {
      host: '127.0.0.1',
      port: gatewayPort,
      publicUrl: PUBLIC_URL,
      trustedProxies: ['127.0.0.1'],
      clientCertificateHeader: 'X-Client-Certificate',
      tls: { certificate: certificate.gateway.certFile, key: certificate.gateway.keyFile },
    },
    admin: { port: await freePort() },
    endpoints: {
      '/scim/v2': {
        mapping: 'openldap',
        directory: {
          url: directory.url,
          suffix: SUFFIX,
          bind: { dn: directory.serviceDn, password: '${BIND_PASSWORD}' },
          tls: { ca: directory.caFile },
        },
        clients: [
          { name: 'test', tokens: [{ sha256: createHash('sha256').update(TOKEN).digest('hex') }] },
          { name: 'agent', certificate: { subject: 'CN=client' } },
        ],
      },
    },
  }
  const file = join(folder, 'gateway.yaml')
  writeFileSync(file, JSON.stringify(settings)) // which is YAML
  gateway = startCli(['serve', '--config', file], { BIND_PASSWORD: directory.servicePassword })
  ended.push(async () => {
    gateway.kill('SIGTERM')
    await gateway.ended
  })
  await gateway.until(/connected to the directory/)
})

/** Starts the proxy in front of one port, or two; the port on which it listens itself. */
async function startProxy(kind: Kind, upstream: number, other?: number): Promise<number> {
  const port = await freePort()
  const home = mkdtempSync(join(folder, `${kind.block}-`))
  const files: Readonly<Record<string, string>> = {
    'public.crt': certificate.public.certFile,
    'public.key': certificate.public.keyFile,
    'clients-ca.pem': authority.clients.caFile,
    'gateway-ca.pem': authority.gateway.caFile,
    'proxy.crt': certificate.proxy.certFile,
    'proxy.key': certificate.proxy.keyFile,
  }
  const configuration = blockOf(GUIDE, kind.block)
    .replaceAll(/\/etc\/ssl\/scim\/([\w.-]+)/g, (_, name: string) => files[name] ?? 'unknown')
    .replaceAll('10.0.0.11:8443', `127.0.0.1:${upstream}`)
    .replace(/( *server)? 10\.0\.0\.12:8443(;\n)?/, (line) =>
      other === undefined ? '' : line.replace('10.0.0.12:8443', `127.0.0.1:${other}`),
    )
  const file = join(home, 'configuration')
  writeFileSync(file, kind.whole(configuration, port, home))
  const [command = '', ...args] = kind.command(file, home)
  const child = spawn(await findBinary(command), args, {
    env: { ...process.env, HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const closed = once(child, 'close')
  ended.push(async () => {
    child.kill('SIGTERM')
    await closed
  })
  await vi.waitFor(
    async () => {
      if (child.exitCode !== null) throw new Error(said)
      await listens(port)
    },
    { timeout: 10_000, interval: 50 },
  )
  return port
}

/** A request to the proxy as `scim.corp.example`; rejects with the status and text of a refusal. */
async function ask(
  port: number,
  method: string,
  path: string,
  body?: unknown,
  client: Certificate | undefined = certificate.client,
  more: Readonly<Record<string, string>> = { authorization: `Bearer ${TOKEN}` },
) {
  return new Promise<{ status: number; headers: Readonly<Record<string, unknown>>; text: string }>(
    (resolve, reject) => {
      const sent = request(
        {
          ...{ host: '127.0.0.1', port, method, path, agent: false },
          ...{ servername: 'scim.corp.example', ca: authority.public.ca },
          ...(client.key !== '' && { cert: client.cert, key: client.key }),
          headers: {
            host: 'scim.corp.example',
            'content-type': 'application/scim+json',
            ...more,
          },
        },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
          response.on('end', () => {
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
          })
        },
      )
      sent.on('error', reject)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    },
  )
}

const NO_CERTIFICATE: Certificate = { certFile: '', keyFile: '', cert: '', key: '' }

/** A server in the place of the gateway that wants to see a certificate, and tells whose it was. */
async function startWitness(own: Certificate): Promise<{ port: number; seen: string[] }> {
  const seen: string[] = []
  const server: Server = createServer(
    { cert: own.cert, key: own.key, ca: authority.gateway.ca, requestCert: true },
    (incoming, response) => {
      const { socket } = incoming
      if (!(socket instanceof TLSSocket)) throw new Error('without TLS')
      const { subject } = socket.getPeerCertificate()
      seen.push(String(subject.CN))
      response.end('{}')
    },
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ended.push(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return { port: (server.address() as AddressInfo).port, seen }
}

// The proxies come with packages, which setup.ts installs where it can.
describe.runIf(HERE).each(KINDS)('$block', (kind) => {
  let port: number
  beforeAll(async () => {
    port = await startProxy(kind, gatewayPort)
  })

  test('passes a conversation on, and resources have the address that clients use', async () => {
    const created = await ask(port, 'POST', '/scim/v2/Users', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: `ada-${kind.block}`,
      name: { familyName: 'Lovelace' },
    })
    expect(created.status).toBe(201)
    const { id, meta } = JSON.parse(created.text) as { id: string; meta: { location: string } }
    expect(meta.location).toBe(`${PUBLIC_URL}/scim/v2/Users/${id}`)
    expect(created.headers.location).toBe(meta.location)
    const path = `/scim/v2/Users/${id}`
    const changed = await ask(port, 'PATCH', path, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'replace', path: 'title', value: 'Countess' }],
    })
    expect(changed).toMatchObject({ status: 200, headers: { etag: expect.any(String) as string } })
    const unchanged = await ask(port, 'GET', path)
    expect(JSON.parse(unchanged.text)).toMatchObject({ title: 'Countess' })
    expect((await ask(port, 'DELETE', path)).status).toBe(204)
  })

  test('passes over a gateway that is down', async () => {
    const withGone = await startProxy(kind, gatewayPort, await freePort())
    for (let n = 0; n < 4; n++) {
      expect((await ask(withGone, 'GET', '/scim/v2/Users?count=0')).status).toBe(200)
    }
    for (let n = 0; n < 4; n++) {
      const search = { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'] }
      expect((await ask(withGone, 'POST', '/scim/v2/Users/.search', search)).status).toBe(200)
    }
  })

  test('lets long filters and large bodies pass to the gateway', async () => {
    const names = Array.from({ length: 120 }, (_, n) => `userName eq "somebody.number.${n}"`)
    const filter = encodeURIComponent(names.join(' or '))
    expect(filter.length).toBeGreaterThan(5_000)
    const found = await ask(port, 'GET', `/scim/v2/Users?filter=${filter}`)
    expect(found.status, found.text).toBe(200)
    const large = { schemas: [], userName: 'x'.repeat(5_300_000) }
    const refused = await ask(port, 'POST', '/scim/v2/Users', large)
    expect(kind.tooLarge).toContain(refused.status)
    // In SCIM's words where it is the gateway that speaks.
    if (refused.status === 413) expect(JSON.parse(refused.text)).toMatchObject({ status: '413' })
  })

  test('the token still decides', async () => {
    const refused = await ask(port, 'GET', '/scim/v2/Users', undefined, certificate.client, {
      authorization: 'Bearer wrong',
    })
    expect(refused.status).toBe(401)
    expect(refused.headers['www-authenticate']).toMatch(/^Bearer/)
  })

  test('hands on who the client is, and not what it makes of itself', async () => {
    const other = await authority.clients.issue(`other-${kind.block}`)
    const path = '/scim/v2/ServiceProviderConfig'
    const made = {
      'x-forwarded-for': '192.0.2.1',
      'x-client-certificate': encodeURIComponent(certificate.client.cert),
    }
    const before = gateway.stdout.length
    expect((await ask(port, 'GET', path, undefined, certificate.client, {})).status).toBe(200)
    expect((await ask(port, 'GET', path, undefined, other, made)).status).toBe(401)
    await vi.waitFor(() => expect(gateway.stdout.slice(before)).toContain('"status":401'))
    const said = gateway.stdout.slice(before)
    expect(said).toContain('"client":"agent","address":"127.0.0.1"')
    // Caddy adds its peer to what it is sent; the last one counts.
    expect(said).not.toContain('192.0.2.1')
  })

  test.each([
    ['without a certificate', () => NO_CERTIFICATE],
    ['with one of another authority', () => certificate.stranger],
  ])('clients %s do not get further', async (_, client) => {
    const answer = await ask(port, 'GET', '/scim/v2/Users', undefined, client()).then(
      ({ status, text }) => `${status}: ${text}`,
      (error: unknown) => String(error),
    )
    expect(answer).toMatch(kind.refusal)
  })

  test('paths beside the SCIM endpoints are not passed on', async () => {
    const before = gateway.stdout.length
    await ask(port, 'GET', '/metrics')
    await ask(port, 'GET', '/scim/v2/ServiceProviderConfig')
    await vi.waitFor(() => expect(gateway.stdout.slice(before)).toContain('ServiceProviderConfig'))
    expect(gateway.stdout.slice(before)).not.toContain('metrics')
  })

  test('shows the gateway a certificate of its own', async () => {
    const witness = await startWitness(certificate.gateway)
    const toWitness = await startProxy(kind, witness.port)
    expect((await ask(toWitness, 'GET', '/scim/v2/Users')).status).toBe(200)
    expect(witness.seen).toEqual(['proxy'])
  })

  test('sends nothing to a gateway with a false certificate', async () => {
    const false_ = await authority.other.issue(`false-${kind.block}`, ['gateway.corp.example'])
    const witness = await startWitness(false_)
    const toWitness = await startProxy(kind, witness.port)
    expect((await ask(toWitness, 'GET', '/scim/v2/Users')).status).toBe(502)
    expect(witness.seen).toEqual([])
  })
})
