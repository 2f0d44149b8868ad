import { describe, expect, test } from 'vitest'
import { memoryCounters } from '../../src/counters/memory.ts'
import { Attempts } from '../../src/http/attempts.ts'

const shown = (credentials: string) => ({ authorization: { scheme: 'bearer', credentials } })

function setup() {
  let now = Date.now()
  const attempts = new Attempts(
    memoryCounters(() => now),
    { most: 3, seconds: 60 },
  )
  return {
    attempts,
    later: (ms: number) => (now += ms),
    fail: async (address: string, times: number) => {
      for (let index = 0; index < times; index++) {
        await attempts.admit(address, 'bearer', shown(`wrong ${index}`))
        await attempts.failed(address, 'bearer', shown(`wrong ${index}`))
      }
    },
  }
}

describe('failed attempts', () => {
  test('beyond the most are refused until the window ends, even with what would be right', async () => {
    const { attempts, fail, later } = setup()
    await fail('192.0.2.1', 3)
    const again = attempts.admit('192.0.2.1', 'bearer', shown('right'))
    await expect(again).rejects.toMatchObject({
      status: 429,
      headers: { 'Retry-After': expect.stringMatching(/^(59|60)$/) as string },
    })
    later(60_000)
    await attempts.admit('192.0.2.1', 'bearer', shown('right'))
  })

  test('concern that address and that kind of credential alone', async () => {
    const { attempts, fail } = setup()
    await fail('192.0.2.1', 3)
    await attempts.admit('192.0.2.2', 'bearer', shown('x'))
    await attempts.admit('192.0.2.1', 'basic', shown('x'))
  })

  test('do not lock out what was right from the same address before', async () => {
    const { attempts, fail } = setup()
    attempts.succeeded('192.0.2.1', shown('right'))
    await fail('192.0.2.1', 3)
    await attempts.admit('192.0.2.1', 'bearer', shown('right'))
    await expect(attempts.admit('192.0.2.1', 'bearer', shown('other'))).rejects.toThrow()
    // And no longer once it has failed itself.
    await attempts.failed('192.0.2.1', 'bearer', shown('right'))
    await expect(attempts.admit('192.0.2.1', 'bearer', shown('right'))).rejects.toThrow()
  })

  test('of all addresses of an IPv6 network count together', async () => {
    const { attempts, fail } = setup()
    await fail('2001:db8:0:1::1', 3)
    await expect(
      attempts.admit('2001:db8:0:1:ffff:ffff:ffff:ffff', 'bearer', shown('x')),
    ).rejects.toThrow()
    await attempts.admit('2001:db8:0:2::1', 'bearer', shown('x'))
  })
})
