import { describe, expect, test } from 'vitest'
import { orderUnits } from '../../src/scim/bulk-order.ts'
import { randomFrom } from '../support/random.ts'

describe('the order', () => {
  test.each<readonly [string, readonly (readonly number[])[], readonly (readonly number[])[]]>([
    ['of nothing is nothing', [], []],
    ['is that of the request', [[], [], []], [[0], [1], [2]]],
    ['stays where what is needed comes first', [[], [0], [0, 1]], [[0], [1], [2]]],
    ['lets what comes too early wait, and the others keep theirs', [[2], [], []], [[1], [2], [0]]],
    ['follows a chain from its end', [[1], [2], [3], []], [[3], [2], [1], [0]]],
    ['releases who waits in the order given', [[3], [3], [], []], [[2], [3], [0], [1]]],
    ['counts what is needed twice once', [[1, 1], []], [[1], [0]]],
    ['keeps a circle together, at its last place', [[2], [], [0], []], [[1], [2, 0], [3]]],
    ['knows a circle of one', [[], [1]], [[0], [1]]],
    ['puts who needs a circle after it', [[1], [2], [1]], [[2, 1], [0]]],
    ['puts what a circle needs before it', [[1], [0, 2], []], [[2], [1, 0]]],
    [
      'tells two circles apart',
      [[1], [0], [3, 1], [2]],
      [
        [1, 0],
        [3, 2],
      ],
    ],
  ])('%s', (_, needs, expected) => {
    expect(orderUnits(needs)).toEqual(expected)
  })

  test('has everything once, and what is needed before who needs it or in one circle with it', () => {
    const random = randomFrom(5)
    let circles = 0
    for (let round = 0; round < 3000; round++) {
      const size = 1 + random(9)
      const needs = Array.from({ length: size }, () =>
        Array.from({ length: random(3) }, () => random(size)),
      )
      const units = orderUnits(needs)
      const text = JSON.stringify(needs)
      expect([...units.flat()].sort(), text).toEqual(needs.map((_, index) => index))
      const unitOf = new Map(units.flatMap((unit, at) => unit.map((one) => [one, at] as const)))
      for (const [index, needed] of needs.entries()) {
        for (const other of needed) {
          expect(unitOf.get(other), text).toBeLessThanOrEqual(unitOf.get(index) ?? -1)
        }
      }
      for (const unit of units.filter(({ length }) => length > 1)) {
        circles++
        for (const from of unit) {
          for (const to of unit) expect(reaches(needs, from, to), text).toBe(true)
        }
      }
    }
    expect(circles).toBeGreaterThan(500)
  })

  test.each<readonly [string, (index: number, size: number) => readonly number[]]>([
    ['a chain backwards', (index, size) => (index + 1 < size ? [index + 1] : [])],
    ['a chain forwards', (index) => (index > 0 ? [index - 1] : [])],
    ['one circle', (index, size) => [(index + 1) % size]],
    ['circles of two', (index) => [index ^ 1]],
    ['all on one', (_, size) => [size - 1]],
  ])('of 100,000 operations in %s takes no time to speak of', (_, needs) => {
    const size = 100_000
    const started = performance.now()
    const units = orderUnits(Array.from({ length: size }, (_, index) => needs(index, size)))
    expect(performance.now() - started).toBeLessThan(5000)
    expect(units.flat()).toHaveLength(size)
  })
})

function reaches(needs: readonly (readonly number[])[], from: number, to: number): boolean {
  const seen = new Set([from])
  for (const one of seen) for (const next of needs[one] ?? []) seen.add(next)
  return seen.has(to)
}
