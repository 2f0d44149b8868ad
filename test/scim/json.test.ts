import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/scim/json.ts'
import { equalJson, kindOf, member, memberIgnoringCase } from '../../src/scim/json.ts'

describe('members', () => {
  const object = JSON.parse('{"Op": "add", "value": 1}') as JsonObject

  test('are found by their exact name, or in any letter case', () => {
    expect(member(object, 'op')).toBeUndefined()
    expect(member(object, 'Op')).toBe('add')
    expect(memberIgnoringCase(object, 'op')).toBe('add')
  })

  test.each(['__proto__', 'constructor', 'toString'])('%s is no member of every object', (name) => {
    expect(member(object, name)).toBeUndefined()
    expect(memberIgnoringCase(object, name)).toBeUndefined()
  })
})

test.each([
  [null, 'null'],
  [undefined, 'nothing'],
  [[], 'an array'],
  [{}, 'an object'],
  [1, 'a number'],
  ['', 'a string'],
  [true, 'a boolean'],
])('%j is called %s', (value, name) => expect(kindOf(value)).toBe(name))

describe('equality', () => {
  test.each([
    [1, 1],
    [
      { a: 1, b: [2, { c: null }] },
      { b: [2, { c: null }], a: 1 },
    ],
    [[], []],
  ])('%j equals %j', (left, right) => expect(equalJson(left, right)).toBe(true))

  test.each([
    [1, '1'],
    [
      [1, 2],
      [2, 1],
    ],
    [[1], [1, 2]],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1 }, { b: 1 }],
    [{}, []],
    [[], {}],
    [null, {}],
    [undefined, null],
  ])('%j does not equal %j', (left, right) => expect(equalJson(left, right)).toBe(false))
})
