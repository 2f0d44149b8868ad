import { expect, test } from 'vitest'
import { memoryCounters } from '../../src/counters/memory.ts'

test('a window adds up until it ends, and then begins anew', async () => {
  let now = 1_000_000
  const counters = memoryCounters(() => now)
  expect(await counters.add('a', 2, 10)).toEqual({ total: 2, resetsAt: 1_010_000 })
  now += 9_999
  expect(await counters.add('a', 3, 10)).toEqual({ total: 5, resetsAt: 1_010_000 })
  now += 1
  expect(await counters.add('a', 1, 10)).toEqual({ total: 1, resetsAt: 1_020_000 })
})

test('keys are counted apart, and one can be cleared', async () => {
  const counters = memoryCounters()
  await counters.add('a', 1, 10)
  await counters.add('b', 5, 10)
  await counters.clear('a')
  expect((await counters.add('a', 0, 10)).total).toBe(0)
  expect((await counters.add('b', 0, 10)).total).toBe(5)
})

test('a look begins no window', async () => {
  let now = 0
  const counters = memoryCounters(() => now)
  await counters.add('a', 0, 10)
  now = 9_000
  expect(await counters.add('a', 1, 10)).toEqual({ total: 1, resetsAt: 19_000 })
})

test('beyond the most keys the oldest is forgotten', async () => {
  const counters = memoryCounters(Date.now, 2)
  for (const key of ['a', 'b', 'c']) await counters.add(key, 1, 10)
  const totals = await Promise.all(['a', 'b', 'c'].map((key) => counters.add(key, 0, 10)))
  expect(totals.map(({ total }) => total)).toEqual([0, 1, 1])
})
