import { once } from 'node:events'
import { createConnection } from 'node:net'

/**
 * Resolves where somebody listens on a port.
 *
 * @throws {Error} What the connection failed with, such as ECONNREFUSED.
 */
export async function listens(port: number, host = '127.0.0.1'): Promise<void> {
  const socket = createConnection(port, host)
  try {
    await once(socket, 'connect')
  } finally {
    // A server that is killed resets what it has accepted.
    socket.on('error', () => {}).destroy()
  }
}
