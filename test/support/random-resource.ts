import type { Attribute } from '../../src/scim/attribute.ts'
import type { Json, JsonObject, Resource } from '../../src/scim/resource.ts'
import type { ResourceType } from '../../src/scim/resource-type.ts'
import { one } from '../scim/random-filter.ts'

export type Random = (bound: number) => number

/** What values that are not invented are taken from. */
export interface Sources {
  /** Ids of resources, for references. */
  readonly ids: readonly string[]
  /** Certificates in base64. */
  readonly certificates: readonly string[]
  /** A name that no other resource has. */
  freshName(): string
}

/** Pieces of text: what some syntax of LDAP refuses, what some matching rule takes for another, what has to be escaped. */
const PIECES = [
  ...['a', 'B', 'Ann', 'O’Hara', "O'Hara", '+49 30 1234', '(0) 5', 'a@example.com', 'de-DE', '1'],
  ...[
    'Привет',
    'Müller',
    'İ',
    'ß',
    '花子',
    '🙂',
    'ﬁ',
    '½',
    'e\u0301',
    'É',
    'ﷺ',
    '\u200b',
    '\u00ad',
  ],
  ...[' ', '  ', '\u00a0', '\t', '\n', '\r\n', '\u0001', '\u007f', '$', '$$', '\\', '\\24', '\\5C'],
  ...['"', '＂primary＂:true', '"primary":true', '{', '["mail",{', '*', ')(uid=*', '%41', 'null'],
  ...['{{ suffix }}', 'https://example.com/?a=b#c', 'urn:x', '#', ',', ';', '=', '<', '-', '--'],
]

const TYPES = [
  'work',
  'home',
  'other',
  'Work',
  'HOME',
  'mobile',
  'fax',
  'pager',
  'büro',
  ' work',
  'x',
]

/** A resource with random values for some of the attributes that clients may write. */
export function randomResource(type: ResourceType, random: Random, sources: Sources): Resource {
  const extensions = type.extensions.flatMap(({ schema }) => {
    const value = randomParts(schema.attributes, random, sources)
    return Object.keys(value).length === 0 ? [] : [[schema.id, value] as const]
  })
  return {
    schemas: [type.schema.id, ...extensions.map(([id]) => id)],
    ...randomParts(type.schema.attributes, random, sources),
    ...Object.fromEntries(extensions),
  }
}

/** A random value of an attribute, as a client would write it; nothing where it cannot write any. */
export function randomValue(
  attribute: Attribute,
  random: Random,
  sources: Sources,
): Json | undefined {
  if (attribute.mutability === 'readOnly' || attribute.mutability === 'writeOnly') return undefined
  if (!attribute.multiValued) return randomOne(attribute, random, sources)
  const values = Array.from({ length: 1 + random(5) }, () => randomOne(attribute, random, sources))
  const primary = random(values.length * 2)
  const elements = values.map((value, index) => withPrimary(value, index === primary, random))
  // The same value again, for another purpose.
  const [first] = elements
  if (random(4) === 0 && isElement(first) && 'type' in first) {
    elements.push({ ...first, primary: false, type: one(random, TYPES) })
  }
  return elements
}

function randomParts(
  attributes: readonly Attribute[],
  random: Random,
  sources: Sources,
): JsonObject {
  const chosen = attributes.flatMap((attribute) => {
    if (!attribute.required && random(3) === 0) return []
    const value = attribute.required
      ? `${randomText(random)}${sources.freshName()}${randomText(random)}`
      : randomValue(attribute, random, sources)
    return value === undefined ? [] : [[attribute.name, value] as const]
  })
  return Object.fromEntries(chosen)
}

function randomOne(attribute: Attribute, random: Random, sources: Sources): Json {
  const { type, name, subAttributes = [] } = attribute
  switch (type) {
    case 'boolean':
      return random(2) === 0
    case 'binary':
      return random(2) === 0
        ? one(random, sources.certificates)
        : Buffer.from(randomText(random)).toString('base64')
    case 'complex':
      return subAttributes.some((sub) => sub.name === '$ref')
        ? { value: one(random, sources.ids) }
        : randomElement(subAttributes, random, sources)
    default:
      return name === 'type' && random(8) > 0 ? one(random, TYPES) : randomText(random)
  }
}

/** Some sub-attributes, one at least; `primary` is for the list to say. */
function randomElement(
  subAttributes: readonly Attribute[],
  random: Random,
  sources: Sources,
): JsonObject {
  const parts = subAttributes.filter(
    ({ name }) => name !== 'primary' && random(name === 'value' ? 12 : 3) > 0,
  )
  const [needed] = subAttributes
  const all = parts.length > 0 || needed === undefined ? parts : [needed]
  return Object.fromEntries(all.map((sub) => [sub.name, randomOne(sub, random, sources)]))
}

function withPrimary(value: Json, isPrimary: boolean, random: Random): Json {
  if (!isElement(value) || (!isPrimary && random(3) > 0)) return value
  return Object.keys(value).some((name) => name === 'type' || name === 'display')
    ? { ...value, primary: isPrimary }
    : value
}

function isElement(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function randomText(random: Random): string {
  return Array.from({ length: 1 + random(4) }, () => one(random, PIECES)).join('')
}
