import anyAscii from 'any-ascii'
import { Drop, Liquid } from 'liquidjs'
import type { Template as ParsedTemplate } from 'liquidjs'
import { parseDn, printDn } from '../ldap/dn.ts'
import type { Dn } from '../ldap/dn.ts'
import { equal, printFilter } from '../ldap/filter.ts'
import type { Json, JsonObject, Resource } from '../scim/resource.ts'
import { countryName, countryNumber } from './countries.ts'

/** A compiled Liquid template over the attributes of one resource. */
export interface Template {
  readonly source: string
  /** What it reads, e.g. `["name", "givenName"]`; `suffix` and `n` are not among them. */
  readonly variables: readonly (readonly (string | number)[])[]
  /** Whether it reads `n`, the number that tells names apart. */
  readonly numbered: boolean
  readonly asText: readonly ParsedTemplate[]
  /** Parsed a second time: what is put out is escaped for a DN, which is bound when parsing. */
  readonly asDn: readonly ParsedTemplate[]
}

/** What templates read besides the resource. */
export interface TemplateScope {
  readonly suffix: Dn
  /** The number that tells an entry's name from others; nothing for the first of a name. */
  readonly n?: number | undefined
  /** The same of the values that are written beside the name and counted, by LDAP attribute. */
  readonly numbers?: ReadonlyMap<string, number>
  /** Schema URN of each extension by the alias that the mapping uses, e.g. `enterprise`. */
  readonly extensions: ReadonlyMap<string, string>
}

/** Marks text that stands for a whole DN and is therefore not escaped as an RDN value. */
class RawDn {
  private readonly text: string

  constructor(dn: Dn) {
    this.text = printDn(dn)
  }

  toString(): string {
    return this.text
  }
}

/** Filters of ours beside those of Liquid. */
const FILTERS = { ascii, samAccountName, countryName, countryNumber } as const

/** Says nothing in a DN either, where anything else that is empty is a mistake, and is no in a condition. */
class NoNumber extends Drop {
  override valueOf(): undefined {
    return undefined
  }

  override toString(): string {
    return ''
  }
}

/** `templates`: there are no others to include, in particular no files. */
const OPTIONS = { strictFilters: true, ownPropertyOnly: true, templates: {} } as const
const plain = new Liquid(OPTIONS)
const inDn = new Liquid({ ...OPTIONS, outputEscape: escapeInDn })
const inFilter = new Liquid({ ...OPTIONS, outputEscape: escapeInFilter })
for (const engine of [plain, inDn, inFilter]) {
  for (const [name, filter] of Object.entries(FILTERS)) engine.registerFilter(name, filter)
}

/** @throws {SyntaxError} Where the text is no Liquid template; the message says why. */
export function compileTemplate(source: string): Template {
  try {
    const asText = plain.parse(source)
    const read = plain
      .globalVariableSegmentsSync(asText)
      .map((segments) => segments.filter((part) => typeof part !== 'object'))
    const variables = read.filter(([first]) => first !== 'suffix' && first !== 'n')
    const numbered = read.some(([first]) => first === 'n')
    return { source, variables, numbered, asText, asDn: inDn.parse(source) }
  } catch (error) {
    throw new SyntaxError(firstLine(error), { cause: error })
  }
}

/** The text of a template; unassigned attributes are empty. Blanks at both ends are dropped. */
export function expandText(template: Template, resource: Resource, scope: TemplateScope): string {
  return String(plain.renderSync([...template.asText], variablesOf(resource, scope))).trim()
}

/** The text of an LDAP filter with what the template puts out escaped as assertion values. */
export function expandFilter({ source }: Template, scope: TemplateScope): string {
  return String(inFilter.parseAndRenderSync(source, variablesOf({}, scope)))
}

/**
 * The DN of a template, each value escaped for where it stands.
 *
 * @returns The names of unassigned and blank attributes instead, where one of them leaves a value
 *   empty.
 */
export function expandDn(
  template: Template,
  resource: Resource,
  scope: TemplateScope,
): { readonly dn: Dn } | { readonly missing: readonly string[] } {
  const variables = variablesOf(resource, scope)
  try {
    return { dn: parseDn(String(inDn.renderSync([...template.asDn], variables))) }
  } catch (error) {
    const missing = template.variables
      .filter((segments) => isBlank(valueAt(variables, segments)))
      .map((segments) => segments.join('.'))
    if (missing.length === 0) throw error
    return { missing }
  }
}

/** Whether what a template reads differs between two resources. */
export function readsDifference(
  template: Template,
  before: Resource,
  after: Resource,
  scope: TemplateScope,
): boolean {
  const [a, b] = [variablesOf(before, scope), variablesOf(after, scope)]
  return template.variables.some(
    (segments) => JSON.stringify(valueAt(a, segments)) !== JSON.stringify(valueAt(b, segments)),
  )
}

function variablesOf(resource: Resource, scope: TemplateScope): Record<string, unknown> {
  const variables: Record<string, unknown> = { ...resource }
  for (const [alias, urn] of scope.extensions) variables[alias] = resource[urn] ?? {}
  return { ...variables, n: scope.n ?? new NoNumber(), suffix: new RawDn(scope.suffix) }
}

function valueAt(
  variables: Record<string, unknown>,
  segments: readonly (string | number)[],
): Json | undefined {
  let value = variables as unknown
  for (const segment of segments) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment))
      return undefined
    value = (value as JsonObject)[segment]
  }
  return value as Json
}

function isBlank(value: Json | undefined): boolean {
  return value === undefined || (typeof value === 'string' && value.trim() === '')
}

/** Text in ASCII, as near as can be: ü is u, ß is ss, Ж is Zh; the soft sign of ь is nothing. */
function ascii(value: unknown): string {
  return textIn(value)
    .replace(/\p{L}+/gu, (letters) => anyAscii(letters).replaceAll("'", ''))
    .replace(/[^\0-\x7f]+/g, anyAscii)
}

/**
 * Text as a sAMAccountName may be (MS-SAMR §3.1.1.6): in ASCII, what Windows refuses is `_`, no full
 * stop or blank at the end; with the number behind it, if any, at most `length` characters.
 */
function samAccountName(value: unknown, length: unknown = 20, n?: unknown): string {
  const number = typeof n === 'number' ? String(n) : ''
  const allowed = ascii(value)
    .replace(/["/\\[\]:;|=,+*?<>@\p{Cc}]/gu, '_')
    .trim()
  const cut = allowed.slice(0, Number(length) - number.length).replace(/[. ]+$/, '')
  return cut === '' ? '' : cut + number
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function escapeInDn(value: unknown): string {
  if (value instanceof RawDn || value instanceof NoNumber) return value.toString()
  if (value === undefined || value === null) throw new SyntaxError('an empty value in a DN')
  if (typeof value === 'object') throw new SyntaxError('a complex value in a DN')
  const text = `${value as string | number | boolean}`
  if (text.trim() === '') throw new SyntaxError('an empty value in a DN')
  return printDn({ rdns: [[{ type: 'x', value: text }]] }).slice('x='.length)
}

function escapeInFilter(value: unknown): string {
  return printFilter(equal('x', String(value))).slice('(x='.length, -')'.length)
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n', 1)[0] ?? message
}
