import { COMMON_ATTRIBUTES } from './common-attributes.ts'
import { STRICT } from './client-quirks.ts'
import { Scanner } from './scanner.ts'
import { findAttribute } from './schema.ts'
import { sameUrn } from './urn.ts'
import type { Attribute } from './attribute.ts'
import type { QuirkName, Tolerance } from './client-quirks.ts'
import type { ResourceType } from './resource-type.ts'
import type { Token } from './scanner.ts'
import type { Schema } from './schema.ts'

/**
 * An attribute path as it is written in filters, PATCH and `attributes` (RFC 7644 §3.10): optional
 * schema URN, attribute, optional sub-attribute. Spelling is the client's; see `resolvePath`.
 */
export interface AttributePath {
  readonly schema?: string
  readonly attribute: string
  readonly sub?: string
}

/** What a path names in a resource type. */
export interface ResolvedPath {
  /** The core schema for a common attribute too. */
  readonly schema: Schema
  /** Whether the attribute lies in the object of an extension. */
  readonly extension: boolean
  readonly attribute: Attribute
  readonly sub?: Attribute
}

/**
 * An attribute path from text (RFC 7644 §3.10).
 *
 * @throws {ScimError} invalidPath, with the position of what is wrong.
 */
export function parseAttributePath(text: string, tolerance: Tolerance = STRICT): AttributePath {
  const scanner = new Scanner('path', text, 'invalidPath')
  scanner.tolerance = tolerance
  const path = readPath(scanner)
  scanner.expect('end', 'the end')
  return path
}

/** The path as text that `parseAttributePath` reads as an equal path. */
export function printAttributePath(path: AttributePath): string {
  const schema = path.schema === undefined ? '' : `${path.schema}:`
  return `${schema}${path.attribute}${path.sub === undefined ? '' : `.${path.sub}`}`
}

/**
 * The next word as a path. URNs have dots of their own (`…:2.0:User`), so the last colon comes
 * first: what follows it is the attribute.
 *
 * @throws {ScimError} The scanner's refusal.
 */
export function readPath(scanner: Scanner, token: Token = expectPath(scanner)): AttributePath {
  const { text, position } = token
  const colon = text.lastIndexOf(':')
  const rest = text.slice(colon + 1)
  const names = rest.split('.', 4)
  // Old jobs of Entra ID write `urn:…:User.manager.value`; with one dot less, `resolvePath` sees it.
  const dotted = colon !== -1 && names.length === 3
  if (names.length > 2) {
    const error = scanner.errorAt(position, `"${shorten(rest)}" has more than one sub-attribute`)
    if (!dotted) throw error
    scanner.tolerance.tolerate('dotAfterUrn', error.message, scanner.refusal)
  }
  let at = position + colon + 1
  for (const name of names) {
    checkName(scanner, name, at)
    at += name.length + 1
  }
  if (colon === -1) return pathOf(names)
  const schema = text.slice(0, colon)
  checkUri(scanner, schema, position)
  return dotted
    ? { schema: `${schema}:${names[0]}`, ...pathOf(names.slice(1)) }
    : { schema, ...pathOf(names) }
}

/**
 * The attribute that a path names, whatever its letter case (RFC 7643 §2.1, RFC 7644 §3.10).
 *
 * Without a URN a name means the core schema's attribute, else a common one, else the only
 * extension's that has it (Entra ID filters by a bare `manager`). `urn:…:User.manager`, with a dot
 * where a colon belongs, is understood.
 */
export function resolvePath(type: ResourceType, path: AttributePath): ResolvedPath | undefined {
  const { schema: urn, attribute, sub } = path
  if (urn === undefined) {
    const own = resolveIn(type.schema, false, attribute, sub)
    if (own !== undefined) return own
    const others = type.extensions.filter(
      ({ schema }) => findAttribute(schema.attributes, attribute) !== undefined,
    )
    return others[0] === undefined || others.length > 1
      ? undefined
      : resolveIn(others[0].schema, true, attribute, sub)
  }
  const named = findSchema(type, urn)
  if (named !== undefined) return resolveIn(named, named !== type.schema, attribute, sub)
  const whole = findSchema(type, `${urn}:${attribute}`)
  if (whole === undefined || sub === undefined) return undefined
  return resolveIn(whole, whole !== type.schema, sub, undefined)
}

/** How a path that was resolved is not as RFC 7644 §3.10 wants it. */
export function quirkOfPath(
  type: ResourceType,
  { schema }: AttributePath,
  { extension }: ResolvedPath,
): QuirkName | undefined {
  if (schema === undefined) return extension ? 'unprefixedExtension' : undefined
  return findSchema(type, schema) === undefined ? 'dotAfterUrn' : undefined
}

/** The schema that the whole path is the URN of, as in `attributes=urn:…:enterprise:2.0:User`. */
export function schemaOfPath(type: ResourceType, path: AttributePath): Schema | undefined {
  if (path.schema === undefined || path.sub !== undefined) return undefined
  return findSchema(type, `${path.schema}:${path.attribute}`)
}

/** The schema of a resource type with this URN, whatever its letter case. */
export function findSchema(type: ResourceType, urn: string): Schema | undefined {
  if (sameUrn(type.schema.id, urn)) return type.schema
  return type.extensions.find(({ schema }) => sameUrn(schema.id, urn))?.schema
}

/** The path in canonical spelling; attributes of an extension carry its URN. */
export function printResolved(resolved: ResolvedPath): string {
  return printAttributePath({
    ...(resolved.extension ? { schema: resolved.schema.id } : {}),
    attribute: resolved.attribute.name,
    ...(resolved.sub === undefined ? {} : { sub: resolved.sub.name }),
  })
}

function resolveIn(
  schema: Schema,
  extension: boolean,
  name: string,
  subName: string | undefined,
): ResolvedPath | undefined {
  const attribute =
    findAttribute(schema.attributes, name) ??
    (extension ? undefined : findAttribute(COMMON_ATTRIBUTES, name))
  if (attribute === undefined) return undefined
  if (subName === undefined) return { schema, extension, attribute }
  const sub = findAttribute(attribute.subAttributes ?? [], subName)
  return sub === undefined ? undefined : { schema, extension, attribute, sub }
}

function expectPath(scanner: Scanner): Token {
  return scanner.expect('word', 'the name of an attribute')
}

function pathOf(names: readonly string[]): AttributePath {
  const [attribute = '', sub] = names
  return sub === undefined ? { attribute } : { attribute, sub }
}

/** Refuses what is not a name: a letter, then letters, digits, `$`, `-`, `_`; and `$ref` (RFC 7643 §2.1). */
export function checkName(scanner: Scanner, name: string, position: number): void {
  if (name === '') throw scanner.errorAt(position, 'expected the name of an attribute')
  const wrong = name.search(/[^A-Za-z0-9$_-]/)
  const at = wrong !== -1 ? wrong : /^[0-9_-]/.test(name) ? 0 : -1
  if (at !== -1) {
    throw scanner.errorAt(
      position + at,
      `"${shorten(name)}" is not the name of an attribute: a letter is followed by letters, digits, "-" and "_"`,
    )
  }
}

function checkUri(scanner: Scanner, schema: string, position: number): void {
  const wrong = schema.search(/[^A-Za-z0-9._~:/?#@!$&'*+;=%-]/)
  if (wrong !== -1) throw scanner.errorAt(position + wrong, 'expected the URN of a schema')
  if (!/^[A-Za-z]/.test(schema)) throw scanner.errorAt(position, 'expected the URN of a schema')
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
