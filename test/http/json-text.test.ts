import { describe, expect, test } from 'vitest'
import { parseJsonText } from '../../src/http/json-text.ts'
import { refusalOf } from '../scim/refusal.ts'

describe('is read', () => {
  test.each([
    '{"a":1,"b":{"a":[{"a":1},{"a":2}]},"c":"\\"a\\":"}',
    '[{"a":"{"},{"a":"}"},["a","a"]]',
    '"a"',
    ' { "a" : "b" , "b" : [ ] } ',
    '{"A":1,"a":2}',
  ])('%s', (text) => expect(parseJsonText(text)).toEqual(JSON.parse(text)))
})

describe('is invalidSyntax', () => {
  const nested = '[['.repeat(20)
  test.each([
    ['{"a":1,"a":2}', 'an object has the name "a" twice'],
    ['{"a":1,"b":[{"c":1,"\\u0063":2}]}', 'an object has the name "c" twice'],
    ['{"__proto__":{"admin":true}}', 'the body has the name "__proto__"'],
    ['[{"x":{"\\u005f_proto__":1}}]', 'the body has the name "__proto__"'],
    ['{"constructor":{"prototype":{}}}', 'the body has the name "constructor"'],
    [nested, 'the body is nested more than 32 deep'],
    ['{"a":1,}', /^the body is not JSON: /],
    ['{"a', /^the body is not JSON: /],
    ['{"\\x":1,"\\x":2}', /^the body is not JSON: /],
    [']', /^the body is not JSON: /],
    ['', /^the body is not JSON: /],
  ])('%s', (text, detail) => {
    expect(refusalOf(() => parseJsonText(text))).toEqual({
      status: 400,
      scimType: 'invalidSyntax',
      detail: typeof detail === 'string' ? detail : expect.stringMatching(detail),
    })
  })
})

test('five megabytes of names, brackets or an open string take no time', () => {
  const names = Array.from({ length: 400_000 }, (_, index) => `"name${index}":1`).join()
  const texts = [
    `{${names}}`,
    '[]'.repeat(2_500_000),
    `{"${'\\'.repeat(5_000_000)}`,
    '"'.repeat(5e6),
  ]
  for (const text of texts) {
    const started = performance.now()
    try {
      parseJsonText(text)
    } catch {
      // most of them are no JSON
    }
    expect(performance.now() - started).toBeLessThan(10_000)
  }
})
