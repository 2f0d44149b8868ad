import { createHash } from 'node:crypto'
import { request as httpsRequest } from 'node:https'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import { CERTIFICATE_FILE, KEY_FILE, makeCertificates } from '../../src/demo/tls.ts'
import { newScryptHash } from '../../src/http/auth/basic.ts'
import type { Pair, TestCa } from '../support/client-certificates.ts'
import { makeCa } from '../support/client-certificates.ts'
import type { GatewayOptions, TestGateway } from '../support/gateway.ts'
import { startGateway, TOKEN } from '../support/gateway.ts'
import type { TestIssuer } from '../support/issuer.ts'
import { AUDIENCE, startIssuer } from '../support/issuer.ts'
import { startOpenLdap } from '../support/openldap.ts'

const sha256 = (token: string) => createHash('sha256').update(token).digest('hex')
const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
const PATH = '/Users?count=0'

let directory: RunningOpenLdap
let gateway: TestGateway | undefined
beforeAll(async () => {
  directory = await startOpenLdap()
})
afterAll(() => directory.stop())
afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
})

async function start(options: GatewayOptions): Promise<TestGateway> {
  gateway = await startGateway(directory, options)
  return gateway
}

/** The lines about a refusal, without what changes. */
const refusals = ({ log }: TestGateway) =>
  log
    .filter(({ msg }) => msg === 'authentication failed')
    .map(({ address, kind, reason }) => ({ address, kind, reason }))

const clientOf = ({ log }: TestGateway) => log.findLast(({ msg }) => msg === 'request')?.client

describe('ways to show who one is', () => {
  let issuer: TestIssuer
  beforeAll(async () => {
    issuer = await startIssuer()
  })
  afterAll(() => issuer.stop())

  test('token, JWT and Basic side by side, each its own client', async () => {
    const running = await start({
      clients: [
        {
          name: 'issued',
          jwt: {
            issuer: issuer.issuer,
            audience: AUDIENCE,
            algorithms: ['RS256'],
            clockSkewSeconds: 0,
          },
        },
        { name: 'agent', basic: { user: 'okta', scrypt: await newScryptHash('geheim') } },
      ],
    })
    for (const [authorization, client] of [
      [`Bearer ${TOKEN}`, 'tests'],
      [`bearer   ${TOKEN}  `, 'tests'],
      [`Bearer ${await issuer.sign()}`, 'issued'],
      [basic('okta', 'geheim'), 'agent'],
    ] as const) {
      expect((await running.get(PATH, { authorization })).status).toBe(200)
      expect(clientOf(running)).toBe(client)
    }
    const { status, headers } = await running.get(PATH, { authorization: basic('okta', 'x') })
    expect([status, headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="scim", error="invalid_token", Basic realm="scim", charset="UTF-8"',
    ])
  })

  test('keys that cannot be had are 503, and no failure of the client', async () => {
    const down = await startIssuer()
    const token = await down.sign()
    await down.stop()
    const running = await start({
      clients: [
        {
          name: 'issued',
          jwt: {
            issuer: down.issuer,
            audience: AUDIENCE,
            algorithms: ['RS256'],
            clockSkewSeconds: 0,
          },
        },
      ],
    })
    const { status, headers, body } = await running.get(PATH, { authorization: `Bearer ${token}` })
    expect([status, headers.get('retry-after')]).toEqual([503, '10'])
    expect(body.detail).toBe('the keys of the issuer of the token cannot be had now')
    expect(running.log).toContainEqual(
      expect.objectContaining({
        issuer: down.issuer,
        msg: 'the keys of an issuer cannot be fetched',
      }),
    )
    expect(refusals(running)).toEqual([])
  })
})

describe('what is no client’s', () => {
  test('is 401 and told to the log without itself', async () => {
    const running = await start({
      client: {
        tokens: [
          { sha256: sha256(TOKEN) },
          { sha256: sha256('old-token'), expires: '2020-01-01T00:00:00Z' },
        ],
        basic: { user: 'agent', scrypt: await newScryptHash('right-password') },
      },
    })
    const tried = [
      ['Bearer wrong-token', 'bearer', 'a bearer token that no client has'],
      [
        'Bearer old-token',
        'bearer',
        `the token ${sha256('old-token').slice(0, 8)} of tests is expired since 2020-01-01T00:00:00.000Z`,
      ],
      [basic('agent', 'wrong-password'), 'basic', 'a wrong password for tests'],
      [basic('secret-user', 'x'), 'basic', 'an unknown user name'],
      ['Negotiate some-ticket', 'other', 'a scheme of authentication that is not known here'],
    ] as const
    for (const [authorization] of tried) {
      expect((await running.get(PATH, { authorization })).status).toBe(401)
    }
    expect(refusals(running)).toEqual(
      tried.map(([, kind, reason]) => ({ address: '127.0.0.1', kind, reason })),
    )
    const everything = JSON.stringify(running.log)
    for (const [authorization] of tried) {
      expect(everything).not.toContain(authorization.split(' ')[1])
    }
    for (const secret of ['wrong-token', 'old-token', 'wrong-password', 'secret-user']) {
      expect(everything).not.toContain(secret)
    }
    const metrics = await (await fetch(`${running.adminUrl}/metrics`)).text()
    expect(metrics).toContain(
      'scim2ldap_authentication_failures_total{endpoint="/scim/v2",kind="bearer"} 2',
    )
  })

  test('is 429 after some times from an address, but not for who is known there', async () => {
    const running = await start({ limits: { failedAttempts: { most: 3, seconds: 30 } } })
    const wrong = () => running.get(PATH, { authorization: 'Bearer wrong' })
    expect((await running.get(PATH)).status).toBe(200)
    const answers = []
    for (let index = 0; index < 5; index++) answers.push(await wrong())
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 429, 429])
    const last = answers.at(-1)
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(25)
    expect(last?.body).toMatchObject({
      status: '429',
      detail: 'too many failed attempts to authenticate from this address',
    })
    expect((await running.get(PATH)).status).toBe(200)
    // Who shows nothing guesses nothing.
    expect((await fetch(`${running.url}${PATH}`)).status).toBe(401)
  })

  test('does not burn time on passwords beyond that', async () => {
    const running = await start({
      client: { basic: { user: 'agent', scrypt: await newScryptHash('right') } },
      limits: { failedAttempts: { most: 3, seconds: 30 } },
    })
    const guess = (password: string) =>
      running.get(PATH, { authorization: basic('agent', password) })
    for (let index = 0; index < 3; index++) expect((await guess(`${index}`)).status).toBe(401)
    const began = performance.now()
    for (let index = 0; index < 50; index++) expect((await guess(`x${index}`)).status).toBe(429)
    expect(performance.now() - began).toBeLessThan(2_000)
    expect((await guess('right')).status).toBe(429)
  })
})

describe('client certificates', () => {
  let folder: string
  let serverCa: string
  let ca: TestCa
  let agent: Pair
  let plainTls: { readonly certificate: string; readonly key: string }
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scim2ldap-'))
    serverCa = await makeCertificates(folder)
    plainTls = {
      certificate: await readFile(join(folder, CERTIFICATE_FILE), 'utf8'),
      key: await readFile(join(folder, KEY_FILE), 'utf8'),
    }
    ca = await makeCa('clients')
    agent = await ca.issue('/O=Corp/CN=agent', { san: 'DNS:agent.example' })
  })
  afterAll(async () => {
    await ca.remove()
    await rm(folder, { recursive: true })
  })

  const startWith = (options: GatewayOptions) =>
    start({ ...options, listen: { tls: { ...plainTls, clientCa: ca.ca }, ...options.listen } })

  /** The status; or the code of the error where there is no connection. */
  function ask(
    running: TestGateway,
    pair?: Pair,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<number | string> {
    return new Promise((resolve) => {
      const request = httpsRequest(
        `${running.url}${PATH}`,
        { ca: serverCa, servername: 'localhost', agent: false, headers, ...pair },
        (response) => {
          response.resume()
          response.on('end', () => resolve(response.statusCode ?? 0))
        },
      )
      request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      request.end()
    })
  }
  const bearer = { authorization: `Bearer ${TOKEN}` }

  test('a certificate alone is enough; without one a token is', async () => {
    const running = await startWith({
      clients: [{ name: 'agent', certificate: { subject: 'CN=agent,O=Corp' } }],
    })
    expect(await ask(running, agent)).toBe(200)
    expect(clientOf(running)).toBe('agent')
    expect(await ask(running, undefined, bearer)).toBe(200)
    expect(clientOf(running)).toBe('tests')
    expect(await ask(running)).toBe(401)
  })

  test('a wrong token is not made good by a certificate', async () => {
    const running = await startWith({
      clients: [{ name: 'agent', certificate: { san: 'DNS:agent.example' } }],
    })
    expect(await ask(running, agent, { authorization: 'Bearer wrong' })).toBe(401)
  })

  test('a good certificate of nobody is 401', async () => {
    const running = await startWith({
      clients: [{ name: 'agent', certificate: { subject: 'CN=agent,O=Corp' } }],
    })
    expect(await ask(running, await ca.issue('/O=Corp/CN=other'))).toBe(401)
    expect(refusals(running)).toEqual([
      { address: '127.0.0.1', kind: 'certificate', reason: 'a certificate that no client has' },
    ])
  })

  test('of a client that must show both, one alone is 401', async () => {
    const running = await startWith({
      client: { certificate: { subject: 'CN=agent,O=Corp', together: true } },
    })
    expect(await ask(running, agent, bearer)).toBe(200)
    expect(await ask(running, agent)).toBe(401)
    expect(await ask(running, undefined, bearer)).toBe(401)
    expect(await ask(running, await ca.issue('/O=Corp/CN=other'), bearer)).toBe(401)
    expect(refusals(running).map(({ reason }) => reason)).toEqual([
      'the certificate of tests without the other credential',
      'a credential of tests without its certificate',
      'a credential of tests without its certificate',
    ])
  })

  test('the certificate of another CA, or one that is expired, ends the connection', async () => {
    const running = await startWith({
      clients: [{ name: 'agent', certificate: { subject: 'CN=agent,O=Corp' } }],
    })
    const other = await makeCa('others')
    try {
      const forged = await other.issue('/O=Corp/CN=agent')
      const expired = await ca.issue('/O=Corp/CN=agent', { days: -1 })
      for (const pair of [forged, expired]) {
        expect(await ask(running, pair)).toMatch(/^(ECONNRESET|EPIPE|ERR_SSL\w+)$/)
        expect(await ask(running, pair, bearer)).toMatch(/^(ECONNRESET|EPIPE|ERR_SSL\w+)$/)
      }
    } finally {
      await other.remove()
    }
    const reasons = running.log
      .filter(({ msg }) => msg === 'a client certificate was refused')
      .map(({ reason }) => reason as string)
    expect(new Set(reasons)).toEqual(
      new Set(['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_HAS_EXPIRED']),
    )
  })

  describe('handed on by a proxy', () => {
    const HEADER = 'x-ssl-client-cert'
    const clients = [{ name: 'agent', certificate: { subject: 'CN=agent,O=Corp' } }]
    const handedOn = (pair: Pair) => ({
      [HEADER]: encodeURIComponent(pair.cert),
      authorization: '',
    })

    test('that is trusted counts; an expired one does not', async () => {
      const running = await start({
        clients,
        listen: { trustedProxies: ['127.0.0.0/8'], clientCertificateHeader: 'X-SSL-Client-Cert' },
      })
      const seen = { ...handedOn(agent), 'x-forwarded-for': '198.51.100.7' }
      expect((await running.get(PATH, seen)).status).toBe(200)
      expect(clientOf(running)).toBe('agent')
      expect(running.log.findLast(({ msg }) => msg === 'request')?.address).toBe('198.51.100.7')
      const expired = await ca.issue('/O=Corp/CN=agent', { days: -1 })
      expect((await running.get(PATH, handedOn(expired))).status).toBe(401)
      expect((await running.get(PATH, { [HEADER]: '', authorization: '' })).status).toBe(401)
    })

    test('that is not trusted counts for nothing', async () => {
      for (const listen of [
        { trustedProxies: ['192.0.2.0/24'], clientCertificateHeader: HEADER },
        { trustedProxies: ['127.0.0.1'] },
      ]) {
        const running = await start({ clients, listen })
        const told = { ...handedOn(agent), 'x-forwarded-for': '198.51.100.7' }
        expect((await running.get(PATH, told)).status).toBe(401)
        await running.stop()
        gateway = undefined
      }
    })
  })
})

describe('plain HTTP beyond loopback', () => {
  test('is for trusted proxies alone', async () => {
    for (const [trusted, status] of [
      ['127.0.0.1', 200],
      ['192.0.2.1', undefined],
    ] as const) {
      const running = await start({ listen: { host: '0.0.0.0', trustedProxies: [trusted] } })
      const { port } = new URL(running.url)
      const answer = await fetch(`http://127.0.0.1:${port}/scim/v2${PATH}`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      }).catch(() => undefined)
      expect(answer?.status).toBe(status)
      await running.stop()
      gateway = undefined
    }
  })
})

describe('tokens that expire', () => {
  test('are told by the log at start, if it is soon, and by the metrics', async () => {
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
    const tokens = [
      { sha256: sha256(TOKEN) },
      { sha256: sha256('a'), expires: inDays(29) },
      { sha256: sha256('b'), expires: inDays(31) },
      { sha256: sha256('c'), expires: inDays(-1) },
    ]
    const running = await start({ client: { tokens } })
    const told = running.log.filter(({ token }) => token !== undefined)
    expect(
      told.map(({ level, client, token, expires, msg }) => [level, client, token, expires, msg]),
    ).toEqual([
      [
        40,
        'tests',
        sha256('a').slice(0, 8),
        tokens[1]?.expires,
        'a token expires soon: give the client another one besides it',
      ],
      [40, 'tests', sha256('c').slice(0, 8), tokens[3]?.expires, 'a token has expired'],
    ])
    const metrics = await (await fetch(`${running.adminUrl}/metrics`)).text()
    const lines = metrics.match(/^scim2ldap_token_expiry_timestamp_seconds\{.*$/gm) ?? []
    expect(lines).toHaveLength(3)
    expect(lines).toContain(
      `scim2ldap_token_expiry_timestamp_seconds{endpoint="/scim/v2",client="tests",token="${sha256('b').slice(0, 8)}"} ${Date.parse(tokens[2]?.expires ?? '') / 1000}`,
    )
  })
})
