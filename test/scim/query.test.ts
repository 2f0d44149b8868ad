import { describe, expect, test } from 'vitest'
import { readListQuery, readSearchRequest } from '../../src/scim/query.ts'
import { refusalOf } from './refusal.ts'

const read = (parameters: Readonly<Record<string, string>>) =>
  readListQuery(new Map(Object.entries(parameters)))
const plain = { startIndex: 1, projection: {}, sortOrder: 'ascending' }

describe('query parameters', () => {
  test('may be none', () => expect(read({})).toEqual(plain))

  test('may be all', () => {
    expect(
      read({
        filter: 'title pr',
        startindex: '11',
        count: '10',
        sortby: 'name.familyName',
        sortorder: 'Descending',
        attributes: 'userName',
      }),
    ).toEqual({
      filter: { kind: 'present', path: { attribute: 'title' } },
      startIndex: 11,
      count: 10,
      sortBy: { attribute: 'name', sub: 'familyName' },
      sortOrder: 'descending',
      projection: { attributes: [{ attribute: 'userName' }] },
    })
  })

  test('of other names change nothing', () => {
    expect(read({ aadoptscim062020: '', constructor: 'x' })).toEqual(plain)
  })

  test.each([
    [{ startindex: '0' }, { startIndex: 1 }],
    [{ startindex: '-5' }, { startIndex: 1 }],
    [{ startindex: '' }, { startIndex: 1 }],
    [{ startindex: '9'.repeat(40) }, { startIndex: Number.MAX_SAFE_INTEGER }],
    [{ count: '0' }, { count: 0 }],
    [{ count: '-1' }, { count: 0 }],
    [{ count: '+7' }, { count: 7 }],
    [{ count: '', sortby: '', sortorder: '', attributes: '' }, {}],
  ])('%j is %j (RFC 7644 §3.4.2.4)', (parameters, expected) => {
    expect(read(parameters)).toEqual({ ...plain, ...expected })
  })

  test.each([
    [{ startindex: 'x' }, 'invalidValue', 'startIndex must be an integer'],
    [{ startindex: '1.5' }, 'invalidValue', 'startIndex must be an integer'],
    [{ startindex: '1e3' }, 'invalidValue', 'startIndex must be an integer'],
    [{ count: 'ten' }, 'invalidValue', 'count must be an integer'],
    [{ count: ' 1' }, 'invalidValue', 'count must be an integer'],
    [{ sortorder: 'up' }, 'invalidValue', 'sortOrder must be "ascending" or "descending"'],
    [{ sortby: 'a b' }, 'invalidPath', 'The path is wrong at character 3'],
    [{ filter: '' }, 'invalidFilter', 'The filter is wrong at character 1'],
    [{ filter: 'title' }, 'invalidFilter', 'The filter is wrong at character 6'],
    [{ attributes: 'a', excludedattributes: 'b' }, 'invalidValue', 'exclude each other'],
  ])('%j is refused', (parameters, scimType, detail) => {
    expect(refusalOf(() => read(parameters))).toEqual({
      status: 400,
      scimType,
      detail: expect.stringContaining(detail) as string,
    })
  })
})

describe('a search request (RFC 7644 §3.4.3)', () => {
  test('says the same in JSON, in any letter case', () => {
    expect(
      readSearchRequest({
        schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
        Attributes: ['displayName', 'userName'],
        filter: 'displayName sw "smith"',
        STARTINDEX: 1,
        count: 10,
        sortOrder: null,
      }),
    ).toEqual(
      read({ attributes: 'displayName,userName', filter: 'displayName sw "smith"', count: '10' }),
    )
  })

  test('may be empty', () => expect(readSearchRequest({})).toEqual(plain))

  test.each([
    [[], 'invalidSyntax', 'A search must be a JSON object, not an array'],
    [{ filter: 1 }, 'invalidSyntax', 'filter must be a string, not a number'],
    [{ count: true }, 'invalidSyntax', 'count must be an integer, not a boolean'],
    [{ count: 1.5 }, 'invalidValue', 'count must be an integer'],
    [{ attributes: [1] }, 'invalidSyntax', 'attributes[0] must be a string, not a number'],
  ])('%j is refused', (body, scimType, detail) => {
    expect(refusalOf(() => readSearchRequest(body))).toEqual({ status: 400, scimType, detail })
  })
})
