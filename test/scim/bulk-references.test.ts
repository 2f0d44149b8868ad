import { describe, expect, test } from 'vitest'
import { referencesIn, splitUnknown, withIds } from '../../src/scim/bulk-references.ts'
import type { Json } from '../../src/scim/json.ts'
import { ENTERPRISE_USER_SCHEMA } from '../../src/scim/urn.ts'

const ids = new Map([
  ['a', 'id-a'],
  ['__proto__', 'id-proto'],
  ['say "x"', 'id-quoted'],
])

describe('a reference', () => {
  test.each<readonly [string, Json, Json, readonly string[]]>([
    ['is a text', 'bulkId:a', 'id-a', ['a']],
    ['may be anywhere', { x: [{ y: ['bulkId:a'] }] }, { x: [{ y: ['id-a'] }] }, ['a']],
    ['to what is not known stays', { value: 'bulkId:b' }, { value: 'bulkId:b' }, ['b']],
    ['may be called __proto__', ['bulkId:__proto__'], ['id-proto'], ['__proto__']],
    ['may be empty', ['bulkId:'], ['bulkId:'], ['']],
    [
      'stands in the filter of a path',
      { path: 'members[value eq "bulkId:a"]' },
      { path: 'members[value eq "id-a"]' },
      ['a'],
    ],
    [
      'is escaped there',
      { Path: 'members[value eq "bulkId:say \\"x\\"" or value eq "bulkId:b"]' },
      { Path: 'members[value eq "id-quoted" or value eq "bulkId:b"]' },
      ['say "x"', 'b'],
    ],
  ])('%s', (_, data, resolved, references) => {
    expect(withIds(data, ids)).toEqual(resolved)
    expect([...referencesIn(data)]).toEqual(references)
  })

  test.each<readonly [string, Json]>([
    ['with another case of its prefix', { value: 'BulkId:a' }],
    ['in the midst of a text', { title: 'the bulkId:a', note: '"bulkId:a"' }],
    ['as a name', { 'bulkId:a': 1 }],
    ['within a string of a filter', { path: 'title eq "say \\"bulkId:a\\" twice"' }],
    ['in a filter that does not end', { path: 'members[value eq "bulkId:a' }],
    ['with a broken escape', { path: 'members[value eq "bulkId:a\\x"]' }],
    ['in a path that is too long', { path: `${' '.repeat(8192)}"bulkId:a"` }],
    ['that is no text', [1, true, null, {}]],
  ])('%s is none', (_, data) => {
    expect(withIds(data, ids)).toEqual(data)
    expect([...referencesIn(data)]).toEqual([])
  })

  test('leaves members called __proto__ what they are', () => {
    const data = JSON.parse('{"__proto__":{"value":"bulkId:a"}}') as Json
    expect(JSON.stringify(withIds(data, ids))).toBe('{"__proto__":{"value":"id-a"}}')
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  test('in quotes without end is looked for in no time', () => {
    for (const text of ['"', '\\"', '"\\', '"bulkId:', '\\']) {
      const path = text.repeat(1_000_000)
      const started = performance.now()
      expect([...referencesIn([{ path }, { path: path.slice(0, 8190) }])]).toEqual(
        text === '"bulkId:' ? [''] : [],
      )
      expect(performance.now() - started).toBeLessThan(500)
    }
  })
})

describe('what is not known is split off', () => {
  test('value by value where there are many, whole where there is one', () => {
    const data = {
      displayName: 'A',
      members: [{ value: 'bulkId:a' }, { value: 'bulkId:b', type: 'Group' }, { value: 'c' }],
      owner: { value: 'bulkId:b' },
      [ENTERPRISE_USER_SCHEMA]: { department: 'D', manager: { value: 'bulkId:b' } },
    }
    expect(splitUnknown(data, ids)).toEqual({
      now: {
        displayName: 'A',
        members: [{ value: 'bulkId:a' }, { value: 'c' }],
        [ENTERPRISE_USER_SCHEMA]: { department: 'D' },
      },
      later: {
        members: [{ value: 'bulkId:b', type: 'Group' }],
        owner: { value: 'bulkId:b' },
        [ENTERPRISE_USER_SCHEMA]: { manager: { value: 'bulkId:b' } },
      },
    })
  })

  test('if there is anything', () => {
    const data = { members: [{ value: 'bulkId:a' }] }
    expect(splitUnknown(data, ids)).toEqual({ now: data })
  })
})
