import { expect, test } from 'vitest'
import { ScimError } from '../../src/scim/error.ts'
import { bulkResponse, errorMessage, listResponse } from '../../src/scim/message.ts'

test('a list says how many there are and how many are on the page (RFC 7644 §3.4.2)', () => {
  const resources = [{ id: '1' }, { id: '2' }]
  expect(listResponse({ resources, totalResults: 7, startIndex: 3 })).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: 7,
    startIndex: 3,
    itemsPerPage: 2,
    Resources: resources,
  })
})

test('an empty list has an empty array', () => {
  expect(listResponse({ resources: [], totalResults: 0, startIndex: 1 }).Resources).toEqual([])
})

test('an error has its status as a string (RFC 7644 §3.12)', () => {
  expect(errorMessage(new ScimError('uniqueness', 'userName is taken'))).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: '409',
    scimType: 'uniqueness',
    detail: 'userName is taken',
  })
})

test('an error without a keyword has none', () => {
  expect(errorMessage(new ScimError(404, 'no such user'))).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: '404',
    detail: 'no such user',
  })
})

test('a bulk response has each status as a string, and bodies of failures alone (RFC 7644 §3.7.3)', () => {
  const location = 'https://example.com/v2/Users/1'
  const error = new ScimError(412, 'Failed to update.  Resource changed on the server.')
  expect(
    bulkResponse([
      { method: 'POST', bulkId: 'qwerty', location, version: 'W/"oY4m4wn58tkVjJxK"', status: 201 },
      { method: 'PUT', location, status: 412, error },
    ]),
  ).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkResponse'],
    Operations: [
      {
        location,
        method: 'POST',
        bulkId: 'qwerty',
        version: 'W/"oY4m4wn58tkVjJxK"',
        status: '201',
      },
      {
        location,
        method: 'PUT',
        status: '412',
        response: {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
          detail: 'Failed to update.  Resource changed on the server.',
          status: '412',
        },
      },
    ],
  })
})
