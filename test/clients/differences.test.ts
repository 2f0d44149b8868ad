import { describe, expect, test } from 'vitest'
import type { Json } from '../support/gateway.ts'
import { differences } from './differences.ts'

describe('what is expected of an answer', () => {
  test.each<readonly [string, Json, Json]>([
    ['a member that is not named', { a: 1 }, { a: 1, b: 2 }],
    ['a member that must not be there', { a: null }, { b: 1 }],
    ['anything', { a: '{{any}}' }, { a: { b: [] } }],
    ['any text', { a: 'x{{any}}[z]' }, { a: 'xyy\n[z]' }],
    ['another order', [{ a: 1 }, { a: 2 }], [{ a: 2 }, { a: 1, b: 3 }]],
  ])('%s is no difference', (_, expected, found) => {
    expect(differences(expected, found, 'body')).toEqual([])
  })

  test.each<readonly [string, Json, Json, string]>([
    ['another value', { a: [{ b: 1 }] }, { a: [{ b: '1' }] }, 'body.a[0] is not there: {"b":1}'],
    ['a member that is missing', { a: false }, {}, 'body.a is undefined, not false'],
    ['anything that is missing', { a: '{{any}}' }, {}, 'body.a is not there'],
    ['a member that must not be there', { a: null }, { a: null }, 'body.a must not be there'],
    ['a text that is longer', 'x.{{any}}', 'ax.', 'body is "ax.", not "x.{{any}}"'],
    ['an element too many', [1], [1, 1], 'body has 2 elements, not 1'],
    ['an element twice for two', [1, 2], [1, 1], 'body[1] is not there: 2 in'],
    ['an object for an array', [], {}, 'body is {}, not []'],
    ['no body', { a: null }, undefined, 'body is undefined, not {"a":null}'],
  ])('%s is one', (_, expected, found, message) => {
    expect(differences(expected, found, 'body')).toEqual([expect.stringContaining(message)])
  })
})
