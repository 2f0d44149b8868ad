import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/** A TCP hop whose both ends the test holds. */
export interface Proxy {
  readonly port: number
  /** Connections that were made through it so far. */
  readonly connections: number
  /** Keeps the servers' answers back, as a server does that hangs; `flow` sends them on. */
  freeze(): void
  flow(): void
  /** Cuts every connection. */
  cut(): void
  stop(): Promise<void>
}

/** A proxy on this host, on a free port unless given, to the port of `url`. */
export async function startProxy(url: string, port = 0): Promise<Proxy> {
  const target = Number(new URL(url).port)
  const pairs = new Set<readonly [Socket, Socket]>()
  let frozen = false
  let connections = 0
  const server = createServer((near) => {
    connections++
    const far = connect(target, '127.0.0.1')
    const pair = [near, far] as const
    pairs.add(pair)
    near.on('data', (chunk) => far.write(chunk))
    far.on('data', (chunk) => near.write(chunk))
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
    freeze: () => {
      frozen = true
      for (const [, far] of pairs) far.pause()
    },
    flow: () => {
      frozen = false
      for (const [, far] of pairs) far.resume()
    },
    cut: () => {
      for (const [near] of [...pairs]) near.destroy()
    },
    stop: async () => {
      for (const [near] of [...pairs]) near.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
