import { once } from 'node:events'
import { connect } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { smallUser } from '../conformance/subject.ts'
import { describeRedis } from '../support/here.ts'
import type { Cli } from '../support/cli.ts'
import { startCli } from '../support/cli.ts'
import { folderWith } from '../support/folder.ts'
import type { GatewayOptions, TestGateway } from '../support/gateway.ts'
import { OPENLDAP_MAPPING, startGateway, TOKEN } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import type { Proxy } from '../support/proxy.ts'
import { startProxy } from '../support/proxy.ts'
import type { TestRedis } from '../support/redis.ts'
import { startRedis } from '../support/redis.ts'

const PATH = '/Users?count=0'
const sha256 = (token: string) => createHash('sha256').update(token).digest('hex')

let directory: RunningOpenLdap
let proxy: Proxy
let gateway: TestGateway | undefined
beforeAll(async () => {
  directory = await startOpenLdap()
  proxy = await startProxy(directory.plainUrl)
})
afterAll(async () => {
  await proxy.stop()
  await directory.stop()
})
afterEach(async () => {
  proxy.flow()
  await gateway?.stop()
  gateway = undefined
})

async function start(options: GatewayOptions): Promise<TestGateway> {
  gateway = await startGateway(directory, options)
  return gateway
}

/** A gateway whose directory can be frozen. */
const startFreezable = (options: GatewayOptions) =>
  start({
    ...options,
    directory: {
      urls: [`ldap://127.0.0.1:${proxy.port}`],
      operationTimeoutMs: 20_000,
      connectTimeoutMs: 20_000,
      heartbeatMs: 60_000,
    },
  })

describe('the rate of a client', () => {
  test('is told by every answer, and 429 beyond it', async () => {
    const running = await start({ limits: { rate: { requests: 3, seconds: 30 } } })
    const answers = []
    for (let index = 0; index < 5; index++) answers.push(await running.get(PATH))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429])
    expect(answers.map(({ headers }) => headers.get('ratelimit-policy'))).toEqual(
      answers.map(() => '"requests";q=3;w=30'),
    )
    expect(answers.map(({ headers }) => headers.get('ratelimit')?.replace(/;t=.*/, ''))).toEqual(
      [2, 1, 0, 0, 0].map((left) => `"requests";r=${left}`),
    )
    const last = answers.at(-1)
    const wait = Number(last?.headers.get('retry-after'))
    expect(wait).toBeGreaterThan(25)
    expect(wait).toBeLessThanOrEqual(30)
    expect(last?.headers.get('ratelimit')).toBe(`"requests";r=0;t=${wait}`)
    expect(last?.body).toMatchObject({ status: '429', detail: 'more than 3 requests within 30 s' })
  })

  test('is its own, and another one where the client has one', async () => {
    const running = await start({
      clients: [
        { name: 'slow', tokens: [{ sha256: sha256('slow') }], rate: { requests: 1, seconds: 60 } },
      ],
    })
    const slow = () => running.get(PATH, { authorization: 'Bearer slow' })
    expect([(await slow()).status, (await slow()).status]).toEqual([200, 429])
    expect((await running.get(PATH)).status).toBe(200)
  })

  test('begins anew when its window ends', async () => {
    const running = await start({ limits: { rate: { requests: 1, seconds: 1 } } })
    expect((await running.get(PATH)).status).toBe(200)
    expect((await running.get(PATH)).status).toBe(429)
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    expect((await running.get(PATH)).status).toBe(200)
  })
})

describe('requests at the same time', () => {
  test('more than a client may have wait, and beyond the queue get 429, before their body is read', async () => {
    const running = await startFreezable({ limits: { concurrency: 2, queue: 3 } })
    expect((await running.get(PATH)).status).toBe(200)
    proxy.freeze()
    const asked = Array.from({ length: 9 }, () => running.post('/Users', smallUser()))
    const first = await Promise.race(asked)
    expect(first.status).toBe(429)
    expect(first.headers.get('retry-after')).toBe('1')
    proxy.flow()
    const statuses = (await Promise.all(asked)).map(({ status }) => status).sort()
    expect(statuses).toEqual([201, 201, 201, 201, 201, 429, 429, 429, 429])
    expect((await running.get(PATH)).status).toBe(200)
  })

  test('of a client that hung up give their place back', async () => {
    const running = await startFreezable({ limits: { concurrency: 1, queue: 1 } })
    expect((await running.get(PATH)).status).toBe(200)
    proxy.freeze()
    const abort = new AbortController()
    const hung = fetch(`${running.url}${PATH}`, {
      headers: { authorization: `Bearer ${TOKEN}` },
      signal: abort.signal,
    }).catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 300))
    abort.abort()
    await hung
    proxy.flow()
    expect((await running.get(PATH)).status).toBe(200)
  })
})

describe('the time of a request', () => {
  test('is bounded: 503 to come back, the LDAP operation abandoned', async () => {
    const running = await startFreezable({ limits: { requestSeconds: 1 } })
    expect((await running.get(PATH)).status).toBe(200)
    proxy.freeze()
    const began = performance.now()
    const { status, headers, body } = await running.get('/Users?count=5')
    expect(performance.now() - began).toBeLessThan(3_000)
    expect([status, headers.get('retry-after')]).toEqual([503, '5'])
    expect(body.detail).toBe('the request took longer than 1 s; what was not done yet is given up')
    proxy.flow()
    expect((await running.get(PATH)).status).toBe(200)
  })

  test('of a bulk request ends with what was done, and 503 for the rest', async () => {
    const running = await startFreezable({ limits: { requestSeconds: 2 } })
    const { body: user } = await running.post('/Users', smallUser())
    const operations = Array.from({ length: 300 }, (_, index) => ({
      method: 'PATCH',
      path: `/Users/${user.id}`,
      data: { Operations: [{ op: 'replace', path: 'title', value: `title ${index}` }] },
    }))
    const answering = running.post('/Bulk', { Operations: operations })
    await new Promise((resolve) => setTimeout(resolve, 400))
    proxy.freeze()
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    proxy.flow()
    const { status, body } = await answering
    expect(status).toBe(200)
    const statuses = (body.Operations as readonly { status: string }[]).map((one) => one.status)
    expect(statuses).toHaveLength(300)
    expect(statuses[0]).toBe('200')
    expect(statuses.at(-1)).toBe('503')
    expect(new Set(statuses)).toEqual(new Set(['200', '503']))
  })
})

describe('who is slow', () => {
  /** What comes back, and after how many ms the connection is closed. */
  async function drip(head: string, piece: string): Promise<{ answer: string; ms: number }> {
    const running = await start({})
    const { hostname, port } = new URL(running.url)
    const began = performance.now()
    const socket = connect(Number(port), hostname)
    let answer = ''
    socket.setEncoding('utf8').on('data', (part: string) => (answer += part))
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write(head)
    const timer = setInterval(() => socket.write(piece), 200)
    await once(socket, 'close')
    clearInterval(timer)
    return { answer, ms: performance.now() - began }
  }

  test('with a head is cut off, with 408', async () => {
    const { answer, ms } = await drip('GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\n', 'X-A: b\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(answer).toContain('the request did not arrive in time')
    expect(ms).toBeGreaterThan(14_000)
    expect(ms).toBeLessThan(20_000)
  })
})

describeRedis('two gateways that share counters', () => {
  let redis: TestRedis
  const running: Cli[] = []
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())
  afterEach(async () => {
    for (const cli of running) cli.kill('SIGKILL')
    await Promise.all(running.map(({ ended }) => ended))
    running.length = 0
  })

  async function startProcess(requests: number): Promise<{ cli: Cli; url: string }> {
    const folder = folderWith({})
    await writeFile(join(folder, 'ca.pem'), directory.ca)
    const settings = {
      listen: { port: 0 },
      admin: { port: 0 },
      limits: {
        rate: { requests, seconds: 3600 },
        failedAttempts: { most: 4, seconds: 3600 },
      },
      counters: { url: redis.url, password: redis.password },
      endpoints: {
        '/scim/v2': {
          mapping: OPENLDAP_MAPPING,
          directory: {
            url: directory.url,
            suffix: directory.suffix,
            tls: { ca: 'ca.pem' },
            bind: { dn: directory.serviceDn, password: directory.servicePassword },
          },
          clients: [{ name: 'tests', tokens: [{ sha256: sha256(TOKEN) }] }],
        },
      },
    }
    const file = join(folder, 'gateway.yaml')
    await writeFile(file, JSON.stringify(settings))
    const cli = startCli(['serve', '--config', file])
    running.push(cli)
    const [, url = ''] = await cli.until(/"url":"(http:[^"]+)"[^\n]*"listening"/)
    await cli.until(/connected to the directory/)
    await cli.until(/connected to the shared counters/)
    return { cli, url: `${url}/scim/v2${PATH}` }
  }

  const ask = async (url: string, token = TOKEN) => {
    const { status } = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    return status
  }

  test('allow a client so much together; alone again when the store is gone, in no time', async () => {
    const [one, other] = await Promise.all([startProcess(10), startProcess(10)])
    const statuses: number[] = []
    for (let index = 0; index < 12; index++) {
      statuses.push(await ask(index % 2 ? one.url : other.url))
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(10)
    expect(statuses.slice(10)).toEqual([429, 429])

    for (let index = 0; index < 4; index++) {
      expect(await ask(index % 2 ? one.url : other.url, 'wrong')).toBe(401)
    }
    expect([await ask(one.url, 'wrong'), await ask(other.url, 'wrong')]).toEqual([429, 429])

    await redis.kill()
    const began = performance.now()
    const alone = [await ask(one.url), await ask(other.url), await ask(one.url)]
    expect(alone).toEqual([200, 200, 200])
    expect(performance.now() - began).toBeLessThan(2_000)
    await one.cli.until(/the shared counters do not answer/)
    expect(one.cli.stdout).not.toContain(redis.password)
  })
})
