import { BerWriter } from 'ldapts'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { LiveDirectory } from '../../src/directory/client.ts'
import { createDirectory } from '../../src/directory/client.ts'
import type { DirectoryOptions } from '../../src/directory/options.ts'
import type { Log } from '../../src/ldap/log.ts'
import { SILENT } from '../../src/ldap/log.ts'
import { CONTROLS } from '../../src/ldap/control.ts'
import { parseDn } from '../../src/ldap/dn.ts'
import { TRUE } from '../../src/ldap/filter.ts'
import type { Search } from '../../src/ldap/operation.ts'
import type { FakeServer } from './fake-server.ts'
import { entry, fakeServer, message, optionsFor, result, TAG } from './fake-server.ts'

const SEARCH: Search = { base: parseDn('cn=a'), scope: 'base', filter: TRUE, attributes: ['cn'] }
const MODIFY = { dn: parseDn('cn=a'), changes: [] } as const

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

function directoryAt(
  servers: readonly FakeServer[],
  options: Partial<DirectoryOptions> = {},
  log: Log = SILENT,
): LiveDirectory {
  const urls = servers.map(({ url }) => url)
  const directory = createDirectory({ ...optionsFor(...urls), ...options }, log)
  stops.push(directory.close)
  return directory
}

/** A server that finds nothing and changes everything, after `delayMs`. */
async function willing(options: { port?: number; delayMs?: number } = {}): Promise<FakeServer> {
  const server = await fakeServer(({ id, tag }, socket) => {
    setTimeout(
      () => socket.write(result(id, tag + (tag === TAG.search ? 2 : 1))),
      options.delayMs ?? 0,
    )
  }, options)
  stops.push(server.stop)
  return server
}

/** A server that cuts the connection at the first operation and serves the ones after. */
async function cutting(times = 1): Promise<FakeServer> {
  let left = times
  const server = await fakeServer(({ id, tag }, socket) => {
    if (left-- > 0) socket.destroy()
    else socket.write(result(id, tag + (tag === TAG.search ? 2 : 1)))
  })
  stops.push(server.stop)
  return server
}

/** The end of a page (RFC 2696), with the cookie of the next one. */
function pageDone(id: number, cookie: string): Buffer {
  const value = new BerWriter()
  value.startSequence()
  value.writeInt(0)
  value.writeString(cookie)
  value.endSequence()
  return message(id, (writer) => {
    writer.writeBuffer(Buffer.from('0a010004000400', 'hex'), TAG.searchDone)
    writer.startSequence(0xa0)
    writer.startSequence()
    writer.writeString(CONTROLS.pagedResults)
    writer.writeBuffer(value.buffer, 0x04)
    writer.endSequence()
    writer.endSequence()
  })
}

function count({ received }: FakeServer, tag: number): number {
  return received.filter((request) => request.tag === tag).length
}

describe('a lost connection', () => {
  test('is replaced, and a read goes again', async () => {
    const server = await cutting()
    await expect(directoryAt([server]).search(SEARCH)).resolves.toMatchObject({ complete: true })
    expect([count(server, TAG.bindRequest), count(server, TAG.search)]).toEqual([2, 2])
  })

  test('is not replaced by one that dies with it', async () => {
    const dying: Socket[] = []
    const server = await fakeServer(({ id, tag }, socket) => {
      if (dying.length > 0) return
      if (tag === TAG.search) setTimeout(() => socket.write(result(id, tag + 2)), 20)
    })
    stops.push(server.stop)
    const directory = directoryAt([server], { poolSize: 4 })
    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 12 }, () => directory.search(SEARCH)))
    }
    expect(server.sockets.size).toBe(4)
    dying.push(...server.sockets)
    const searches = Array.from({ length: 12 }, () => directory.search(SEARCH))
    await vi.waitFor(() => expect(count(server, TAG.search)).toBe(132))
    for (const [index, socket] of dying.entries()) setTimeout(() => socket.destroy(), 3 * index)
    await sleep(15)
    dying.splice(0)
    await expect(Promise.all(searches)).resolves.toHaveLength(12)
  })

  test('fails a read that it takes twice', async () => {
    const server = await cutting(2)
    await expect(directoryAt([server]).search(SEARCH)).rejects.toMatchObject({ sent: true })
    expect(count(server, TAG.search)).toBe(2)
  })

  test('fails a write that was sent, which does not go again', async () => {
    const server = await cutting()
    await expect(directoryAt([server]).modify(MODIFY)).rejects.toMatchObject({
      name: 'UnavailableError',
      sent: true,
    })
    expect(count(server, TAG.modify)).toBe(1)
  })

  test('is replaced ever more slowly by a server that ends each at once', async () => {
    const server = await fakeServer(() => {}, {
      bind: ({ id }, socket) => socket.end(result(id, TAG.bindResponse)),
    })
    stops.push(server.stop)
    directoryAt([server]).start()
    await sleep(1_000)
    expect(count(server, TAG.bindRequest)).toBeGreaterThan(2)
    expect(count(server, TAG.bindRequest)).toBeLessThan(7)
  })

  test('together with many others is replaced as soon as if it were alone', async () => {
    const server = await willing({ delayMs: 20 })
    const directory = directoryAt([server], { poolSize: 8 })
    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 30 }, () => directory.search(SEARCH)))
    }
    expect(server.sockets.size).toBe(8)
    const started = performance.now()
    for (const socket of server.sockets) socket.destroy()
    await vi.waitFor(() => expect(directory.ready()).toBe(false), { interval: 1 })
    await directory.search(SEARCH)
    expect(performance.now() - started).toBeLessThan(3_000)
  })

  test('is replaced without anybody asking', async () => {
    const server = await willing()
    const directory = directoryAt([server])
    expect(directory.ready()).toBe(false)
    directory.start()
    await vi.waitFor(() => expect(directory.ready()).toBe(true))
    for (const socket of server.sockets) socket.destroy()
    await vi.waitFor(() => expect(directory.ready()).toBe(false), { interval: 1 })
    await vi.waitFor(() => expect(directory.ready()).toBe(true))
    expect(count(server, TAG.bindRequest)).toBe(2)
  })
})

describe('load', () => {
  test('beyond the connections waits, beyond the queue is refused at once', async () => {
    const server = await willing({ delayMs: 100 })
    const directory = directoryAt([server], { maxPendingPerConnection: 2, maxQueue: 3 })
    await directory.search(SEARCH)
    const started = performance.now()
    const searches = Array.from({ length: 7 }, () => directory.search(SEARCH))
    const refused = {
      name: 'UnavailableError',
      sent: false,
      message: 'the queue is full: 3 operations wait',
    }
    await expect(searches[5]).rejects.toMatchObject(refused)
    await expect(searches[6]).rejects.toMatchObject(refused)
    expect(performance.now() - started).toBeLessThan(90)
    await Promise.all(searches.slice(0, 5))
    expect(count(server, TAG.search)).toBe(6)
  })

  test('that waits in vain is refused as not sent', async () => {
    const server = await willing({ delayMs: 500 })
    const directory = directoryAt([server], { maxPendingPerConnection: 1, connectTimeoutMs: 100 })
    const first = directory.search(SEARCH)
    await vi.waitFor(() => expect(count(server, TAG.search)).toBe(1))
    await expect(directory.modify(MODIFY)).rejects.toMatchObject({
      sent: false,
      message: 'no free connection to the directory within 100 ms',
    })
    await first
    expect(count(server, TAG.modify)).toBe(0)
  })

  test('that waits leaves the queue when its signal fires', async () => {
    const server = await willing({ delayMs: 100 })
    const directory = directoryAt([server], { maxPendingPerConnection: 1 })
    const first = directory.search(SEARCH)
    const controller = new AbortController()
    const second = directory.search(SEARCH, { signal: controller.signal })
    controller.abort(new Error('gone'))
    await expect(second).rejects.toThrow('gone')
    await first
    await sleep(50)
    expect(count(server, TAG.search)).toBe(1)
  })

  test('of one operation after the other takes one connection', async () => {
    const server = await willing()
    const directory = directoryAt([server], { poolSize: 3 })
    for (let round = 0; round < 5; round++) await directory.search(SEARCH)
    await sleep(50)
    expect(count(server, TAG.bindRequest)).toBe(1)
  })

  test('opens further connections, up to the pool size, and is spread over them', async () => {
    const server = await willing({ delayMs: 20 })
    const directory = directoryAt([server], { poolSize: 3 })
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 30 }, () => directory.search(SEARCH)))
    }
    expect(count(server, TAG.bindRequest)).toBe(3)
    expect(server.sockets.size).toBe(3)
  })
})

describe('paged searches', () => {
  test('have connections of their own, one search on each at a time', async () => {
    let under = 0
    let most = 0
    const server = await fakeServer(({ id }, socket) => {
      most = Math.max(most, ++under)
      setTimeout(() => {
        under--
        socket.write(Buffer.concat([entry(id, 'cn=a'), result(id, TAG.searchDone)]))
      }, 20)
    })
    stops.push(server.stop)
    const directory = directoryAt([server], { searchPoolSize: 2 })
    const walk = async () => {
      let entries = 0
      for await (const page of directory.pages(SEARCH, 10)) entries += page.length
      return entries
    }
    expect(await Promise.all(Array.from({ length: 6 }, walk))).toEqual([1, 1, 1, 1, 1, 1])
    expect([most, server.sockets.size]).toEqual([2, 2])
  })
})

test('a paged search that is left early takes its connection with it', async () => {
  const server = await fakeServer(({ id }, socket) => socket.write(pageDone(id, 'more')))
  stops.push(server.stop)
  for await (const page of directoryAt([server]).pages(SEARCH, 10)) {
    expect(page).toEqual([])
    break
  }
  await vi.waitFor(() => expect(count(server, TAG.unbind)).toBe(1))
})

describe('several servers', () => {
  test('are tried in their order', async () => {
    const [first, second] = [await willing(), await willing()]
    const directory = directoryAt([first, second])
    await directory.search(SEARCH)
    expect([count(first, TAG.search), count(second, TAG.search)]).toEqual([1, 0])
  })

  test('stand in for each other, with one line in the log', async () => {
    const [first, second] = [await willing(), await willing()]
    await first.stop()
    stops.splice(0, 1)
    const info = vi.fn()
    const directory = directoryAt([first, second], {}, { ...SILENT, info })
    await directory.search(SEARCH)
    expect(count(second, TAG.search)).toBe(1)
    expect(info).toHaveBeenCalledWith({ url: second.url }, 'connected to the directory')
  })

  test('stand in for one that dies, and it takes over when it is back', async () => {
    const [first, second] = [await willing(), await willing()]
    const directory = directoryAt([first, second], { heartbeatMs: 50 })
    await directory.search(SEARCH)
    await first.stop()
    stops.splice(0, 1)
    await vi.waitFor(() => expect(count(second, TAG.bindRequest)).toBe(1))
    await directory.search(SEARCH)
    expect(count(second, TAG.search)).toBeGreaterThan(0)

    const back = await willing({ port: first.port })
    await vi.waitFor(() => expect(second.sockets.size).toBe(0), 5_000)
    const before = count(second, TAG.modify)
    await directory.modify(MODIFY)
    expect([count(back, TAG.modify), count(second, TAG.modify)]).toEqual([1, before])
  })

  test('with a password that one refuses are not all asked', async () => {
    const second = await willing()
    const first = await fakeServer(() => {}, {
      bind: ({ id }, socket) => socket.write(result(id, TAG.bindResponse, 49)),
    })
    stops.push(first.stop)
    await expect(directoryAt([first, second]).search(SEARCH)).rejects.toMatchObject({ sent: false })
    expect(count(second, TAG.bindRequest)).toBe(0)
  })
})

describe('a server that will not serve', () => {
  const BUSY = 51
  const UNAVAILABLE = 52

  /** Answers operations with these codes, one after the other, and everything after them with success. */
  async function refusing(...codes: readonly number[]): Promise<FakeServer> {
    const left = [...codes]
    const server = await fakeServer(({ id, tag }, socket) => {
      socket.write(result(id, tag + (tag === TAG.search ? 2 : 1), left.shift() ?? 0))
    })
    stops.push(server.stop)
    return server
  }

  const always = (code: number) => Array.from({ length: 100 }, () => code)

  test('as it is busy is asked again, reads and writes', async () => {
    const server = await refusing(BUSY, BUSY, 0, BUSY)
    const directory = directoryAt([server])
    await expect(directory.search(SEARCH)).resolves.toMatchObject({ complete: true })
    await expect(directory.modify(MODIFY)).resolves.toEqual({})
    expect([count(server, TAG.search), count(server, TAG.modify)]).toEqual([3, 2])
  })

  test('as it stays busy is asked three times', async () => {
    const server = await refusing(...always(BUSY))
    await expect(directoryAt([server]).modify(MODIFY)).rejects.toMatchObject({ result: 'busy' })
    expect(count(server, TAG.modify)).toBe(3)
  })

  test.each([
    ['busy', BUSY, 3],
    ['unavailable', UNAVAILABLE, 1],
  ])('as it is %s is left for another one, with everything', async (_, code, times) => {
    const [first, second] = [await refusing(...always(code)), await refusing()]
    const warn = vi.fn()
    const directory = directoryAt([first, second], {}, { ...SILENT, warn })
    const searches = Array.from({ length: 10 }, () => directory.search(SEARCH))
    await expect(Promise.all(searches)).resolves.toHaveLength(10)
    expect(count(first, TAG.search)).toBeGreaterThanOrEqual(times)
    expect(count(first, TAG.search)).toBeLessThanOrEqual(10 * times)
    expect(count(second, TAG.search)).toBe(10)
    await directory.modify(MODIFY)
    expect([count(first, TAG.modify), count(second, TAG.modify)]).toEqual([0, 1])
    await vi.waitFor(() => expect(first.sockets.size).toBe(0))
    expect(
      warn.mock.calls.filter(([, message]) => (message as string).startsWith('leaving')),
    ).toEqual([
      [
        { url: first.url, reason: code === BUSY ? 'busy' : 'unavailable' },
        'leaving a directory server',
      ],
    ])
  })

  test('a first page is asked for elsewhere, too', async () => {
    const [first, second] = [await refusing(...always(UNAVAILABLE)), await refusing()]
    const pages = directoryAt([first, second]).pages(SEARCH, 10)
    for await (const page of pages) expect(page).toEqual([])
    expect([count(first, TAG.search), count(second, TAG.search)]).toEqual([1, 1])
  })

  test('a write that it calls unavailable is not sent again: a proxy may have passed it on', async () => {
    const [first, second] = [await refusing(...always(UNAVAILABLE)), await refusing()]
    const directory = directoryAt([first, second])
    await expect(directory.modify(MODIFY)).rejects.toMatchObject({ result: 'unavailable' })
    expect([count(first, TAG.modify), count(second, TAG.modify)]).toEqual([1, 0])
    await directory.modify(MODIFY)
    expect(count(second, TAG.modify)).toBe(1)
  })

  test('where no other one will either, its answer stands, and nobody runs to and fro', async () => {
    const servers = [
      await refusing(...always(UNAVAILABLE)),
      await refusing(...always(UNAVAILABLE)),
    ] as const
    const directory = directoryAt(servers)
    for (let round = 0; round < 5; round++) {
      await expect(directory.search(SEARCH)).rejects.toMatchObject({ result: 'unavailable' })
    }
    expect(servers.map((server) => count(server, TAG.bindRequest))).toEqual([1, 1])
  })

  test('is not gone back to before it serves again', async () => {
    const first = await refusing(...always(UNAVAILABLE).slice(0, 40))
    const second = await refusing()
    const info = vi.fn()
    const log = { ...SILENT, info }
    const directory = directoryAt([first, second], { heartbeatMs: 100 }, log)
    await directory.search(SEARCH)
    await vi.waitFor(() =>
      expect(info).toHaveBeenCalledWith(
        { url: first.url },
        'preferred directory is not up to date yet',
      ),
    )
    await vi.waitFor(() =>
      expect(info).toHaveBeenCalledWith(
        { url: first.url },
        'back to the preferred directory server',
      ),
    )
    expect(count(first, TAG.search)).toBeGreaterThan(40)
    await directory.modify(MODIFY)
    expect(count(first, TAG.modify)).toBe(1)
  })
})

describe('without any server', () => {
  test('operations fail as not sent, and each try is logged with its reason', async () => {
    const server = await willing()
    await server.stop()
    stops.pop()
    const warn = vi.fn()
    const directory = directoryAt([server], { connectTimeoutMs: 200 }, { ...SILENT, warn })
    await expect(directory.modify(MODIFY)).rejects.toMatchObject({
      name: 'UnavailableError',
      sent: false,
      message: expect.stringContaining('ECONNREFUSED') as string,
    })
    expect(warn).toHaveBeenCalledWith(
      {
        reason: expect.stringContaining(`${server.url}: connect ECONNREFUSED`) as string,
        retryInMs: expect.any(Number) as number,
      },
      'cannot connect to the directory',
    )
  })

  test('operations wait for one that comes soon', async () => {
    const server = await willing()
    await server.stop()
    stops.pop()
    const directory = directoryAt([server])
    const search = directory.search(SEARCH)
    await sleep(100)
    await willing({ port: server.port })
    await expect(search).resolves.toMatchObject({ complete: true })
  })
})

test('a connection that falls silent is asked for a sign of life and given up', async () => {
  let mute = false
  const server = await fakeServer(({ id }, socket) => {
    if (!mute) socket.write(result(id, TAG.searchDone))
  })
  stops.push(server.stop)
  const warn = vi.fn()
  const directory = directoryAt(
    [server],
    { heartbeatMs: 50, operationTimeoutMs: 100 },
    { ...SILENT, warn },
  )
  await directory.search(SEARCH)
  await vi.waitFor(() => expect(count(server, TAG.search)).toBeGreaterThan(2))
  expect(count(server, TAG.bindRequest)).toBe(1)
  mute = true
  await vi.waitFor(() =>
    expect(warn).toHaveBeenCalledWith(
      { reason: `${server.url}: no sign of life` },
      'lost a connection to the directory',
    ),
  )
  await vi.waitFor(() => expect(count(server, TAG.bindRequest)).toBeGreaterThan(1))
})

describe('the server’s description', () => {
  test('is read once for each time that the server was connected to', async () => {
    let reads = 0
    const server = await fakeServer(({ id }, socket) => {
      reads++
      socket.write(
        Buffer.concat([entry(id, '', { vendorName: [`v${reads}`] }), result(id, TAG.searchDone)]),
      )
    })
    stops.push(server.stop)
    const directory = directoryAt([server])
    const vendors = await Promise.all([directory.server(), directory.server()])
    expect(vendors.map(({ vendor }) => vendor)).toEqual(['v1', 'v1'])
    for (const socket of server.sockets) socket.destroy()
    await vi.waitFor(() => expect(directory.ready()).toBe(false), { interval: 1 })
    expect((await directory.server()).vendor).toBe('v2')
    expect(reads).toBe(2)
  })
})

describe('closing', () => {
  test('rejects what is under way and what waits, says good-bye and accepts nothing more', async () => {
    const server = await willing({ delayMs: 1_000 })
    const directory = directoryAt([server], { maxPendingPerConnection: 1 })
    const pending = directory.modify(MODIFY)
    await vi.waitFor(() => expect(count(server, TAG.modify)).toBe(1))
    const waiting = directory.modify(MODIFY)
    const refusals = Promise.allSettled([pending, waiting])
    directory.close()
    expect(await refusals).toMatchObject([{ reason: { sent: true } }, { reason: { sent: false } }])
    await expect(directory.search(SEARCH)).rejects.toMatchObject({
      sent: false,
      message: 'the directory connection is closed',
    })
    await vi.waitFor(() => expect(count(server, TAG.unbind)).toBe(1))
    await vi.waitFor(() => expect(server.sockets.size).toBe(0))
    expect(directory.ready()).toBe(false)
  })

  test('stops the attempts to connect', async () => {
    const server = await willing()
    await server.stop()
    stops.pop()
    const warn = vi.fn()
    const directory = directoryAt([server], {}, { ...SILENT, warn })
    directory.start()
    await vi.waitFor(() => expect(warn).toHaveBeenCalled())
    directory.close()
    const before = warn.mock.calls.length
    await sleep(400)
    expect(warn.mock.calls.length).toBe(before)
  })
})
