import { createClient } from '@redis/client'
import type { Count, Counters } from './counters.ts'
import { memoryCounters } from './memory.ts'
import type { CountersOptions } from './options.ts'

/** Takes what operators should know. */
export interface CountersLog {
  info(object: object, message: string): void
  warn(object: object, message: string): void
}

/** How long a request may wait for the store before the process counts by itself, in ms. */
const ANSWER_MS = 250
/** How long the store is left alone after it did not answer, in ms. */
const PAUSE_MS = 5_000
const CONNECT_MS = 2_000
/** Between two tries to connect, in ms. */
const RECONNECT_MS = 1_000
/** Of all our keys, besides what others keep there. */
const PREFIX = 'scim2ldap:'

/**
 * Adds within a window: the total and the ms that the window has left, which is one step for the
 * server, so that no replica comes in between.
 */
const ADD = `
local left = redis.call('PTTL', KEYS[1])
if left < 0 and ARGV[1] == '0' then return {0, tonumber(ARGV[2])} end
local total = redis.call('INCRBY', KEYS[1], ARGV[1])
if left < 0 then
  left = tonumber(ARGV[2])
  redis.call('PEXPIRE', KEYS[1], left)
end
return {total, left}`

/**
 * Counters that replicas share. While the store cannot be reached, or is too slow, this process
 * counts by itself, which is logged once, as is the return.
 */
export function redisCounters(
  { url, username, password, ca }: CountersOptions,
  log: CountersLog,
): Counters {
  const alone = memoryCounters()
  const client = createClient({
    url,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    // Old servers and what only speaks like Redis understand it.
    RESP: 2,
    // Without a connection a command fails at once, instead of waiting for one.
    disableOfflineQueue: true,
    commandsQueueMaxLength: 10_000,
    socket: {
      connectTimeout: CONNECT_MS,
      reconnectStrategy: RECONNECT_MS,
      ...(url.startsWith('rediss:') && { tls: true as const, ...(ca !== undefined && { ca }) }),
    },
  })
  let away = false
  let pausedUntil = 0

  const leave = (reason: string) => {
    pausedUntil = Date.now() + PAUSE_MS
    if (away) return
    away = true
    log.warn({ reason }, 'the shared counters do not answer: this process counts by itself')
  }
  const comeBack = () => {
    pausedUntil = 0
    if (!away) return
    away = false
    log.info({}, 'the shared counters answer again')
  }
  client.on('error', (error: unknown) => leave(reasonOf(error)))
  client.once('ready', () => log.info({}, 'connected to the shared counters'))
  // Without it a rejection nobody handles; failures are told by the event.
  client.connect().catch(() => undefined)

  /** By the store, else by the process. */
  async function shared<T>(ask: () => Promise<T>, instead: () => Promise<T>): Promise<T> {
    if (!client.isReady || Date.now() < pausedUntil) return instead()
    try {
      const answer = await withinTime(ask())
      comeBack()
      return answer
    } catch (error) {
      leave(reasonOf(error))
      return instead()
    }
  }

  return {
    add: (key, amount, windowSeconds) =>
      shared(
        async (): Promise<Count> => {
          const reply = await client.eval(ADD, {
            keys: [PREFIX + key],
            arguments: [String(amount), String(windowSeconds * 1000)],
          })
          const [total = 0, left = 0] = reply as unknown as readonly number[]
          return { total, resetsAt: Date.now() + left }
        },
        () => alone.add(key, amount, windowSeconds),
      ),
    clear: async (key) => {
      await alone.clear(key)
      await shared(
        async () => {
          await client.del(PREFIX + key)
        },
        () => Promise.resolve(),
      )
    },
    close: () => {
      alone.close()
      client.destroy()
    },
  }
}

async function withinTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
    answer.catch(() => undefined) // it may fail after we have gone
  }
}

/** What went wrong; the messages of the client and of Redis name hosts and commands, no password. */
function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string }
  // Node has no message where several addresses failed.
  return message === undefined || message === '' ? (code ?? 'unknown error') : message
}
