import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ExpiringToken } from '../../src/http/token-expiry.ts'
import { watchExpiry } from '../../src/http/token-expiry.ts'

const DAY = 86_400_000

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('a token is warned of once a day from some days before, as the settings are then', () => {
  const told: string[] = []
  const warn = (_: object, message: string) => void told.push(message)
  const log = { info: warn, warn, error: warn, child: () => log }
  const token = {
    endpoint: '/scim',
    client: 'idp',
    token: '01234567',
    expires: Date.now() + 3 * DAY,
  }
  let current: readonly ExpiringToken[] = [token]
  const end = watchExpiry(
    () => current,
    () => 2,
    log,
  )
  expect(told).toEqual([])
  vi.advanceTimersByTime(DAY)
  expect(told).toEqual(['a token expires soon: give the client another one besides it'])
  vi.advanceTimersByTime(2 * DAY)
  expect(told.slice(1)).toEqual([
    'a token expires soon: give the client another one besides it',
    'a token has expired',
  ])
  current = []
  vi.advanceTimersByTime(5 * DAY)
  expect(told).toHaveLength(3)
  current = [token]
  end()
  vi.advanceTimersByTime(5 * DAY)
  expect(told).toHaveLength(3)
})
