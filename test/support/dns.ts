import type { RemoteInfo } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import type { ResolveSrv, SrvRecord } from '../../src/directory/discovery.ts'

/** A name server that knows SRV records only (RFC 1035, RFC 2782), and a resolver that asks it. */
export interface TestDns {
  readonly resolveSrv: ResolveSrv
  /** By name; may be changed at any time. */
  readonly records: Map<string, readonly SrvRecord[]>
  /** Every name that was asked for. */
  readonly asked: readonly string[]
  /** Whether it answers at all. */
  silent: boolean
  stop(): Promise<void>
}

export async function startDns(): Promise<TestDns> {
  const socket = createSocket('udp4')
  const records = new Map<string, readonly SrvRecord[]>()
  const asked: string[] = []
  const dns = { records, asked, silent: false }
  socket.on('message', (query: Buffer, from: RemoteInfo) => {
    const { name, end } = questionOf(query)
    asked.push(name)
    if (dns.silent) return
    socket.send(answerTo(query.subarray(0, end), records.get(name) ?? []), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const resolver = new Resolver({ timeout: 100, tries: 1 })
  resolver.setServers([`127.0.0.1:${socket.address().port}`])
  return Object.assign(dns, {
    resolveSrv: (name: string) => resolver.resolveSrv(name),
    stop: async () => {
      socket.close()
      await once(socket, 'close')
    },
  })
}

const HEADER = 12 // octets

function questionOf(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = []
  let at = HEADER
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  // The root label, type and class.
  return { name: labels.join('.').toLowerCase(), end: at + 5 }
}

function answerTo(question: Buffer, found: readonly SrvRecord[]): Buffer {
  const head = Buffer.from(question)
  const NXDOMAIN = 3
  head.writeUInt16BE(0x8180 | (found.length === 0 ? NXDOMAIN : 0), 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(found.length, 6)
  head.writeUInt32BE(0, 8)
  return Buffer.concat([head, ...found.map(answerOf)])
}

function answerOf({ name, port, priority, weight }: SrvRecord): Buffer {
  const target = Buffer.concat([
    ...name
      .split('.')
      .filter(Boolean)
      .map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label, 'latin1')])),
    Buffer.of(0),
  ])
  const fixed = Buffer.alloc(18)
  fixed.writeUInt16BE(0xc000 | HEADER, 0) // the name of the question
  fixed.writeUInt16BE(33, 2) // SRV
  fixed.writeUInt16BE(1, 4) // IN
  fixed.writeUInt32BE(1, 6) // seconds to live
  fixed.writeUInt16BE(6 + target.length, 10)
  fixed.writeUInt16BE(priority, 12)
  fixed.writeUInt16BE(weight, 14)
  fixed.writeUInt16BE(port, 16)
  return Buffer.concat([fixed, target])
}
