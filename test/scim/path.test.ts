import { describe, expect, test } from 'vitest'
import { TOLERANT } from '../../src/scim/client-quirks.ts'
import type { AttributePath } from '../../src/scim/path.ts'
import {
  parseAttributePath,
  printAttributePath,
  printResolved,
  resolvePath,
  schemaOfPath,
} from '../../src/scim/path.ts'
import type { ResourceType } from '../../src/scim/resource-type.ts'
import { ENTERPRISE_USER_SCHEMA, USER_SCHEMA } from '../../src/scim/urn.ts'
import { refusalOf } from './refusal.ts'
import { DEVICES, GROUPS, USERS } from './resource-types.ts'
import { readVectors } from './vectors.ts'

const { valid, invalid } = readVectors<AttributePath>('path', 'path')

test.each(valid)('the path $text is read ($section)', ({ text, parsed }) => {
  expect(parseAttributePath(text, TOLERANT)).toEqual(parsed)
})

test.each(valid)('the path $text is printed so that it is read the same', ({ parsed }) => {
  expect(parseAttributePath(printAttributePath(parsed))).toEqual(parsed)
})

test.each(invalid)('the path $text is refused ($section)', ({ text, error }) => {
  expect(refusalOf(() => parseAttributePath(text))).toEqual({
    status: 400,
    scimType: 'invalidPath',
    detail: expect.stringContaining(error) as string,
  })
})

describe('resolving', () => {
  const resolve = (type: ResourceType, text: string) => {
    const resolved = resolvePath(type, parseAttributePath(text, TOLERANT))
    return resolved && printResolved(resolved)
  }

  test.each([
    ['username', 'userName'],
    ['NAME.FamilyName', 'name.familyName'],
    [`${USER_SCHEMA.toUpperCase()}:emails.VALUE`, 'emails.value'],
    ['id', 'id'],
    ['SCHEMAS', 'schemas'],
    ['meta.LastModified', 'meta.lastModified'],
    [`${USER_SCHEMA}:meta.version`, 'meta.version'],
    ['externalid', 'externalId'],
    [
      `${ENTERPRISE_USER_SCHEMA.toLowerCase()}:Manager.Value`,
      `${ENTERPRISE_USER_SCHEMA}:manager.value`,
    ],
    ['manager', `${ENTERPRISE_USER_SCHEMA}:manager`],
    ['manager.value', `${ENTERPRISE_USER_SCHEMA}:manager.value`],
    [`${ENTERPRISE_USER_SCHEMA}.manager`, `${ENTERPRISE_USER_SCHEMA}:manager`],
    [`${ENTERPRISE_USER_SCHEMA}.manager.value`, `${ENTERPRISE_USER_SCHEMA}:manager.value`],
    [`${USER_SCHEMA}.userName`, 'userName'],
  ])('%s is %s', (text, canonical) => expect(resolve(USERS, text)).toBe(canonical))

  test.each([
    'constructor',
    'toString',
    'name.constructor',
    'userName.value',
    'meta.secret',
    'urn:example:User:userName',
    `${ENTERPRISE_USER_SCHEMA}:userName`,
    `${ENTERPRISE_USER_SCHEMA}:id`,
    USER_SCHEMA,
    ENTERPRISE_USER_SCHEMA,
  ])('%s is nothing', (text) => expect(resolve(USERS, text)).toBeUndefined())

  test('externalId exists where the core schema lists it', () => {
    const attributes = GROUPS.schema.attributes.filter(({ name }) => name !== 'externalId')
    const without = { ...GROUPS, schema: { ...GROUPS.schema, attributes } }
    expect(resolve(GROUPS, 'externalId')).toBe('externalId')
    expect(resolve(without, 'externalId')).toBeUndefined()
  })

  test('a bare name that core and extension have is the core one', () => {
    expect(resolve(DEVICES, 'tags')).toBe('tags')
    expect(resolve(DEVICES, 'costCenter')).toBe('urn:example:schemas:2.0:Asset:costCenter')
  })

  test('a bare name that two extensions have is nothing', () => {
    const twice = { ...DEVICES, extensions: [...DEVICES.extensions, ...DEVICES.extensions] }
    expect(resolve(twice, 'costCenter')).toBeUndefined()
  })

  test('a URN alone names its schema', () => {
    const path = parseAttributePath(ENTERPRISE_USER_SCHEMA.toUpperCase())
    expect(schemaOfPath(USERS, path)?.id).toBe(ENTERPRISE_USER_SCHEMA)
    expect(schemaOfPath(USERS, parseAttributePath('userName'))).toBeUndefined()
  })
})

test('long paths take no time', () => {
  const started = performance.now()
  for (const text of ['a.'.repeat(4096), 'a:'.repeat(4096), '.'.repeat(8192), 'a'.repeat(8192)]) {
    try {
      parseAttributePath(text)
    } catch {
      // most of them are refused
    }
  }
  expect(refusalOf(() => parseAttributePath('a'.repeat(8193))).detail).toBe(
    'The path has 8193 characters; at most 8192 are accepted',
  )
  expect(refusalOf(() => parseAttributePath('a'.repeat(50_000_000))).scimType).toBe('invalidPath')
  expect(performance.now() - started).toBeLessThan(500)
})
