import { expect, test } from 'vitest'
import { isLong, jsonPieces } from '../../src/scim/json-pieces.ts'
import type { Json } from '../../src/scim/json.ts'

const many = (length: number): Json[] =>
  Array.from({ length }, (_, index) => ({ value: `id ${index}`, display: 'Zoë "Zo"' }))

test.each<[string, Json]>([
  ['a text', 'a'],
  ['an object', { a: 1, b: [true, null] }],
  ['a long array', many(1201)],
  ['an object with long arrays', { schemas: ['a'], 'm"': many(1000), n: many(501), last: {} }],
  ['a list of such objects', { Resources: [{ id: 'a' }, { members: many(600) }, { id: 'b' }] }],
  ['a long list of such objects', { Resources: [...many(700), { members: many(600) }] }],
])('%s is written as JSON.stringify does', (_, value) => {
  expect([...jsonPieces(value)].join('')).toBe(JSON.stringify(value))
})

test('no piece has more than five hundred elements', () => {
  const value = { members: Array.from({ length: 5000 }, () => 'x') }
  const longest = Math.max(...[...jsonPieces(value)].map(({ length }) => length))
  expect(longest).toBeLessThanOrEqual(500 * '"x",'.length)
})

test('what is short is one piece', () => {
  const value = { members: many(500) }
  expect(isLong(value)).toBe(false)
  expect([...jsonPieces(value)]).toHaveLength(1)
})
