import type { AttributeKind } from '../scim/attribute.ts'
import { instantOf } from '../scim/comparison.ts'
import type { Json } from '../scim/resource.ts'
import {
  formatGeneralizedTime,
  formatPostalAddress,
  parseGeneralizedTime,
  parsePostalAddress,
} from '../ldap/syntax.ts'
import { bytesOf, textOf } from '../ldap/value.ts'
import type { Transform } from './transform.ts'
import { expected, expectText } from './transform.ts'
import { FLAGS, flagOf } from './flag.ts'
import { fileTime, guid, lockout, mustChange, sid } from './windows-transforms.ts'

interface TransformKind {
  readonly description: string
  /** JSON Schema of the argument; without it the transform takes none. */
  readonly argument?: object
  readonly argumentRequired?: boolean
  create(argument: unknown): Transform
}

const string: Transform = {
  type: 'string',
  compares: 'text',
  toLdap: (value) => expectText(value),
  toScim: textOf,
}

const integer: Transform = {
  type: 'integer',
  compares: 'order',
  toLdap(value) {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw expected('a whole number')
    return String(value)
  },
  toScim(value) {
    const number = Number(textOf(value))
    return Number.isSafeInteger(number) && textOf(value).trim() !== '' ? number : undefined
  },
}

const decimal: Transform = {
  type: 'decimal',
  compares: 'nothing',
  toLdap(value) {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw expected('a number')
    return String(value)
  },
  toScim(value) {
    const number = Number(textOf(value))
    return Number.isFinite(number) && textOf(value).trim() !== '' ? number : undefined
  },
}

const dateTime: Transform = {
  type: 'dateTime',
  compares: 'order',
  toLdap(value) {
    const instant = instantOf(expectText(value))
    if (instant === undefined) throw expected('a date and time such as 2026-01-31T08:00:00Z')
    return formatGeneralizedTime(Number(instant / 1_000_000n))
  },
  toScim(value) {
    const millis = parseGeneralizedTime(textOf(value))
    return millis === undefined ? undefined : new Date(millis).toISOString()
  },
}

const binary: Transform = {
  type: 'binary',
  compares: 'nothing',
  toLdap: (value) => Uint8Array.from(Buffer.from(expectText(value), 'base64')),
  toScim: (value) => Buffer.from(bytesOf(value)).toString('base64'),
}

const postalAddress: Transform = {
  type: 'string',
  compares: 'nothing',
  toLdap: (value) => formatPostalAddress(expectText(value).split(/\r?\n/)),
  toScim: (value) => parsePostalAddress(textOf(value)).join('\n'),
}

const json: Transform = {
  type: 'complex',
  compares: 'nothing',
  toLdap: (value) => canonicalJson(value),
  toScim(value) {
    try {
      return JSON.parse(textOf(value)) as Json
    } catch {
      return undefined
    }
  },
}

function booleanAs(argument: unknown): Transform {
  const words = (argument ?? { true: 'TRUE', false: 'FALSE' }) as { true: string; false: string }
  return {
    type: 'boolean',
    compares: 'equality',
    toLdap(value) {
      if (typeof value !== 'boolean') throw expected('true or false')
      return value ? words.true : words.false
    },
    toScim(value) {
      const word = textOf(value).toLowerCase()
      if (word === words.true.toLowerCase()) return true
      return word === words.false.toLowerCase() ? false : undefined
    },
  }
}

function enumOf(argument: unknown): Transform {
  const pairs = Object.entries(argument as Record<string, string>)
  return {
    type: 'string',
    compares: 'equality',
    toLdap(value) {
      const wanted = expectText(value).toLowerCase()
      const pair = pairs.find(([word]) => word.toLowerCase() === wanted)
      if (pair === undefined)
        throw expected(`one of ${pairs.map(([word]) => `"${word}"`).join(', ')}`)
      return pair[1]
    },
    toScim(value) {
      const stored = textOf(value).toLowerCase()
      return pairs.find(([, ldap]) => ldap.toLowerCase() === stored)?.[0]
    },
  }
}

/** The value transforms that `as:` can name. The JSON Schema of mapping files derives from this table. */
export const TRANSFORMS: Readonly<Record<string, TransformKind>> = {
  string: { description: 'text as it is', create: () => string },
  boolean: {
    description: 'TRUE and FALSE (RFC 4517 §3.3.3), or the two words given as {true, false}',
    argument: {
      type: 'object',
      properties: {
        true: { type: 'string', description: 'The LDAP word for true.' },
        false: { type: 'string', description: 'The LDAP word for false.' },
      },
      required: ['true', 'false'],
      additionalProperties: false,
    },
    create: booleanAs,
  },
  integer: { description: 'a whole number in decimal', create: () => integer },
  decimal: { description: 'a number in decimal', create: () => decimal },
  dateTime: { description: 'GeneralizedTime (RFC 4517 §3.3.13)', create: () => dateTime },
  binary: { description: 'octets, base64 in SCIM', create: () => binary },
  enum: {
    description: 'a fixed list of words: SCIM word to LDAP word',
    argument: { type: 'object', additionalProperties: { type: 'string' }, minProperties: 1 },
    argumentRequired: true,
    create: enumOf,
  },
  postalAddress: {
    description: 'Postal Address (RFC 4517 §3.3.28): lines of text separated by "$"',
    create: () => postalAddress,
  },
  fileTime: {
    description: 'a time as FILETIME of Active Directory; 0 and 9223372036854775807 are no time',
    create: () => fileTime,
  },
  flag: {
    description: 'one bit of an integer, given by its value; the other bits stay as they are',
    argument: { enum: FLAGS },
    argumentRequired: true,
    create: (argument) => flagOf(argument as number),
  },
  lockout: {
    description: 'whether failed logons have locked an account, by the time of it; can be undone',
    create: () => lockout,
  },
  mustChange: {
    description: 'whether a password must be changed, by the time when it was set',
    create: () => mustChange,
  },
  guid: { description: 'the text of a GUID of 16 octets', create: () => guid },
  sid: { description: 'the text of a security identifier (S-1-…)', create: () => sid },
  tagged: {
    description: 'text behind a prefix, such as "SMTP:"; values with other prefixes are left alone',
    argument: { type: 'string', minLength: 1 },
    argumentRequired: true,
    create: (argument) => ({ ...taggedText(argument as string), tagMindsCase: true }),
  },
  json: {
    description: 'JSON text, for complex values that have no LDAP form',
    create: () => json,
  },
}

/** Text behind a tag that says whose it is; values with other tags are somebody else's. */
export function taggedText(tag: string): Transform {
  return {
    ...string,
    tag,
    toLdap: (value) => tag + expectText(value),
    toScim(value) {
      const text = textOf(value)
      return text.startsWith(tag) ? text.slice(tag.length) : undefined
    },
  }
}

/** The transform for an attribute that names none. */
export function defaultTransform(type: AttributeKind): Transform {
  switch (type) {
    case 'boolean':
      return booleanAs(undefined)
    case 'integer':
      return integer
    case 'decimal':
      return decimal
    case 'dateTime':
      return dateTime
    case 'binary':
      return binary
    case 'complex':
      return json
    case 'string':
    case 'reference':
      return string
  }
}

/** JSON with sorted keys, so that equal values are equal text. */
function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value as Record<string, Json>).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`
}
