import { startServer } from '../../src/server.ts'
import { createLog } from '../../src/log.ts'
import { configurationOf } from './gateway.ts'
import type { FromChild, ToChild } from './gateway-process.ts'

// A gateway as a process of its own, told by its parent over which directory.

const send = (message: FromChild) => process.send?.(message)

process.on('message', (message: ToChild) => {
  if (message === 'memory') {
    const { rss } = process.memoryUsage()
    send({ memory: { rss, peak: process.resourceUsage().maxRSS * 1024 } })
  } else void start(message)
})
process.on('disconnect', () => process.exit())

async function start({ running, options }: Exclude<ToChild, 'memory'>): Promise<void> {
  const write = (line: string) => void send({ line })
  const server = await startServer(configurationOf(running, options), createLog('info', { write }))
  await server.ready(AbortSignal.timeout(10_000))
  send({ url: server.url })
}
