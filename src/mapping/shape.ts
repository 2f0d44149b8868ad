import type { ErrorObject } from 'ajv'
import type { Document, DocumentPath, Problem } from './problem.ts'
import { problemAt, suggestion } from './problem.ts'

/** Keywords whose errors only repeat what an inner error says better. */
const ENVELOPES = new Set(['if', 'allOf', 'anyOf', 'oneOf', 'propertyNames'])

interface Annotations {
  readonly description?: string
  /** The value is a secret, never to be shown. */
  readonly writeOnly?: boolean
}

/** Turns ajv's errors (of a compile with `allErrors` and `verbose`) into problems at their lines. */
export function problemsOfShape(
  document: Document,
  errors: readonly ErrorObject[],
): readonly Problem[] {
  return errors
    .filter(({ keyword }) => !ENVELOPES.has(keyword))
    .map((error) => problemAt(document, pathOf(error), messageOf(error)))
}

/** The path of the document that an ajv error is about, the offending key included. */
export function pathOf(error: ErrorObject): DocumentPath {
  const path: (string | number)[] = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
  const extra = (error.params as { additionalProperty?: string }).additionalProperty
  if (extra !== undefined) path.push(extra)
  else if (error.propertyName !== undefined) path.push(error.propertyName)
  return path
}

function messageOf(error: ErrorObject): string {
  const params = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'additionalProperties': {
      const name = String(params.additionalProperty)
      const known = Object.keys((error.parentSchema?.properties ?? {}) as object)
      return `unknown key ${JSON.stringify(name)}; expected one of ${known.join(', ')}${suggestion(name, known)}`
    }
    case 'required':
      return `${JSON.stringify(params.missingProperty)} is missing`
    case 'enum': {
      const allowed = (params.allowedValues as readonly unknown[]).map(String)
      const given = String(error.data)
      return `${JSON.stringify(error.data)} is not one of ${allowed.join(', ')}${suggestion(given, allowed)}`
    }
    case 'const':
      return `must be ${JSON.stringify(params.allowedValue)}`
    case 'type': {
      const types = [params.type].flat().map((type) => TYPE_WORDS.get(String(type)) ?? String(type))
      return `must be ${types.join(' or ')}, not ${wordFor(error.data)}`
    }
    case 'pattern': {
      const { description: meaning, writeOnly: secret } = (error.parentSchema ?? {}) as Annotations
      const name = JSON.stringify(error.propertyName ?? String(error.data))
      return `${secret ? 'the value' : name} is not well-formed${meaning === undefined ? `: it must match ${String(params.pattern)}` : `; expected: ${meaning}`}`
    }
    case 'minItems':
    case 'minProperties':
    case 'minLength':
      return params.limit === 1
        ? 'must not be empty'
        : `must have at least ${String(params.limit)} characters`
    default:
      return error.message ?? error.keyword
  }
}

const TYPE_WORDS = new Map([
  ['string', 'text'],
  ['object', 'a map'],
  ['array', 'a list'],
  ['boolean', 'true or false'],
  ['integer', 'a whole number'],
  ['number', 'a number'],
])

function wordFor(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return JSON.stringify(value)
}
