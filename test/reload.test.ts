import { createHash, randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { RunningDirectory } from '../src/demo/directory.ts'
import { people } from '../src/demo/people.ts'
import { folderWith } from './support/folder.ts'
import type { GatewayOptions, TestGateway } from './support/gateway.ts'
import { OPENLDAP_MAPPING, startGateway } from './support/gateway.ts'
import { startOpenLdap } from './support/openldap.ts'
import type { Proxy } from './support/proxy.ts'
import { startProxy } from './support/proxy.ts'
import { userMapping } from './support/rules.ts'

const SUFFIX = 'dc=example,dc=test'
const OTHER = 'the-token-of-another-client'
const sha256 = createHash('sha256').update(OTHER).digest('hex')
const asOther = { authorization: `Bearer ${OTHER}` }

let directory: RunningDirectory
let way: Proxy
let gateway: TestGateway
beforeAll(async () => {
  directory = await startOpenLdap({ suffix: SUFFIX, entries: people(SUFFIX, 5) })
})
afterAll(() => directory.stop())
beforeEach(async () => {
  way = await startProxy(directory.url)
})
afterEach(async () => {
  way.flow()
  await gateway.stop()
  await way.stop()
})

const options = (more: GatewayOptions = {}): GatewayOptions => ({
  ...more,
  directory: { urls: [`ldaps://localhost:${way.port}`], ...more.directory },
})
const start = async (more?: GatewayOptions) => {
  gateway = await startGateway(directory, options(more))
  return gateway
}
const messages = () => gateway.log.map(({ msg }) => msg as string)
const metric = async (name: string) => {
  const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1])
}

describe('settings that are taken while the gateway runs', () => {
  test('a client that is new is let in, one that is gone is not, without a new connection', async () => {
    await start()
    expect((await gateway.get('/Users?count=0')).status).toBe(200)
    expect((await gateway.get('/Users?count=0', asOther)).status).toBe(401)
    const before = way.connections
    gateway.reload(options({ clients: [{ name: 'other', tokens: [{ sha256 }] }] }))
    expect((await gateway.get('/Users?count=0', asOther)).status).toBe(200)
    gateway.reload(options())
    expect((await gateway.get('/Users?count=0', asOther)).status).toBe(401)
    expect(way.connections).toBe(before)
    expect(messages().filter((msg) => msg === 'the settings were taken anew')).toHaveLength(2)
    expect(await metric('scim2ldap_reloads_total\\{result="success"\\}')).toBe(2)
  })

  test('another mapping counts from the next request on', async () => {
    await start()
    const mapping = folderWith({
      'mine.yaml': userMapping(['userName: uid', 'name.familyName: sn']),
    })
    gateway.reload(options({ mapping: `${mapping}/mine.yaml` }))
    expect((await gateway.get('/ResourceTypes')).body.totalResults).toBe(1)
    gateway.reload(options({ mapping: OPENLDAP_MAPPING }))
    expect((await gateway.get('/ResourceTypes')).body.totalResults).toBe(2)
  })

  test('a request ends under the settings that it began with', async () => {
    await start({ clients: [{ name: 'other', tokens: [{ sha256 }] }] })
    way.freeze()
    const asked = gateway.get('/Users?count=2', asOther)
    await vi.waitFor(async () => expect(await metric('scim2ldap_requests_in_flight')).toBe(1))
    // Neither the client nor the connection pool of the request is there any more.
    gateway.reload(options({ directory: { poolSize: 2, urls: [directory.url] } }))
    expect((await gateway.get('/Users?count=1')).status).toBe(200)
    expect((await gateway.get('/Users?count=0', asOther)).status).toBe(401)
    way.flow()
    const { status, body } = await asked
    expect([status, body.Resources.length]).toEqual([200, 2])
  })

  test('connections by old settings are closed when nobody needs them', async () => {
    await start()
    const before = way.connections
    gateway.reload(options({ directory: { poolSize: 1 } }))
    expect((await gateway.get(`/Users/${randomUUID()}`)).status).toBe(404)
    await vi.waitFor(() => expect([way.connections, way.open]).toEqual([before + 1, 1]))
    expect((await gateway.get('/Users?count=0')).status).toBe(200)
  })

  test('a cursor goes on, for the key is kept', async () => {
    await start()
    const { body } = await gateway.get('/Users?cursor&count=2')
    gateway.reload(options({ lookThrough: 5 }))
    const next = await gateway.get(`/Users?count=2&cursor=${body.nextCursor}`)
    expect([next.status, next.body.Resources.length]).toEqual([200, 2])
  })

  test('what cannot be taken leaves everything as it was, and the log says so', async () => {
    await start()
    const file = `${folderWith({})}/missing/audit.jsonl`
    gateway.reload(options({ audit: { file, ldif: true } }))
    expect(messages()).toContain('the settings stay as they were')
    expect(await metric('scim2ldap_reloads_total\\{result="failure"\\}')).toBe(1)
    expect((await gateway.get('/Users?count=0')).status).toBe(200)
  })
})
