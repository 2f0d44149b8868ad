import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** Tags of the requests that change something (RFC 4511 §4); an extended one may. */
const REQUESTS = { modify: 0x66, add: 0x68, delete: 0x4a, rename: 0x6c, extended: 0x77 } as const

export type RequestKind = keyof typeof REQUESTS

/**
 * When a connection is cut: before the request reaches the server, right behind the request, or
 * when the server has answered it.
 */
export type Moment = 'unsent' | 'racing' | 'unanswered'

/** A TCP hop whose both ends the test holds. */
export interface Proxy {
  readonly port: number
  /** Connections that were made through it so far. */
  readonly connections: number
  /** Those that stand. */
  readonly open: number
  /** Keeps the servers' answers back, as a server does that hangs; `flow` sends them on. */
  freeze(): void
  flow(): void
  /** Sends the servers' answers on so many milliseconds later. */
  lag(ms: number): void
  /** Cuts every connection. */
  cut(): void
  /** Cuts the connection of the next such request, which must come without TLS. */
  cutAt(kind: RequestKind, moment: Moment): void
  /** As `freeze`, from the next such request on. */
  freezeAt(kind: RequestKind): void
  stop(): Promise<void>
}

/**
 * A proxy on this host, on a free port unless given, to the server at `url`.
 *
 * @param ca Of a server to which the proxy itself speaks TLS, so that it sees the requests.
 */
export async function startProxy(url: string, port = 0, ca?: string): Promise<Proxy> {
  const { hostname, port: given, protocol } = new URL(url)
  const host = hostname === 'localhost' ? '127.0.0.1' : hostname
  const target = Number(given) || (protocol === 'ldaps:' ? 636 : 389)
  const pairs = new Set<readonly [Socket, Socket]>()
  let frozen = false
  let lagMs = 0
  let due: { readonly tag: number; readonly moment: Moment | 'frozen' } | undefined
  let connections = 0
  const freeze = () => {
    frozen = true
    for (const [, far] of pairs) far.pause()
  }
  const server = createServer((near) => {
    connections++
    const address = { host, port: target }
    const far =
      ca === undefined ? connect(address) : connectTls({ ...address, ca, servername: 'localhost' })
    const pair = [near, far] as const
    pairs.add(pair)
    let answered = false
    near.on('data', (chunk: Buffer) => {
      const moment = due !== undefined && tagsIn(chunk).includes(due.tag) ? due.moment : undefined
      if (moment !== undefined) due = undefined
      if (moment === 'unsent') {
        near.destroy()
        return
      }
      if (moment === 'frozen') freeze()
      answered ||= moment === 'unanswered'
      far.write(chunk, () => {
        if (moment === 'racing') near.destroy()
      })
    })
    far.on('data', (chunk) => {
      if (answered) near.destroy()
      else if (lagMs === 0) near.write(chunk)
      else setTimeout(() => near.write(chunk), lagMs)
    })
    if (frozen) far.pause()
    for (const socket of pair) {
      socket.on('error', () => {})
      socket.on('close', () => {
        pairs.delete(pair)
        near.destroy()
        far.destroy()
      })
    }
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    get connections() {
      return connections
    },
    get open() {
      return pairs.size
    },
    freeze,
    flow: () => {
      frozen = false
      for (const [, far] of pairs) far.resume()
    },
    lag: (ms) => {
      lagMs = ms
    },
    cut: () => {
      for (const [near] of [...pairs]) near.destroy()
    },
    cutAt: (kind, moment) => {
      due = { tag: REQUESTS[kind], moment }
    },
    freezeAt: (kind) => {
      due = { tag: REQUESTS[kind], moment: 'frozen' }
    },
    stop: async () => {
      for (const [near] of [...pairs]) near.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The tags of the whole LDAP messages that a chunk begins with. */
function tagsIn(chunk: Buffer): readonly number[] {
  const tags: number[] = []
  for (let at = 0; at + 2 <= chunk.length;) {
    const [length, content] = lengthAt(chunk, at + 1)
    const idLength = chunk[content + 1] ?? 0
    const tag = chunk[content + 2 + idLength]
    if (tag !== undefined) tags.push(tag)
    at = content + length
  }
  return tags
}

/** A BER length (X.690 §8.1.3) and where its content begins. */
function lengthAt(chunk: Buffer, at: number): readonly [number, number] {
  const first = chunk[at] ?? 0
  const octets = first < 0x80 ? 0 : first & 0x7f
  const length = octets === 0 ? first : chunk.readUIntBE(at + 1, octets)
  return [length, at + 1 + octets]
}
