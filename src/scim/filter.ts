import { STRICT } from './client-quirks.ts'
import { checkName, printAttributePath, readPath } from './path.ts'
import { Scanner } from './scanner.ts'
import type { Tolerance } from './client-quirks.ts'
import type { AttributePath } from './path.ts'
import type { Limits, Token } from './scanner.ts'

export type Operator = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le'

/** The value of a comparison (RFC 7644 §3.4.2.2: JSON false, null, true, number or string). */
export type Comparand = string | number | boolean | null

/**
 * A filter (RFC 7644 §3.4.2.2). In a value path the inner paths name sub-attributes and are a bare
 * name. `and` and `or` have at least two filters, nested as the client's parentheses say.
 */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | {
      readonly kind: 'compare'
      readonly path: AttributePath
      readonly operator: Operator
      readonly value: Comparand
    }
  | { readonly kind: 'present'; readonly path: AttributePath }
  | { readonly kind: 'valuePath'; readonly path: AttributePath; readonly filter: Filter }

/**
 * The grammar of RFC 7644 §3.4.2.2 with errata 4670 (and before or), 7319 (`not (`), 4690 and 7322
 * (no value path inside a value path). Operators and literals may have any letter case.
 * Where tolerated, `emails[type eq "work"].value eq "…"`, which Entra ID sends, becomes
 * `emails[type eq "work" and value eq "…"]`, and a text needs no quotes.
 *
 * @throws {ScimError} invalidFilter, with the position of what is wrong.
 */
export function parseFilter(
  text: string,
  limits: Partial<Limits> = {},
  tolerance: Tolerance = STRICT,
): Filter {
  const scanner = new Scanner('filter', text, 'invalidFilter', limits)
  scanner.tolerance = tolerance
  const filter = readAlternatives(scanner, false)
  scanner.expect('end', '"and", "or" or the end')
  return filter
}

/** The filter as text that `parseFilter` reads as an equal filter. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.filters
        .map((part) => {
          const bare = part.kind !== 'or' && (part.kind !== 'and' || filter.kind === 'or')
          return bare ? printFilter(part) : `(${printFilter(part)})`
        })
        .join(` ${filter.kind} `)
    case 'not':
      return `not (${printFilter(filter.filter)})`
    case 'compare':
      return `${printAttributePath(filter.path)} ${filter.operator} ${JSON.stringify(filter.value)}`
    case 'present':
      return `${printAttributePath(filter.path)} pr`
    case 'valuePath':
      return `${printAttributePath(filter.path)}[${printFilter(filter.filter)}]`
  }
}

/** The filter of a value path, from after `[` to after `]`. */
export function readValueFilter(scanner: Scanner): Filter {
  scanner.enter()
  const filter = readAlternatives(scanner, true)
  scanner.expect(']', '"and", "or" or "]"')
  scanner.leave()
  return filter
}

/** The sub-attribute in `].value`, if one follows. */
export function readSubAttribute(scanner: Scanner): string | undefined {
  const token = scanner.peek()
  if (token.kind !== 'word' || !token.text.startsWith('.')) return undefined
  scanner.next()
  const name = token.text.slice(1)
  checkName(scanner, name, token.position + 1)
  return name
}

// `inside`: in the brackets of a value path, where paths are names of sub-attributes.

function readAlternatives(scanner: Scanner, inside: boolean): Filter {
  return readJoined(scanner, 'or', () => readJoined(scanner, 'and', () => readOne(scanner, inside)))
}

function readJoined(scanner: Scanner, kind: 'and' | 'or', readPart: () => Filter): Filter {
  const first = readPart()
  if (!isWord(scanner.peek(), kind)) return first
  const filters = [first]
  while (isWord(scanner.peek(), kind)) {
    scanner.next()
    filters.push(readPart())
  }
  return { kind, filters }
}

function readOne(scanner: Scanner, inside: boolean): Filter {
  if (scanner.accept('(')) return readGroup(scanner, inside)
  const token = scanner.expect('word', 'an attribute, "not" or "("')
  if (isWord(token, 'not')) {
    if (scanner.accept('(')) return { kind: 'not', filter: readGroup(scanner, inside) }
    // An attribute may be called "not".
    const { kind } = scanner.peek()
    if (kind !== '[' && !isOperator(scanner.peek())) throw scanner.error('"(" after "not"')
  }
  const path = readPath(scanner, token)
  if (inside && (path.schema !== undefined || path.sub !== undefined)) {
    throw scanner.error('the name of a sub-attribute', token)
  }
  if (scanner.peek().kind !== '[') return readTest(scanner, path)
  if (inside) throw scanner.error('an operator; value paths cannot be nested')
  scanner.next()
  const filter = readValueFilter(scanner)
  const after = scanner.peek()
  const attribute = readSubAttribute(scanner)
  if (attribute === undefined) return { kind: 'valuePath', path, filter }
  const test = readTest(scanner, { attribute })
  const { message } = scanner.error('"and", "or" or the end', after)
  scanner.tolerance.tolerate('testAfterBrackets', message, scanner.refusal)
  const filters = [...(filter.kind === 'and' ? filter.filters : [filter]), test]
  return { kind: 'valuePath', path, filter: { kind: 'and', filters } }
}

function readGroup(scanner: Scanner, inside: boolean): Filter {
  scanner.enter()
  const filter = readAlternatives(scanner, inside)
  scanner.expect(')', '"and", "or" or ")"')
  scanner.leave()
  return filter
}

function readTest(scanner: Scanner, path: AttributePath): Filter {
  scanner.term()
  const token = scanner.peek()
  if (!isOperator(token)) throw scanner.error(`an operator (${OPERATOR_NAMES})`)
  scanner.next()
  if (isWord(token, 'pr')) return { kind: 'present', path }
  // isOperator has looked it up.
  const operator = token.text.toLowerCase() as Operator
  return { kind: 'compare', path, operator, value: readComparand(scanner) }
}

function readComparand(scanner: Scanner): Comparand {
  const token = scanner.next()
  if (token.kind === 'string') return token.text
  if (token.kind === 'word') {
    const literal = LITERALS.get(token.text.toLowerCase())
    if (literal !== undefined) return literal
    if (JSON_NUMBER.test(token.text)) {
      const number = Number(token.text)
      if (Number.isFinite(number)) return number === 0 ? 0 : number // no -0: it has no JSON text
    }
  }
  const error = scanner.error('a string in double quotes, a number, true, false or null', token)
  // What stands in single quotes is no text without quotes, but one with the wrong ones.
  const bare = token.kind === 'word' && !token.text.startsWith("'")
  if (!bare || !token.text.isWellFormed()) throw error
  scanner.tolerance.tolerate('unquotedText', error.message, scanner.refusal)
  return token.text
}

const OPERATORS: ReadonlySet<string> = new Set<Operator | 'pr'>([
  'eq',
  'ne',
  'co',
  'sw',
  'ew',
  'gt',
  'ge',
  'lt',
  'le',
  'pr',
])
const OPERATOR_NAMES = [...OPERATORS].join(', ')

const LITERALS: ReadonlyMap<string, Comparand> = new Map<string, Comparand>([
  ['true', true],
  ['false', false],
  ['null', null],
])

/** RFC 8259 §6. Every character decides alone what follows it, so that nothing is tried twice. */
const JSON_NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/

function isOperator(token: Token): boolean {
  return token.kind === 'word' && OPERATORS.has(token.text.toLowerCase())
}

function isWord(token: Token, word: string): boolean {
  return token.kind === 'word' && token.text.toLowerCase() === word
}
