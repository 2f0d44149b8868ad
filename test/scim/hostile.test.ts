import { expect, test } from 'vitest'
import { STRICT, TOLERANT } from '../../src/scim/client-quirks.ts'
import { ScimError } from '../../src/scim/error.ts'
import { parseFilter, printFilter } from '../../src/scim/filter.ts'
import { matchesResource } from '../../src/scim/match.ts'
import { applyPatch, readPatch } from '../../src/scim/patch.ts'
import { parsePatchPath, printPatchPath } from '../../src/scim/patch-path.ts'
import { parseAttributePath, printAttributePath } from '../../src/scim/path.ts'
import { project, readProjection } from '../../src/scim/projection.ts'
import { readSearchRequest } from '../../src/scim/query.ts'
import type { Json, JsonObject, Resource } from '../../src/scim/resource.ts'
import { normalizeResource } from '../../src/scim/resource.ts'
import { ENTERPRISE_USER_SCHEMA, USER_SCHEMA } from '../../src/scim/urn.ts'
import { randomFrom } from '../support/random.ts'
import { one, randomFilter } from './random-filter.ts'
import { USERS } from './resource-types.ts'

const SCHEMAS = [USER_SCHEMA, ENTERPRISE_USER_SCHEMA]

type Random = (bound: number) => number

const PIECES = [
  ...[
    'emails',
    'type',
    'eq',
    'pr',
    'and',
    'or',
    'not',
    'true',
    'null',
    '1',
    '-1e5',
    'urn:x:y',
    '.',
  ],
  ...[
    '(',
    ')',
    '[',
    ']',
    ',',
    '"',
    '\\',
    '"work"',
    '"\\u0041"',
    '\ud800',
    '\0',
    ':',
    '.value',
    '$',
  ],
  ...['__proto__', 'constructor', 'ß', '"a', 'b"'],
]
const NAMES = [
  ...['userName', 'USERNAME', 'name', 'givenName', 'emails', 'value', 'Type', 'primary', 'display'],
  ...[
    'active',
    'manager',
    'groups',
    'id',
    'meta',
    'schemas',
    'password',
    'x509Certificates',
    'foo',
  ],
  ...['__proto__', 'constructor', 'name.givenName', 'emails[type eq "work"].value', 'addresses'],
  ...[
    ENTERPRISE_USER_SCHEMA,
    `${ENTERPRISE_USER_SCHEMA}:department`,
    'emails[',
    'locality',
    'roles',
  ],
  ...['emails[type eq "home"]', 'emails.display', 'name.honorificPrefix', '$ref', 'x[y pr]'],
]
const VALUES: readonly Json[] = [
  ...['', 'a', 'A', 'work', 'home', 'True', 'no', 'YQ==', '\0', '\ud800', '2026-01-31T12:00:00Z'],
  ...[0, 1.5, -1, true, false, null],
]

function randomJson(random: Random, depth: number): Json {
  switch (depth === 0 ? 0 : random(4)) {
    case 0:
      return one(random, VALUES)
    case 1:
      return Array.from({ length: random(4) }, () => randomJson(random, depth - 1))
    default:
      return randomObject(random, depth)
  }
}

function randomObject(random: Random, depth: number): JsonObject {
  const members = Array.from({ length: random(5) }, (): [string, Json] => [
    one(random, NAMES),
    randomJson(random, depth - 1),
  ])
  return Object.fromEntries(members)
}

/** The result, or nothing if it was refused; whatever else is thrown is a bug. */
function accepted<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    if (error instanceof ScimError) return undefined
    throw error
  }
}

test('any text is read or refused, and what is read is printed so that it is read the same', () => {
  const random = randomFrom(1)
  let count = 0
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: 1 + random(7) }, () => one(random, PIECES)).join(
      random(3) === 0 ? '' : ' ',
    )
    const filter = accepted(() => parseFilter(text, {}, TOLERANT))
    const path = accepted(() => parseAttributePath(text, TOLERANT))
    const patchPath = accepted(() => parsePatchPath(text, TOLERANT))
    if (filter) expect(parseFilter(printFilter(filter)), text).toEqual(filter)
    if (path) expect(parseAttributePath(printAttributePath(path)), text).toEqual(path)
    if (patchPath) expect(parsePatchPath(printPatchPath(patchPath)), text).toEqual(patchPath)
    accepted(() => readProjection(new Map([['attributes', text]]), TOLERANT))
    if (filter ?? path ?? patchPath) count++
  }
  expect(count).toBeGreaterThan(500)
})

test('any body is refused or becomes a resource that is in normal form', () => {
  const random = randomFrom(2)
  let count = 0
  for (let round = 0; round < 20_000; round++) {
    const body = randomObject(random, 4)
    accepted(() => readSearchRequest(body))
    const resource = accepted(() => normalizeResource(USERS, body))
    if (resource === undefined) continue
    expect(normalizeResource(USERS, { schemas: SCHEMAS, ...resource }, STRICT)).toEqual(resource)
    if (Object.keys(resource).length > 0) count++
  }
  expect(count).toBeGreaterThan(500)
  expect(Object.keys(Object.prototype)).toEqual([])
})

test('any PATCH is refused or leaves a resource that is in normal form', () => {
  const random = randomFrom(3)
  const before: Resource = {
    userName: 'b',
    name: { givenName: 'B', familyName: 'J' },
    emails: [
      { value: 'a', type: 'work', primary: true },
      { value: 'b', type: 'home' },
    ],
    [ENTERPRISE_USER_SCHEMA]: { manager: { value: 'm' } },
  }
  const copy = structuredClone(before)
  let changes = 0
  for (let round = 0; round < 20_000; round++) {
    const Operations = Array.from({ length: 1 + random(3) }, () => ({
      op: one(random, ['add', 'Replace', 'remove']),
      ...(random(4) === 0 ? {} : { path: one(random, NAMES) }),
      ...(random(5) === 0 ? {} : { value: randomJson(random, 3) }),
    }))
    const after = accepted(() => applyPatch(USERS, before, readPatch(USERS, { Operations })))
    if (after === undefined) continue
    const text = JSON.stringify(Operations)
    expect(normalizeResource(USERS, { schemas: SCHEMAS, ...after }, STRICT), text).toEqual(after)
    if (JSON.stringify(after) !== JSON.stringify(before)) changes++
  }
  expect(before).toEqual(copy)
  expect(changes).toBeGreaterThan(500)
  expect(Object.keys(Object.prototype)).toEqual([])
})

test('any filter matches a resource or does not, and its opposite is the opposite', () => {
  const random = randomFrom(4)
  const resource = { userName: 'x', emails: [{ value: 'x', type: ' a b' }], active: true }
  for (let round = 0; round < 5000; round++) {
    const filter = randomFilter(random, 3)
    const result = accepted(() => matchesResource(USERS, resource, filter))
    if (result === undefined) continue
    expect(matchesResource(USERS, resource, { kind: 'not', filter })).toBe(!result)
  }
})

test('thousands of paths to show cost nothing for each resource', () => {
  const attributes = Array.from({ length: 2000 }, (_, index) => `a${index}`).join(',')
  const projection = readProjection(new Map([['attributes', attributes.slice(0, 8000)]]))
  const started = performance.now()
  for (let round = 0; round < 1000; round++) project(USERS, { id: '1', userName: 'b' }, projection)
  expect(performance.now() - started).toBeLessThan(1000)
})
