import type { Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { LiveDirectory } from '../../src/directory/client.ts'
import { createDirectory } from '../../src/directory/client.ts'
import type { DirectoryOptions } from '../../src/directory/options.ts'
import { Reader } from '../../src/directory/reader.ts'
import { parseDn } from '../../src/ldap/dn.ts'
import { firstText } from '../../src/ldap/entry.ts'
import { TRUE } from '../../src/ldap/filter.ts'
import type { Search } from '../../src/ldap/operation.ts'
import { LdapError, UnavailableError } from '../../src/ldap/result.ts'
import type { FakeServer, Received } from './fake-server.ts'
import { entry, fakeServer, message, optionsFor, result, TAG } from './fake-server.ts'

const NOTICE = '1.3.6.1.4.1.1466.20036'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function talkingTo(
  answer: (request: Received, socket: Socket) => void,
  options: Partial<DirectoryOptions> = {},
): Promise<{ server: FakeServer; directory: LiveDirectory }> {
  const server = await fakeServer(answer)
  const directory = createDirectory({ ...optionsFor(server.url), ...options })
  stops.push(server.stop, directory.close)
  return { server, directory }
}

/** A base search; what it asks for tells the test server which one it is. */
function searchFor(name: string, sizeLimit?: number): Search {
  const search: Search = {
    base: parseDn(`cn=${name}`),
    scope: 'base',
    filter: TRUE,
    attributes: ['cn'],
  }
  return sizeLimit === undefined ? search : { ...search, sizeLimit }
}

function nameOf({ content }: Received): string {
  return new Reader(content).text().slice(3)
}

const MODIFY = {
  dn: parseDn('cn=a'),
  changes: [{ kind: 'replace', attribute: 'sn', values: ['b'] }],
} as const

/** The ids that the client abandoned. */
function abandoned(server: FakeServer): number[] {
  return server.received
    .filter(({ tag }) => tag === TAG.abandon)
    .map(({ content }) => content.readIntBE(0, content.length))
}

test('answers find their operations in whatever order they come', async () => {
  const waiting: Received[] = []
  const { directory } = await talkingTo((request, socket) => {
    waiting.push(request)
    if (waiting.length < 20) return
    for (const each of waiting.reverse()) {
      socket.write(entry(each.id, `cn=${nameOf(each)}`, { cn: [nameOf(each)] }))
    }
    for (const each of waiting) socket.write(result(each.id, TAG.searchDone))
  })
  const names = Array.from({ length: 20 }, (_, index) => `e${index}`)
  const results = await Promise.all(names.map((name) => directory.search(searchFor(name))))
  expect(results.map(({ entries }) => entries[0] && firstText(entries[0], 'cn'))).toEqual(names)
})

test('a bind comes first, alone, and nothing is sent on a connection that is not bound', async () => {
  const server = await fakeServer(({ id }, socket) => socket.write(result(id, TAG.searchDone)), {
    bind: ({ id }, socket) => setTimeout(() => socket.write(result(id, TAG.bindResponse)), 50),
  })
  const directory = createDirectory(optionsFor(server.url))
  stops.push(server.stop, directory.close)
  const searches = [directory.search(searchFor('a')), directory.search(searchFor('b'))]
  await vi.waitFor(() => expect(server.received).toHaveLength(1))
  await Promise.all(searches)
  expect(server.received.map(({ tag }) => tag)).toEqual([TAG.bindRequest, TAG.search, TAG.search])
})

describe('an operation without an answer', () => {
  test('times out as sent, is abandoned, and disturbs no other', async () => {
    const { server, directory } = await talkingTo(
      (request, socket) => {
        if (nameOf(request) === 'slow') return
        setTimeout(() => socket.write(result(request.id, TAG.searchDone)), 200)
      },
      { operationTimeoutMs: 300 },
    )
    const slow = directory.search(searchFor('slow'))
    const refusal = expect(slow).rejects.toMatchObject({
      name: 'UnavailableError',
      sent: true,
      message: `${server.url}: search: no answer within 300 ms`,
    })
    await vi.waitFor(() => expect(server.received).toHaveLength(2))
    await new Promise((resolve) => setTimeout(resolve, 200))
    const quick = directory.search(searchFor('quick'))
    await refusal
    await expect(quick).resolves.toEqual({ entries: [], complete: true })
    const [, search] = server.received
    expect(abandoned(server)).toEqual([search?.id])
    expect(server.sockets.size).toBe(1)
  })

  test('is abandoned when its signal fires, and rejects with the signal’s reason', async () => {
    const { server, directory } = await talkingTo(() => {})
    const controller = new AbortController()
    const search = directory.search(searchFor('a'), { signal: controller.signal })
    const reason = new Error('the client went away')
    const refusal = expect(search).rejects.toBe(reason)
    await vi.waitFor(() => expect(server.received).toHaveLength(2))
    controller.abort(reason)
    await refusal
    await vi.waitFor(() => expect(abandoned(server)).toEqual([server.received[1]?.id]))
  })

  test('is not even sent when its signal has fired before', async () => {
    const { server, directory } = await talkingTo(() => {})
    const reason = new Error('the client went away')
    const search = directory.search(searchFor('a'), { signal: AbortSignal.abort(reason) })
    await expect(search).rejects.toBe(reason)
    expect(server.received).toEqual([])
  })

  test('may be answered after it was abandoned, which is ignored', async () => {
    const { directory } = await talkingTo(
      (request, socket) => {
        const delay = nameOf(request) === 'late' ? 150 : 0
        setTimeout(() => socket.write(result(request.id, TAG.searchDone, delay ? 80 : 0)), delay)
      },
      { operationTimeoutMs: 100 },
    )
    await expect(directory.search(searchFor('late'))).rejects.toBeInstanceOf(UnavailableError)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await expect(directory.search(searchFor('b'))).resolves.toMatchObject({ complete: true })
  })
})

describe('what a server may send unasked', () => {
  test('an intermediate response and a search reference are passed over', async () => {
    const { directory } = await talkingTo(({ id }, socket) => {
      socket.write(message(id, (writer) => writer.writeString('', TAG.intermediate)))
      socket.write(
        message(id, (writer) => {
          writer.startSequence(0x73)
          writer.writeString('ldap://elsewhere')
          writer.endSequence()
        }),
      )
      socket.write(entry(id, 'cn=a'))
      socket.write(result(id, TAG.searchDone))
    })
    const { entries, complete } = await directory.search(searchFor('a'))
    expect([entries.length, complete]).toEqual([1, true])
  })

  test('a notice of disconnection ends what is pending, in the server’s words', async () => {
    const { directory } = await talkingTo((_, socket) =>
      socket.write(result(0, TAG.extendedResponse, 52, 'shutting down', NOTICE)),
    )
    await expect(directory.modify(MODIFY)).rejects.toMatchObject({
      name: 'UnavailableError',
      sent: true,
      message: expect.stringContaining('unavailable (52): shutting down') as string,
    })
  })

  test('another unsolicited notification is passed over', async () => {
    const { directory } = await talkingTo(({ id }, socket) => {
      socket.write(result(0, TAG.extendedResponse, 0, '', '1.3.6.1.1.21.4'))
      socket.write(result(id, TAG.modifyResponse))
    })
    await expect(directory.modify(MODIFY)).resolves.toEqual({})
  })
})

describe('a result', () => {
  test('with a code is an LdapError with the server’s words alone', async () => {
    const { directory } = await talkingTo(({ id }, socket) =>
      socket.write(result(id, TAG.modifyResponse, 19, 'too short')),
    )
    const refusal: unknown = await directory.modify(MODIFY).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(LdapError)
    expect(refusal).toMatchObject({
      code: 19,
      result: 'constraintViolation',
      diagnostic: 'too short',
      operation: 'modify',
      matchedDn: undefined,
    })
  })

  test('that is a referral is an error: referrals are not followed', async () => {
    const { directory } = await talkingTo(({ id }, socket) =>
      socket.write(result(id, TAG.searchDone, 10)),
    )
    await expect(directory.search(searchFor('a'))).rejects.toMatchObject({ result: 'referral' })
  })

  test('in the form of an extended response, as Samba refuses a control, is understood', async () => {
    const { directory } = await talkingTo(({ id }, socket) =>
      socket.write(result(id, TAG.extendedResponse, 12, 'no such control')),
    )
    await expect(directory.search(searchFor('a'))).rejects.toMatchObject({ code: 12 })
  })

  test('of a size limit keeps the entries', async () => {
    const { directory } = await talkingTo(({ id }, socket) => {
      socket.write(entry(id, 'cn=a'))
      socket.write(result(id, TAG.searchDone, 4))
    })
    const { entries, complete } = await directory.search(searchFor('a', 1))
    expect([entries.length, complete]).toEqual([1, false])
  })
})

test('a server that does not count is cut off at our size limit', async () => {
  const { server, directory } = await talkingTo(({ id }, socket) => {
    for (let count = 0; count < 5; count++) socket.write(entry(id, `cn=${count}`))
    socket.write(result(id, TAG.searchDone))
  })
  const { entries, complete } = await directory.search(searchFor('a', 3))
  expect([entries.length, complete]).toEqual([3, false])
  await vi.waitFor(() => expect(abandoned(server)).toHaveLength(1))
  await expect(directory.search(searchFor('a', 5))).resolves.toMatchObject({ complete: true })
})

test('an entry whose name is no DN fails its search and no other', async () => {
  const { server, directory } = await talkingTo((request, socket) => {
    socket.write(entry(request.id, nameOf(request) === 'odd' ? '<odd>' : 'cn=a'))
    socket.write(result(request.id, TAG.searchDone))
  })
  const [odd, even] = await Promise.allSettled([
    directory.search(searchFor('odd')),
    directory.search(searchFor('even')),
  ])
  expect(odd).toMatchObject({ reason: { message: expect.stringContaining('<odd>') as string } })
  expect(even).toMatchObject({ value: { complete: true } })
  expect(server.sockets.size).toBe(1)
})

describe('a server that sends', () => {
  const answers: Record<string, (id: number) => Buffer> = {
    'another protocol': () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
    'an unknown operation': (id) => message(id, (writer) => writer.writeString('', 0x7e)),
    'the response to something else': (id) => result(id, TAG.searchDone),
    'a message that is too large': () => Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]),
    'an attribute that is cut off': (id) =>
      message(id, (writer) => {
        writer.startSequence(TAG.searchEntry)
        writer.writeString('cn=a')
        writer.writeBuffer(Buffer.from('300504024142', 'hex'), 0x30)
        writer.endSequence()
      }),
  }

  test.each(Object.keys(answers))(
    '%s loses its operations, and the next ones work',
    async (what) => {
      let broken = true
      const { server, directory } = await talkingTo(({ id }, socket) => {
        socket.write(broken ? (answers[what]?.(id) ?? '') : result(id, TAG.modifyResponse))
        broken = false
      })
      await expect(directory.modify(MODIFY)).rejects.toMatchObject({
        name: 'UnavailableError',
        sent: true,
        message: expect.stringContaining(
          `${server.url}: the server sent what is no LDAP`,
        ) as string,
      })
      await expect(directory.modify(MODIFY)).resolves.toEqual({})
    },
  )

  test('a malformed control loses the answer that it carried', async () => {
    const { directory } = await talkingTo(({ id }, socket) =>
      socket.write(
        message(id, (writer) => {
          writer.writeBuffer(Buffer.from('0a010004000400', 'hex'), TAG.modifyResponse)
          writer.startSequence(0xa0)
          writer.startSequence()
          writer.writeString('1.3.6.1.1.13.2')
          writer.writeString('nonsense')
          writer.endSequence()
          writer.endSequence()
        }),
      ),
    )
    await expect(directory.modify({ ...MODIFY, postRead: ['cn'] })).rejects.toMatchObject({
      name: 'UnavailableError',
      sent: true,
      message: 'the server sent a malformed control',
    })
  })
})

describe('connecting', () => {
  test('gives up on a server that accepts and says nothing', async () => {
    const server = await fakeServer(() => {}, { bind: () => {} })
    const directory = createDirectory({ ...optionsFor(server.url), connectTimeoutMs: 150 })
    stops.push(server.stop, directory.close)
    await expect(directory.search(searchFor('a'))).rejects.toMatchObject({
      name: 'UnavailableError',
      sent: false,
    })
    await vi.waitFor(() => expect(server.received.map(({ tag }) => tag)).toContain(TAG.unbind))
    expect(abandoned(server)).toEqual([])
  })

  test('tells which server refused the bind and why, and does not try again at once', async () => {
    const server = await fakeServer(() => {}, {
      bind: ({ id }, socket) => socket.write(result(id, TAG.bindResponse, 49, 'data 52e')),
    })
    const directory = createDirectory(optionsFor(server.url))
    stops.push(server.stop, directory.close)
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(directory.search(searchFor('a'))).rejects.toMatchObject({
        name: 'UnavailableError',
        sent: false,
        message: `${server.url}: bind: invalidCredentials (49): data 52e`,
      })
    }
    expect(server.received.filter(({ tag }) => tag === TAG.bindRequest)).toHaveLength(1)
  })

  test.each([
    [
      'refuses it',
      (id: number) => result(id, TAG.extendedResponse, 2, 'no TLS here'),
      'no TLS here',
    ],
    [
      'sends more before TLS',
      (id: number) =>
        Buffer.concat([result(id, TAG.extendedResponse), result(2, TAG.bindResponse)]),
      'the server sent more than an answer before TLS began',
    ],
    [
      'agrees and speaks no TLS',
      (id: number) => result(id, TAG.extendedResponse),
      'no TLS: wrong version number',
    ],
  ])('by StartTLS fails where the server %s, and sends no password', async (_, answer, message) => {
    const server = await fakeServer(({ id }, socket) => {
      socket.write(answer(id))
      socket.removeAllListeners('data')
      setTimeout(() => socket.end('plain'), 50)
    })
    const directory = createDirectory({
      ...optionsFor(server.url),
      startTls: true,
      connectTimeoutMs: 300,
    })
    stops.push(server.stop, directory.close)
    await expect(directory.search(searchFor('a'))).rejects.toMatchObject({
      name: 'UnavailableError',
      sent: false,
      message: expect.stringContaining(message) as string,
    })
    expect(server.received.every(({ tag }) => tag === TAG.extendedRequest)).toBe(true)
  })
})
