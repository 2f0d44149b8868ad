import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'

/** A TCP hop to a server, which counts what the server sends. */
export interface Hop {
  /** The server's URL by way of the hop; the host is the same, for the sake of its certificate. */
  readonly url: string
  readonly bytes: number
  stop(): Promise<void>
}

export async function startHop(target: string): Promise<Hop> {
  const { protocol, hostname, port } = new URL(target)
  const host = hostname === 'localhost' ? '127.0.0.1' : hostname
  let bytes = 0
  const server = createServer((near) => {
    const far = connect({ host, port: Number(port || '636') })
    far.on('data', (chunk) => (bytes += chunk.length))
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
  })
  server.listen(0, host)
  await once(server, 'listening')
  return {
    url: `${protocol}//${hostname}:${(server.address() as AddressInfo).port}`,
    get bytes() {
      return bytes
    },
    stop: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}
