import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createDirectory } from '../../src/directory/client.ts'
import type { SrvRecord } from '../../src/directory/discovery.ts'
import { discover, serviceOf } from '../../src/directory/discovery.ts'
import { completeOptions } from '../../src/directory/options.ts'
import { parseDn } from '../../src/ldap/dn.ts'
import { TRUE } from '../../src/ldap/filter.ts'
import type { Log } from '../../src/ldap/log.ts'
import { SILENT } from '../../src/ldap/log.ts'
import type { Search } from '../../src/ldap/operation.ts'
import type { TestDns } from '../support/dns.ts'
import { startDns } from '../support/dns.ts'
import type { FakeServer } from './fake-server.ts'
import { fakeServer, optionsFor, result, TAG } from './fake-server.ts'

const SEARCH: Search = { base: parseDn('cn=a'), scope: 'base', filter: TRUE, attributes: ['cn'] }

let dns: TestDns
const stops: (() => unknown)[] = []

beforeEach(async () => {
  dns = await startDns()
})
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
  await dns.stop()
})

function record(name: string, port: number, more: Partial<SrvRecord> = {}): SrvRecord {
  return { name, port, priority: 0, weight: 100, ...more }
}

function found(url: string, random?: () => number, log: Log = SILENT) {
  const service = serviceOf(url)
  if (service === undefined) throw new Error(`${url} names no service`)
  return discover(service, dns.resolveSrv, log, random)
}

describe('the servers of a domain', () => {
  test('are those of _ldap._tcp, by priority', async () => {
    dns.records.set('_ldap._tcp.corp.example', [
      record('dc3.corp.example', 389, { priority: 10 }),
      record('dc1.corp.example', 3389),
    ])
    expect(await found('ldap+srv://corp.example')).toEqual([
      ['ldap://dc1.corp.example:3389'],
      ['ldap://dc3.corp.example:389'],
    ])
  })

  test('are asked for LDAPS at port 636 where _ldaps._tcp is not there, as in Active Directory', async () => {
    dns.records.set('_ldap._tcp.dc._msdcs.corp.example', [record('dc1.corp.example', 389)])
    expect(await found('ldaps+srv://dc._msdcs.corp.example')).toEqual([
      ['ldaps://dc1.corp.example:636'],
    ])
    expect(dns.asked).toEqual([
      '_ldaps._tcp.dc._msdcs.corp.example',
      '_ldap._tcp.dc._msdcs.corp.example',
    ])
  })

  test('are those of _ldaps._tcp with their ports, where that is there', async () => {
    dns.records.set('_ldaps._tcp.corp.example', [record('dc1.corp.example', 6636)])
    expect(await found('ldaps+srv://corp.example/')).toEqual([['ldaps://dc1.corp.example:6636']])
    expect(dns.asked).toEqual(['_ldaps._tcp.corp.example'])
  })

  test('of one priority come in an order that is drawn by weight', async () => {
    dns.records.set('_ldap._tcp.corp.example', [
      record('heavy.corp.example', 1, { weight: 90 }),
      record('light.corp.example', 2, { weight: 10 }),
      record('idle.corp.example', 3, { weight: 0 }),
    ])
    const first = async (random: number) =>
      (await found('ldap+srv://corp.example', () => random))[0]?.[0]
    expect(await first(0)).toBe('ldap://idle.corp.example:3')
    expect(await first(0.05)).toBe('ldap://light.corp.example:2')
    expect(await first(0.5)).toBe('ldap://heavy.corp.example:1')
    expect(await found('ldap+srv://corp.example', () => 0.5)).toMatchObject([{ length: 3 }])
  })

  test('outside of the domain are left out, and the log tells', async () => {
    dns.records.set('_ldap._tcp.corp.example', [
      record('dc1.corp.example', 389),
      record('dc1.evilcorp.example', 389),
    ])
    const warn = vi.fn()
    expect(await found('ldap+srv://corp.example', undefined, { ...SILENT, warn })).toEqual([
      ['ldap://dc1.corp.example:389'],
    ])
    const details = { url: 'ldap+srv://corp.example', servers: ['dc1.evilcorp.example'] }
    expect(warn).toHaveBeenCalledWith(details, 'servers outside of the domain')
  })

  test('that are none, or that DNS does not tell, are an error that names the domain', async () => {
    await expect(found('ldaps+srv://corp.example')).rejects.toMatchObject({
      name: 'UnavailableError',
      sent: false,
      message: 'ldaps+srv://corp.example: DNS knows no server of it',
    })
    dns.silent = true
    await expect(found('ldaps+srv://corp.example')).rejects.toMatchObject({
      sent: false,
      message: expect.stringMatching(
        /^ldaps\+srv:\/\/corp\.example: querySrv \w+ _ldaps\._tcp\.corp\.example$/,
      ) as string,
    })
  })
})

test.each(['ldap://corp.example', 'ldaps+srv://corp.example:636', 'ldap+srv://', 'http+srv://a'])(
  '%s names no domain',
  (url) => {
    expect(serviceOf(url)).toBeUndefined()
  },
)

test('a domain without TLS is refused, even a local one', () => {
  const options = optionsFor('ldap+srv://localhost')
  expect(() => completeOptions(options)).toThrow('binding without TLS is refused')
  expect(() => completeOptions({ ...options, startTls: true })).not.toThrow()
})

describe('a directory that DNS knows', () => {
  async function willing(): Promise<FakeServer> {
    const server = await fakeServer(({ id, tag }, socket) => {
      socket.write(result(id, tag + (tag === TAG.search ? 2 : 1)))
    })
    stops.push(server.stop)
    return server
  }

  function announce(...servers: readonly FakeServer[]): void {
    dns.records.set(
      '_ldap._tcp.localhost',
      servers.map(({ port }, index) => record('localhost', port, { priority: index })),
    )
  }

  function directory() {
    const made = createDirectory({
      ...optionsFor('ldap+srv://localhost'),
      allowPlaintext: true,
      heartbeatMs: 100,
      resolveSrv: dns.resolveSrv,
    })
    stops.push(made.close)
    return made
  }

  const binds = ({ received }: FakeServer) =>
    received.filter(({ tag }) => tag === TAG.bindRequest).length

  test('is connected to, and DNS is asked anew when its server is gone', async () => {
    const [first, second] = [await willing(), await willing()]
    announce(first)
    const made = directory()
    await made.search(SEARCH)
    expect(binds(first)).toBe(1)
    announce(second)
    await first.stop()
    stops.splice(0, 1)
    await vi.waitFor(() => expect(binds(second)).toBe(1), { timeout: 5_000 })
    await expect(made.search(SEARCH)).resolves.toMatchObject({ complete: true })
  })

  test('is gone back to when a server of a better priority is announced', async () => {
    const [first, second] = [await willing(), await willing()]
    await first.stop()
    stops.splice(0, 1)
    announce(first, second)
    await directory().search(SEARCH)
    expect(binds(second)).toBe(1)
    const better = await willing()
    announce(better, second)
    await vi.waitFor(() => expect(binds(better)).toBe(1), { timeout: 5_000 })
  })

  test('stays within reach when DNS is away', async () => {
    const server = await willing()
    announce(server)
    const made = directory()
    await made.search(SEARCH)
    dns.silent = true
    for (const socket of server.sockets) socket.destroy()
    await vi.waitFor(() => expect(binds(server)).toBe(2), { timeout: 5_000 })
    await expect(made.search(SEARCH)).resolves.toMatchObject({ complete: true })
  })

  test('that DNS does not know cannot be reached, and the reason says why', async () => {
    await expect(directory().search(SEARCH)).rejects.toMatchObject({
      sent: false,
      message: expect.stringContaining('ldap+srv://localhost: DNS knows no server of it') as string,
    })
  })
})
