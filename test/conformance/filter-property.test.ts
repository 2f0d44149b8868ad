import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
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
import type { Json, Resource } from '../../src/scim/resource.ts'
import type { ResourceType } from '../../src/scim/resource-type.ts'
import { one } from '../scim/random-filter.ts'
import type { TestGateway } from '../support/gateway.ts'
import { OPENLDAP_MAPPING, startGateway } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { randomFrom } from '../support/random.ts'

type Random = (bound: number) => number

const SUFFIX = 'dc=example,dc=test'
const OPERATORS: readonly Operator[] = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']
const ODD: readonly Comparand[] = ['', ' ', 'é', '*', '\\', ')(uid=*', 'ﬁ', 'a  b', null, true, 7]

let directory: RunningOpenLdap
let gateway: TestGateway
let rules: Rules
beforeAll(async () => {
  const some = people(SUFFIX, 40)
  directory = await startOpenLdap({ suffix: SUFFIX, entries: [...some, ...groups(SUFFIX, some)] })
  gateway = await startGateway(directory)
  rules = loadMapping(OPENLDAP_MAPPING, SUFFIX)
  const changes = [
    ['zoe.mueller', 'active', false],
    ['wei.wang', 'title', 'straße  mit   Lücken'],
    ['bob.smith', 'displayName', ')(uid=*'],
    ['jan.vanderberg', 'title', 'STRASSE MIT LÜCKEN'],
  ] as const
  for (const [userName, path, value] of changes) {
    const filter = encodeURIComponent(`userName eq "${userName}"`)
    const found = await gateway.get(`/Users?filter=${filter}`)
    const Operations = [{ op: 'replace', path, value }]
    const { status } = await gateway.patch(`/Users/${found.body.Resources[0].id}`, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations,
    })
    expect(status).toBe(200)
  }
})
afterAll(async () => {
  await gateway.stop()
  await directory.stop()
})

/** An attribute that can be compared, with values that resources have for it. */
interface Subject {
  readonly path: AttributePath
  readonly values: readonly Comparand[]
  /** For a value path: what is inside, and of which values. */
  readonly inside?: readonly Subject[]
}

function subjectsOf(type: ResourceType, resources: readonly Resource[]): readonly Subject[] {
  const schemas = [type.schema, ...type.extensions.map(({ schema }) => schema)]
  const common: Subject[] = [
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
        .flatMap((attribute) => subjectsOfAttribute(attribute, schema, prefix, resources))
    }),
  ]
}

function subjectsOfAttribute(
  attribute: Attribute,
  schema: { readonly schema?: string },
  prefix: readonly string[],
  resources: readonly Resource[],
): readonly Subject[] {
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
function valuesAt(resources: readonly Json[], path: readonly string[]): readonly Comparand[] {
  const found = resources.flatMap((resource) => at(resource, path))
  return [...new Set(found)]
}

function at(value: Json | undefined, [name, ...rest]: readonly string[]): readonly Comparand[] {
  if (value === undefined) return []
  if (isArray(value))
    return value.flatMap((item) => at(item, name === undefined ? [] : [name, ...rest]))
  if (name !== undefined) return isObject(value) ? at(value[name], rest) : []
  return isObject(value) ? [] : [value]
}

function randomFilter(random: Random, subjects: readonly Subject[], depth: number): Filter {
  const subject = one(random, subjects)
  switch (depth === 0 ? random(4) : random(9)) {
    case 0:
      return { kind: 'present', path: subject.path }
    case 1:
    case 2:
      return randomComparison(random, subject)
    case 3:
      if (subject.inside === undefined) return randomComparison(random, subject)
      return {
        kind: 'valuePath',
        path: subject.path,
        filter: randomFilter(random, subject.inside, 1),
      }
    case 4:
    case 5:
      return { kind: 'not', filter: randomFilter(random, subjects, depth - 1) }
    default:
      return {
        kind: random(2) === 0 ? 'and' : 'or',
        filters: [
          randomFilter(random, subjects, depth - 1),
          randomFilter(random, subjects, depth - 1),
        ],
      }
  }
}

function randomComparison(random: Random, { path, values }: Subject): Filter {
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

describe.each([
  ['User', '/Users', 300],
  ['Group', '/Groups', 100],
])('random filters on every attribute of %s', (name, endpoint, least) => {
  test('find on the directory what they find in memory', async () => {
    const { body } = await gateway.get(`${endpoint}?count=1000`)
    const all = body.Resources as readonly Resource[]
    expect(all.length).toBe(body.totalResults)
    const { type } = resourceRules(rules, name)
    const subjects = subjectsOf(type, all)
    const random = randomFrom(20_261)
    let found = 0
    let refused = 0
    for (let round = 0; round < 1_500; round++) {
      const filter = randomFilter(random, subjects, 3)
      const text = printFilter(filter)
      const query = new URLSearchParams({ filter: text, attributes: 'id', count: '1000' })
      const answer = await gateway.get(`${endpoint}?${query.toString()}`)
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
    expect(refused).toBeLessThan(600)
    expect(found).toBeGreaterThan(least)
  }, 120_000)
})

/** Ids of the resources that a filter finds in memory; nothing where it has no meaning. */
function evaluate(
  type: ResourceType,
  resources: readonly Resource[],
  filter: Filter,
): Json[] | undefined {
  try {
    const matches = resourceMatcher(type, filter)
    return resources.filter(matches).flatMap(({ id }) => id ?? [])
  } catch {
    return undefined
  }
}
