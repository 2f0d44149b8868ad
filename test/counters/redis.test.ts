import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import type { CountersOptions } from '../../src/counters/options.ts'
import { redisCounters } from '../../src/counters/redis.ts'
import { describeRedis } from '../support/here.ts'
import type { TestRedis } from '../support/redis.ts'
import { startRedis } from '../support/redis.ts'

const CONNECTED = 'connected to the shared counters'
/** The most that a request may wait for a store that does not answer, with room for a busy machine. */
const BOUND_MS = 1_500

describeRedis('on a real Redis', () => {
  let redis: TestRedis
  let key: string
  let serial = 0
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())
  beforeEach(() => {
    key = `test:${serial++}`
  })

  /** As a process of its own has them, connected; and what it logged. */
  function open(options: Partial<CountersOptions> = {}) {
    const lines: { readonly level: string; readonly message: string; readonly reason?: string }[] =
      []
    const note = (level: string) => (fields: object, message: string) => {
      if (message !== CONNECTED) lines.push({ level, message, ...fields })
    }
    const counters = redisCounters(
      { url: redis.url, password: redis.password, ...options },
      { info: note('info'), warn: note('warn') },
    )
    onTestFinished(() => counters.close())
    return { counters, lines }
  }

  /** Waits until two processes see each other's counts. */
  async function untilShared(one: Opened, other: Opened): Promise<void> {
    const probe = `probe:${serial++}`
    for (let index = 0; ; index++) {
      await one.counters.add(`${probe}:${index}`, 1, 60)
      if ((await other.counters.add(`${probe}:${index}`, 0, 60)).total === 1) return
      expect(index).toBeLessThan(400)
      await sleep(50)
    }
  }
  type Opened = ReturnType<typeof open>

  async function pair(): Promise<readonly [Opened, Opened]> {
    const both = [open(), open()] as const
    await untilShared(...both)
    return both
  }

  test('two processes count together, at the same time, and see the same end', async () => {
    const [one, other] = await pair()
    const counts = await Promise.all(
      Array.from({ length: 100 }, (_, index) => (index % 2 ? one : other).counters.add(key, 1, 60)),
    )
    expect(counts.map(({ total }) => total).sort((a, b) => a - b)).toEqual(
      counts.map((_, index) => index + 1),
    )
    for (const { resetsAt } of counts) {
      expect(resetsAt - Date.now()).toBeGreaterThan(58_000)
      expect(resetsAt - Date.now()).toBeLessThanOrEqual(60_000)
    }
  })

  test('a window ends, and the next begins from nothing', async () => {
    const [one, other] = await pair()
    expect((await one.counters.add(key, 5, 1)).total).toBe(5)
    await sleep(1_100)
    expect((await other.counters.add(key, 0, 1)).total).toBe(0)
    expect((await other.counters.add(key, 2, 1)).total).toBe(2)
  })

  test('amounts can be taken back, and a key cleared', async () => {
    const [one, other] = await pair()
    await one.counters.add(key, 5, 60)
    expect((await other.counters.add(key, -2, 60)).total).toBe(3)
    await one.counters.clear(key)
    expect((await other.counters.add(key, 0, 60)).total).toBe(0)
  })

  test('over TLS, with a CA of its own', async () => {
    const [plain] = await pair()
    const secure = open({ url: redis.tlsUrl, ca: redis.ca })
    await untilShared(plain, secure)
    expect(secure.lines).toEqual([])
  })

  test.each([
    ['a wrong password', () => ({ password: 'wrong-password' })],
    ['a certificate of another CA', () => ({ url: redis.tlsUrl })],
  ])('%s: the process counts by itself, and says so without the secret', async (_, options) => {
    const { counters, lines } = open(options())
    while (lines.length === 0) await sleep(20)
    expect((await counters.add(key, 1, 60)).total).toBe(1)
    expect((await counters.add(key, 1, 60)).total).toBe(2)
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'warn',
        message: 'the shared counters do not answer: this process counts by itself',
      }),
    ])
    expect(JSON.stringify(lines)).not.toContain('wrong-password')
  })

  test('killed: each counts by itself at once, says so once, and together again afterwards', async () => {
    const [one, other] = await pair()
    await one.counters.add(key, 10, 60)
    await redis.kill()
    const began = performance.now()
    for (let count = 1; count <= 20; count++) {
      expect((await one.counters.add(key, 1, 60)).total).toBe(count)
    }
    expect(performance.now() - began).toBeLessThan(BOUND_MS)
    while (one.lines.length === 0) await sleep(20)
    expect(one.lines.map(({ level }) => level)).toEqual(['warn'])

    await redis.restart()
    await untilShared(one, other)
    expect(one.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
  })

  test('frozen: a request waits for a bounded time, the next ones not at all', async () => {
    const [one, other] = await pair()
    redis.signal('SIGSTOP')
    try {
      const began = performance.now()
      await Promise.all(Array.from({ length: 50 }, () => one.counters.add(key, 1, 60)))
      expect(performance.now() - began).toBeLessThan(BOUND_MS)
      const again = performance.now()
      for (let index = 0; index < 50; index++) await one.counters.add(key, 1, 60)
      expect(performance.now() - again).toBeLessThan(200)
      expect((await one.counters.add(key, 0, 60)).total).toBe(100)
      expect(one.lines.map(({ level }) => level)).toEqual(['warn'])
    } finally {
      redis.signal('SIGCONT')
    }
    await untilShared(one, other)
    expect(one.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
  })
})
