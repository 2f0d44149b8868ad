import { describe, expect, test } from 'vitest'
import type { List } from '../../src/gateway/lists.ts'
import { Lists } from '../../src/gateway/lists.ts'

const listOf = (...ids: readonly string[]): List => ids.map((id) => ({ id, type: 'User' }))

function listsOf(maxResources: number) {
  const clock = { now: 0 }
  return { clock, lists: new Lists({ maxAgeMs: 1_000, maxResources, now: () => clock.now }) }
}

describe('lists that are kept', () => {
  test('serve further pages for a time', () => {
    const { clock, lists } = listsOf(10)
    lists.put('a', listOf('1', '2'))
    clock.now = 1_000
    expect(lists.get('a')).toEqual(listOf('1', '2'))
    clock.now = 1_001
    expect(lists.get('a')).toBeUndefined()
    expect(lists.lastLength('a')).toBe(2)
  })

  test('make room for newer ones, the oldest first', () => {
    const { lists } = listsOf(7)
    lists.put('a', listOf('1', '2'))
    lists.put('b', listOf('3'))
    lists.put('c', listOf('4', '5'))
    expect(lists.get('a')).toBeUndefined()
    expect(lists.get('b')).toEqual(listOf('3'))
    expect(lists.get('c')).toEqual(listOf('4', '5'))
  })

  test('are not without limit where they are empty', () => {
    const { lists } = listsOf(100)
    for (let index = 0; index < 1_000; index++) lists.put(String(index), [])
    expect(lists.get('899')).toBeUndefined()
    expect(lists.get('999')).toEqual([])
  })

  test('are out of date once one page held all', () => {
    const { lists } = listsOf(10)
    lists.put('a', listOf('1', '2', '3'))
    lists.noteWhole('a', 1)
    expect(lists.get('a')).toBeUndefined()
    expect(lists.lastLength('a')).toBe(1)
  })
})
