import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'

import { BerWriter } from 'ldapts'

import { Frames } from '../../src/directory/frames.ts'
import type { DirectoryOptions } from '../../src/directory/options.ts'
import { Reader } from '../../src/directory/reader.ts'

/** What a client sent. */
export interface Received {
  readonly id: number
  readonly tag: number
  readonly content: Buffer
}

export interface FakeServer {
  readonly url: string
  readonly port: number
  /** Everything that came, of all connections. */
  readonly received: Received[]
  readonly sockets: Set<Socket>
  stop(): Promise<void>
}

export const TAG = {
  bindRequest: 0x60,
  bindResponse: 0x61,
  unbind: 0x42,
  search: 0x63,
  searchEntry: 0x64,
  searchDone: 0x65,
  modify: 0x66,
  modifyResponse: 0x67,
  abandon: 0x50,
  extendedRequest: 0x77,
  extendedResponse: 0x78,
  intermediate: 0x79,
} as const

type Answerer = (request: Received, socket: Socket) => void

/** A server on this host that answers binds by itself and the rest as the test says. */
export async function fakeServer(
  answer: Answerer,
  options: { readonly port?: number; readonly bind?: Answerer } = {},
): Promise<FakeServer> {
  const received: Received[] = []
  const sockets = new Set<Socket>()
  const bind = options.bind ?? (({ id }, socket) => socket.write(result(id, TAG.bindResponse)))
  const server = createServer((socket) => {
    sockets.add(socket)
    const frames = new Frames(1_000_000)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      for (const message of frames.push(chunk)) {
        const reader = new Reader(message).sequence()
        const id = reader.integer()
        const tag = reader.tag ?? 0
        const request = { id, tag, content: reader.octets(tag) }
        received.push(request)
        if (tag === TAG.bindRequest) bind(request, socket)
        else if (tag !== TAG.unbind && tag !== TAG.abandon) answer(request, socket)
      }
    })
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  return {
    url: `ldap://127.0.0.1:${port}`,
    port,
    received,
    sockets,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

export function optionsFor(...urls: readonly string[]): DirectoryOptions {
  return {
    urls,
    bind: { kind: 'simple', dn: 'cn=test', password: 'secret' },
    connectTimeoutMs: 1_000,
    operationTimeoutMs: 1_000,
    poolSize: 1,
  }
}

export function message(id: number, write: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter()
  writer.startSequence()
  writer.writeInt(id)
  write(writer)
  writer.endSequence()
  return writer.buffer
}

export function result(id: number, tag: number, code = 0, diagnostic = '', name?: string): Buffer {
  return message(id, (writer) => {
    writer.startSequence(tag)
    writer.writeEnumeration(code)
    writer.writeString('')
    writer.writeString(diagnostic)
    if (name !== undefined) writer.writeString(name, 0x8a)
    writer.endSequence()
  })
}

export function entry(
  id: number,
  dn: string,
  attributes: Readonly<Record<string, readonly (string | Buffer)[]>> = {},
): Buffer {
  return message(id, (writer) => {
    writer.startSequence(TAG.searchEntry)
    writer.writeString(dn)
    writer.startSequence()
    for (const [name, values] of Object.entries(attributes)) {
      writer.startSequence()
      writer.writeString(name)
      writer.startSequence(0x31)
      for (const value of values) writer.writeBuffer(Buffer.from(value as string), 0x04)
      writer.endSequence()
      writer.endSequence()
    }
    writer.endSequence()
    writer.endSequence()
  })
}
