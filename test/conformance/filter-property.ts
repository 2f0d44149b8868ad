import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import type { NewEntry } from '../../src/demo/ldif.ts'
import { groups, people } from '../../src/demo/people.ts'
import type { Rules } from '../../src/mapping/rules.ts'
import { resourceRules } from '../../src/mapping/rules.ts'
import { loadMapping } from '../../src/config/load.ts'
import type { Attribute } from '../../src/scim/attribute.ts'
import type { Comparand, Filter, Operator } from '../../src/scim/filter.ts'
import { printFilter } from '../../src/scim/filter.ts'
import { isArray, isObject } from '../../src/scim/json.ts'
import { resourceMatcher } from '../../src/scim/match.ts'
import type { AttributePath } from '../../src/scim/path.ts'
import type { Json as ScimJson, Resource } from '../../src/scim/resource.ts'
import type { ResourceType } from '../../src/scim/resource-type.ts'
import { one } from '../scim/random-filter.ts'
import type { Json, TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { randomFrom } from '../support/random.ts'
import type { Random, Sources } from '../support/random-resource.ts'
import { randomResource } from '../support/random-resource.ts'
import { filtered as query, freshName, patchOf } from './subject.ts'

const SUFFIX = 'dc=example,dc=test'
const OPERATORS: readonly Operator[] = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']
const ODD: readonly Comparand[] = ['', ' ', 'é', '*', '\\', ')(uid=*', 'ﬁ', 'a  b', null, true, 7]

/** A directory that the property is about, and what the gateway makes of it. */
export interface Filtered {
  readonly mapping: string
  /** Whether the mapping keeps everything, so that there are random resources, too. */
  readonly keepsEverything: boolean
  start(suffix: string, entries: readonly NewEntry[]): Promise<RunningDirectory>
}

/** That a filter finds on the directory what it finds in memory. */
export function filterProperty(filtered: Filtered): void {
  let subject: Subject
  beforeAll(async () => {
    subject = await startSubject(filtered)
    if (filtered.keepsEverything) await addRandom(subject, randomFrom(8))
  })
  afterAll(() => subject.stop())

  test.each([
    ['User', 1_500],
    ['Group', 500],
  ])(
    'random filters on every attribute of %s find on the directory what they find in memory',
    async (name, rounds) => {
      const { gateway, rules } = subject
      const { type } = resourceRules(rules, name)
      const { endpoint } = type
      const { body } = await gateway.get(`${endpoint}?count=1000&attributes=${namesOf(type)}`)
      const all = body.Resources as readonly Resource[]
      expect(all.length).toBe(body.totalResults)
      const operands = operandsOf(type, all)
      const random = randomFrom(20_261)
      let found = 0
      let refused = 0
      for (let round = 0; round < rounds; round++) {
        const filter = randomFilter(random, operands, 3)
        const text = printFilter(filter)
        const parameters = new URLSearchParams({ filter: text, attributes: 'id', count: '1000' })
        const answer = await gateway.get(`${endpoint}?${parameters.toString()}`)
        const expected = evaluate(type, all, filter)
        if (expected === undefined) {
          expect([answer.status, answer.body.scimType], text).toEqual([400, 'invalidFilter'])
          refused++
          continue
        }
        expect(answer.status, `${text}: ${JSON.stringify(answer.body)}`).toBe(200)
        const ids = (answer.body.Resources as readonly Resource[]).map(({ id }) => id)
        expect(ids.sort(), text).toEqual(expected.sort())
        expect(answer.body.totalResults, text).toBe(expected.length)
        if (expected.length > 0 && expected.length < all.length) found++
      }
      // The filters are worth something: most are no refusals, and many tell resources apart.
      expect(refused).toBeLessThan(rounds * 0.4)
      expect(found).toBeGreaterThan(rounds * 0.1)
    },
    120_000,
  )
}

/** Everything that a type has, also what is returned on request only. */
function namesOf({ schema, extensions }: ResourceType): string {
  const own = schema.attributes.map(({ name }) => name)
  const more = extensions.flatMap((extension) =>
    extension.schema.attributes.map(({ name }) => `${extension.schema.id}:${name}`),
  )
  return ['schemas', 'meta', ...own, ...more].join()
}

/** Sample people and groups, some of them changed, and for the mapping that keeps everything random ones. */
async function startSubject({ mapping, start }: Filtered): Promise<Subject> {
  const some = people(SUFFIX, 40)
  const directory = await start(SUFFIX, [...some, ...groups(SUFFIX, some)])
  const gateway = await startGateway(directory, { mapping })
  const rules = loadMapping(mapping, SUFFIX)
  const changes = [
    ['zoe.mueller', 'active', false],
    ['wei.wang', 'title', 'straße  mit   Lücken'],
    ['bob.smith', 'displayName', ')(uid=*'],
    ['jan.vanderberg', 'title', 'STRASSE MIT LÜCKEN'],
  ] as const
  for (const [login, path, value] of changes) {
    const found = await gateway.get(query('/Users', `emails.value eq "${login}@example.com"`))
    const patch = patchOf({ op: 'replace', path, value })
    const { status } = await gateway.patch(`/Users/${found.body.Resources[0].id}`, patch)
    expect(status).toBe(200)
  }
  return {
    gateway,
    rules,
    stop: async () => {
      await gateway.stop()
      await directory.stop()
    },
  }
}

interface Subject {
  readonly gateway: TestGateway
  readonly rules: Rules
  stop(): Promise<void>
}

/** New resources with values of every kind. */
async function addRandom({ gateway, rules }: Subject, random: Random): Promise<void> {
  const certificates = rootCertificates
    .slice(0, 4)
    .map((pem) => new X509Certificate(pem).raw.toString('base64'))
  const { body } = await gateway.get('/Users?attributes=id')
  const ids = (body.Resources as readonly Json[]).map(({ id }) => id as string)
  const sources: Sources = { ids, certificates, freshName }
  for (const { type } of rules.resources) {
    for (let count = 0; count < 40; count++) {
      const { status } = await gateway.post(type.endpoint, randomResource(type, random, sources))
      expect(status).toBe(201)
    }
  }
}

/** An attribute that can be compared, with values that resources have for it. */
interface Operand {
  readonly path: AttributePath
  readonly values: readonly Comparand[]
  /** For a value path: what is inside, and of which values. */
  readonly inside?: readonly Operand[]
}

function operandsOf(type: ResourceType, resources: readonly Resource[]): readonly Operand[] {
  const schemas = [type.schema, ...type.extensions.map(({ schema }) => schema)]
  const common: Operand[] = [
    { path: { attribute: 'id' }, values: valuesAt(resources, ['id']) },
    { path: { attribute: 'schemas' }, values: schemas.map(({ id }) => id) },
    ...['resourceType', 'created', 'lastModified', 'location', 'version'].map((sub) => ({
      path: { attribute: 'meta', sub },
      values: valuesAt(resources, ['meta', sub]),
    })),
    { path: { attribute: 'noSuchAttribute' }, values: ['x'] },
  ]
  return [
    ...common,
    ...schemas.flatMap(({ id, attributes }) => {
      const extension = id !== type.schema.id
      const schema = extension ? { schema: id } : {}
      const prefix = extension ? [id] : []
      return attributes
        .filter(({ returned }) => returned !== 'never')
        .flatMap((attribute) => operandsOfAttribute(attribute, schema, prefix, resources))
    }),
  ]
}

function operandsOfAttribute(
  attribute: Attribute,
  schema: { readonly schema?: string },
  prefix: readonly string[],
  resources: readonly Resource[],
): readonly Operand[] {
  const { name, subAttributes = [] } = attribute
  const whole: AttributePath = { ...schema, attribute: name }
  if (attribute.type !== 'complex') {
    return [{ path: whole, values: valuesAt(resources, [...prefix, name]) }]
  }
  const parts = subAttributes.map((sub) => ({
    path: { ...whole, sub: sub.name },
    values: valuesAt(resources, [...prefix, name, sub.name]),
  }))
  const inside = subAttributes.map((sub) => ({
    path: { attribute: sub.name },
    values: valuesAt(resources, [...prefix, name, sub.name]),
  }))
  const hasValue = subAttributes.some((sub) => sub.name === 'value')
  const values = valuesAt(resources, [...prefix, name, 'value'])
  return [...parts, { path: whole, values: hasValue ? values : [], inside }]
}

/** The simple values at a path in all resources. */
function valuesAt(resources: readonly ScimJson[], path: readonly string[]): readonly Comparand[] {
  const found = resources.flatMap((resource) => at(resource, path))
  return [...new Set(found)]
}

function at(value: ScimJson | undefined, [name, ...rest]: readonly string[]): readonly Comparand[] {
  if (value === undefined) return []
  if (isArray(value))
    return value.flatMap((item) => at(item, name === undefined ? [] : [name, ...rest]))
  if (name !== undefined) return isObject(value) ? at(value[name], rest) : []
  return isObject(value) ? [] : [value]
}

function randomFilter(random: Random, operands: readonly Operand[], depth: number): Filter {
  const operand = one(random, operands)
  switch (depth === 0 ? random(4) : random(9)) {
    case 0:
      return { kind: 'present', path: operand.path }
    case 1:
    case 2:
      return randomComparison(random, operand)
    case 3:
      if (operand.inside === undefined) return randomComparison(random, operand)
      return {
        kind: 'valuePath',
        path: operand.path,
        filter: randomFilter(random, operand.inside, 1),
      }
    case 4:
    case 5:
      return { kind: 'not', filter: randomFilter(random, operands, depth - 1) }
    default:
      return {
        kind: random(2) === 0 ? 'and' : 'or',
        filters: [
          randomFilter(random, operands, depth - 1),
          randomFilter(random, operands, depth - 1),
        ],
      }
  }
}

function randomComparison(random: Random, { path, values }: Operand): Filter {
  return {
    kind: 'compare',
    path,
    operator: one(random, OPERATORS),
    value:
      random(6) === 0 || values.length === 0
        ? one(random, ODD)
        : randomPart(random, one(random, values)),
  }
}

/** A value, or a piece of it, in another letter case now and then. */
function randomPart(random: Random, value: Comparand): Comparand {
  if (typeof value !== 'string') return value
  const letters = [...value]
  const start = random(3) === 0 ? random(letters.length) : 0
  const end = random(3) === 0 ? start + random(letters.length - start + 1) : letters.length
  const part = letters.slice(start, end).join('')
  return random(4) === 0 ? part.toUpperCase() : part
}

/** Ids of the resources that a filter finds in memory; nothing where it has no meaning. */
function evaluate(
  type: ResourceType,
  resources: readonly Resource[],
  filter: Filter,
): ScimJson[] | undefined {
  try {
    const matches = resourceMatcher(type, filter)
    return resources.filter(matches).flatMap(({ id }) => id ?? [])
  } catch {
    return undefined
  }
}
