import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadMapping } from '../../src/config/load.ts'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import { resourceRules } from '../../src/mapping/rules.ts'
import type { Attribute } from '../../src/scim/attribute.ts'
import { ScimError } from '../../src/scim/error.ts'
import { applyPatch, readPatch } from '../../src/scim/patch.ts'
import { normalizeResource } from '../../src/scim/resource.ts'
import type { Resource } from '../../src/scim/resource.ts'
import type { ResourceType } from '../../src/scim/resource-type.ts'
import { one } from '../scim/random-filter.ts'
import type { Json, TestGateway } from '../support/gateway.ts'
import { OPENLDAP_MAPPING, startGateway } from '../support/gateway.ts'
import { LDAP_SCHEMA_FOLDER } from '../support/ldap-schema.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { randomFrom } from '../support/random.ts'
import type { Random, Sources } from '../support/random-resource.ts'
import { randomResource, randomValue } from '../support/random-resource.ts'
import { SHIPPED_MAPPINGS } from '../support/rules.ts'
import { comparable, ENTERPRISE, freshName, patchOf, smallUser } from './subject.ts'

const WHOLE_MAPPING = join(SHIPPED_MAPPINGS, 'openldap-scim.yaml')
const ENDPOINTS = { User: '/Users', Group: '/Groups' } as const

let directory: RunningOpenLdap
let whole: TestGateway
let plain: TestGateway
let sources: Sources

beforeAll(async () => {
  directory = await startOpenLdap({ schema: join(LDAP_SCHEMA_FOLDER, 'scim2ldap.schema') })
  whole = await startGateway(directory, { mapping: WHOLE_MAPPING })
  plain = await startGateway(directory)
  const people = await Promise.all([1, 2, 3].map(() => plain.post('/Users', smallUser())))
  sources = {
    ids: people.map(({ body }) => body.id as string),
    certificates: rootCertificates
      .slice(0, 4)
      .map((pem) => new X509Certificate(pem).raw.toString('base64')),
    freshName: () => freshName('r'),
  }
})
afterAll(async () => {
  await Promise.all([whole.stop(), plain.stop()])
  await directory.stop()
})

describe.each([
  ['User', 1],
  ['User', 2],
  ['Group', 3],
] as const)('openldap-scim.yaml: of random %ss (%i)', (name, seed) => {
  test('everything that a client wrote it reads back, whatever the verb', async () => {
    const { type } = resourceRules(loadMapping(WHOLE_MAPPING, directory.suffix), name)
    const random = randomFrom(seed)
    let patched = 0
    for (let round = 0; round < 60; round++) {
      const first = randomResource(type, random, sources)
      const posted = await whole.post(ENDPOINTS[name], first)
      expect(posted.status, told(first, posted.body)).toBe(201)
      const path = `${ENDPOINTS[name]}/${posted.body.id}`
      expectRead(await read(path), normalizeResource(type, first), first)

      const second = randomResource(type, random, sources)
      const put = await whole.put(path, second)
      expect(put.status, told(second, put.body)).toBe(200)
      const before = await read(path)
      expectRead(before, normalizeResource(type, second), second)

      const patch = randomPatch(type, random)
      const expected = afterPatch(type, before, patch)
      const answer = await whole.patch(path, patch)
      if (expected instanceof ScimError) {
        expect(answer.status, told(patch, answer.body)).toBe(400)
        expect(await read(path)).toEqual(before)
        continue
      }
      expect(answer.status, told(patch, answer.body)).toBeLessThan(300)
      expectRead(await read(path), expected, { before, patch })
      patched++
    }
    expect(patched).toBeGreaterThan(30)
  }, 120_000)
})

test('openldap.yaml: what it accepted is read back, and the rest was refused by name', async () => {
  const { type } = resourceRules(loadMapping(OPENLDAP_MAPPING, directory.suffix), 'User')
  const random = randomFrom(4)
  let accepted = 0
  let refused = 0
  for (let round = 0; round < 300; round++) {
    const body = someOf(randomResource(type, random, sources), random)
    const { status, body: answer } = await plain.post('/Users', body)
    if (status === 400) {
      refused++
      const detail = answer.detail as string
      const names = Object.keys(body).filter((name) => detail.includes(name))
      expect(names, told(body, answer)).not.toEqual([])
      continue
    }
    expect(status, told(body, answer)).toBe(201)
    const { body: shown } = await plain.get(`/Users/${answer.id}`)
    const written = normalizeResource(type, body)
    for (const attribute of type.schema.attributes) {
      if (attribute.name in written) expectKept(attribute, written, shown, told(body, shown))
    }
    accepted++
  }
  expect(Math.min(accepted, refused)).toBeGreaterThan(50)
}, 120_000)

/** That what was written of an attribute is shown, as far as the mapping has a place for its parts. */
function expectKept(attribute: Attribute, written: Json, shown: Json, about: string): void {
  const [from, to] = [written[attribute.name], shown[attribute.name]]
  const parts = (attribute.subAttributes ?? []).map(({ name }) => name)
  if (attribute.type !== 'complex') expect(to, about).toEqual(from)
  else if (!attribute.multiValued) expect(to, about).toMatchObject(from as object)
  else if (parts.includes('value')) expect(valuesOf(to), about).toEqual(valuesOf(from))
  else {
    const wanted = (from as readonly Json[]).map(withLineFeeds)
    for (const { type: _, ...kept } of to ?? []) {
      expect(wanted, about).toContainEqual(expect.objectContaining(kept))
    }
  }
}

async function read(path: string): Promise<Json> {
  const { status, body } = await whole.get(path)
  expect(status).toBe(200)
  return body
}

/** That a resource that was read is what was expected, and has nothing besides but what the directory needs. */
function expectRead(found: Json, expected: Json, about: unknown): void {
  const { active = found.active, name, ...others } = expected
  const extensions = Object.keys(others).filter((key) => key.startsWith('urn:'))
  const schemas = [found.schemas[0], ...extensions]
  // sn and cn have defaults.
  const names = found.name && { ...pick(found.name, ['familyName', 'formatted']), ...name }
  expect(withoutReferredNames(found), told(about, found)).toEqual(
    withoutReferredNames({ ...others, schemas, active, name: names }),
  )
}

function pick(object: Json, names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(object).filter(([name]) => names.includes(name)))
}

/** In one order, without what the gateway says of resources that are referred to. */
function withoutReferredNames({ members, ...resource }: Json): Json {
  const bare = ({ value }: Json) => ({ value })
  const { manager, ...enterprise } = resource[ENTERPRISE] ?? {}
  return comparable({
    ...resource,
    ...(members && { members: (members as readonly Json[]).map(bare) }),
    ...(manager && { [ENTERPRISE]: { ...enterprise, manager: bare(manager) } }),
  })
}

/** A PATCH with some operations on attributes, their parts, and values by their type. */
function randomPatch(type: ResourceType, random: Random): Json {
  const schemas = [type.schema, ...type.extensions.map(({ schema }) => schema)]
  const operations = Array.from({ length: 1 + random(3) }, () => {
    const schema = one(random, schemas)
    const writable = schema.attributes.filter((attribute) => !isReadOnly(attribute))
    return randomOperation(
      one(random, writable),
      schema === type.schema ? '' : `${schema.id}:`,
      random,
    )
  })
  return patchOf(...operations)
}

function randomOperation(attribute: Attribute, prefix: string, random: Random): Json {
  const op = one(random, ['add', 'replace', 'remove', 'add', 'replace'] as const)
  const path = `${prefix}${attribute.name}`
  const value = (of: Attribute) =>
    op === 'remove' ? {} : { value: randomValue(of, random, sources) }
  if (attribute.required)
    return { op: 'replace', path, value: freshName(one(random, ['ß', 'a ', '"'])) }
  const parts = (attribute.subAttributes ?? []).filter((sub) => !isReadOnly(sub))
  const plainParts = parts.filter(({ name }) => !['$ref', 'type', 'primary'].includes(name))
  const isReference = parts.some(({ name }) => name === '$ref')
  if (parts.length === 0 || isReference || random(3) === 0) return { op, path, ...value(attribute) }
  if (!attribute.multiValued) {
    const sub = one(random, plainParts)
    return { op, path: `${path}.${sub.name}`, ...value(sub) }
  }
  const filter = one(random, [
    'type eq "work"',
    'type eq "home"',
    'primary eq true',
    'not (type pr)',
  ])
  if (random(3) === 0) return { op: 'remove', path: `${path}[${filter}]` }
  const sub = one(random, plainParts)
  return { op, path: `${path}[${filter}].${sub.name}`, ...value(sub) }
}

function isReadOnly({ mutability }: Attribute): boolean {
  return mutability === 'readOnly' || mutability === 'writeOnly'
}

/** What a PATCH makes of a resource in memory, or why it is refused. */
function afterPatch(type: ResourceType, before: Resource, patch: Json): Resource | ScimError {
  try {
    return applyPatch(type, before, readPatch(type, patch))
  } catch (error) {
    if (error instanceof ScimError) return error
    throw error
  }
}

/** A resource less most of its attributes, so that what one of them is refused for tells of others nothing. */
function someOf(resource: Resource, random: Random): Resource {
  const kept = Object.entries(resource).filter(
    ([name]) => name === 'schemas' || name === 'userName' || random(5) === 0,
  )
  return Object.fromEntries(kept)
}

function valuesOf(elements: readonly Json[] | undefined): readonly string[] {
  return (elements ?? []).flatMap(({ value }) => value ?? []).sort()
}

/** A postal address has lines, whatever ends them. */
function withLineFeeds(address: Json): Json {
  return Object.fromEntries(
    Object.entries(address as Record<string, Json>).map(([name, part]) => [
      name,
      name === 'formatted' ? (part as string).replaceAll('\r\n', '\n') : part,
    ]),
  )
}

/** For the failure: what was sent, and what came. */
function told(sent: unknown, came: unknown): string {
  return `${JSON.stringify(sent)}\n${JSON.stringify(came)}`
}
