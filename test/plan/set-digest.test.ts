import { expect, test } from 'vitest'
import { SetDigest } from '../../src/plan/set-digest.ts'

function digestOf(...texts: readonly string[]): string {
  const digest = new SetDigest()
  for (const text of texts) digest.add(text)
  return digest.text
}

test('the order of texts does not matter', () => {
  expect(digestOf('a', 'b', 'c')).toBe(digestOf('c', 'a', 'b'))
})

test.each([
  [['a'], ['b']],
  [['a'], ['a', 'a']],
  [['ab'], ['a', 'b']],
  [[], ['']],
  [
    ['a', 'b'],
    ['a', 'c'],
  ],
])('%j and %j are told apart', (some, others) => {
  expect(digestOf(...some)).not.toBe(digestOf(...others))
})
