import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/** A TCP load balancer: connections go to the targets in turn, past those that take none. */
export interface Balancer {
  readonly port: number
  stop(): Promise<void>
}

/** @param targets Ports of 127.0.0.1. */
export async function startBalancer(targets: readonly number[]): Promise<Balancer> {
  const open = new Set<Socket>()
  let turn = 0
  const server = createServer((near) => {
    open.add(near)
    near.on('error', () => {}).on('close', () => open.delete(near))
    const first = turn++
    const forward = (attempt: number): void => {
      if (attempt === targets.length) return void near.destroy()
      const far = connect({
        host: '127.0.0.1',
        port: targets[(first + attempt) % targets.length] ?? 0,
      })
      let connected = false
      far.on('connect', () => {
        connected = true
        near.pipe(far).pipe(near)
      })
      far.on('error', () => {})
      far.on('close', () => (connected ? near.destroy() : forward(attempt + 1)))
      near.on('close', () => far.destroy())
    }
    forward(0)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    stop: async () => {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
