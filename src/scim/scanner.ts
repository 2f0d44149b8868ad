import { STRICT } from './client-quirks.ts'
import { ScimError } from './error.ts'
import type { Tolerance } from './client-quirks.ts'
import type { ScimType } from './error.ts'

/** How much a client may send in one text or message. Beyond it the request is refused. */
export const LIMITS = {
  /** Characters of a filter, a path, a list of attributes. */
  textLength: 8192,
  /** Brackets within brackets of a filter. */
  depth: 32,
  /** Comparisons and presence tests of a filter. */
  terms: 1000,
  /** Operations of a PATCH. */
  operations: 1000,
} as const

export type Limits = Readonly<Record<keyof typeof LIMITS, number>>

/**
 * A piece of a path or filter. A word is a run of anything but blanks, quotes, brackets and commas:
 * a path with its URN, an operator or a number, as the grammar in charge decides.
 */
export interface Token {
  readonly kind: 'word' | 'string' | '(' | ')' | '[' | ']' | ',' | 'end'
  /** The word as written, or the string without quotes and escapes. */
  readonly text: string
  /** Of its first character, counted from 1. */
  readonly position: number
}

/**
 * Reads a text token by token, in one pass, for the grammars of paths, filters and PATCH paths
 * (RFC 7644 §3.4.2.2, §3.5.2, §3.10), and holds them to the limits.
 */
export class Scanner {
  /** Keyword of refusals. A PATCH path sets another inside its brackets. */
  refusal: ScimType
  /** For what the grammars do not have and clients write. */
  tolerance: Tolerance = STRICT
  readonly #what: string
  readonly #text: string
  readonly #limits: Limits
  #at = 0
  #peeked: Token | undefined
  #depth = 0
  #terms = 0

  /** @throws {ScimError} `refusal`, if the text is too long. */
  constructor(what: string, text: string, refusal: ScimType, limits: Partial<Limits> = {}) {
    this.#what = what
    this.#text = text
    this.refusal = refusal
    this.#limits = { ...LIMITS, ...limits }
    const { textLength } = this.#limits
    if (text.length > textLength) {
      throw new ScimError(
        refusal,
        `The ${what} has ${text.length} characters; at most ${textLength} are accepted`,
      )
    }
  }

  peek(): Token {
    return (this.#peeked ??= this.#scan())
  }

  next(): Token {
    const token = this.peek()
    this.#peeked = undefined
    return token
  }

  /** Takes the next token if it is of this kind. */
  accept(kind: Token['kind']): boolean {
    if (this.peek().kind !== kind) return false
    this.next()
    return true
  }

  /** Takes the next token, which must be of this kind. */
  expect(kind: Token['kind'], expected: string): Token {
    if (this.peek().kind !== kind) throw this.error(expected)
    return this.next()
  }

  /** The refusal that says where something else was expected. Values are not repeated in it. */
  error(expected: string, token: Token = this.peek()): ScimError {
    return this.errorAt(token.position, `expected ${expected}, found ${describe(token)}`)
  }

  errorAt(position: number, problem: string): ScimError {
    return new ScimError(
      this.refusal,
      `The ${this.#what} is wrong at character ${position}: ${problem}`,
    )
  }

  /** Counts an opened bracket. */
  enter(): void {
    if (++this.#depth > this.#limits.depth) {
      throw new ScimError(
        this.refusal,
        `The ${this.#what} is nested more than ${this.#limits.depth} deep`,
      )
    }
  }

  leave(): void {
    this.#depth--
  }

  /** Counts a comparison or presence test. */
  term(): void {
    if (++this.#terms > this.#limits.terms) {
      throw new ScimError(
        this.refusal,
        `The ${this.#what} has more than ${this.#limits.terms} comparisons`,
      )
    }
  }

  #scan(): Token {
    while (this.#text[this.#at] === ' ') this.#at++
    const start = this.#at
    const position = start + 1
    const character = this.#text[start]
    switch (character) {
      case undefined:
        return { kind: 'end', text: '', position }
      case '(':
      case ')':
      case '[':
      case ']':
      case ',':
        this.#at++
        return { kind: character, text: character, position }
      case '"':
        return { kind: 'string', text: this.#string(), position }
      default:
        while (!endsWord(this.#text[this.#at])) this.#at++
        if (this.#text[this.#at] === '"') throw this.errorAt(this.#at + 1, 'expected a blank')
        return { kind: 'word', text: this.#text.slice(start, this.#at), position }
    }
  }

  /** A JSON string (RFC 8259 §7), refused where its surrogates do not pair. */
  #string(): string {
    const start = this.#at++
    let value = ''
    for (;;) {
      const character = this.#text[this.#at]
      if (character === undefined) {
        throw this.errorAt(start + 1, 'the string that begins here has no closing quote')
      }
      if (character < ' ') {
        throw this.errorAt(this.#at + 1, 'a control character in a string must be escaped')
      }
      this.#at++
      if (character === '"') break
      value += character === '\\' ? this.#escape() : character
    }
    if (!value.isWellFormed()) {
      throw this.errorAt(start + 1, 'the string holds half a surrogate pair')
    }
    const after = this.#text[this.#at]
    if (!endsWord(after) || after === '"') throw this.errorAt(this.#at + 1, 'expected a blank')
    return value
  }

  #escape(): string {
    const character = this.#text[this.#at++]
    if (character === 'u') {
      const digits = this.#text.slice(this.#at, this.#at + 4)
      if (!/^[0-9A-Fa-f]{4}$/.test(digits)) {
        throw this.errorAt(this.#at + 1, 'expected four hexadecimal digits after \\u')
      }
      this.#at += 4
      return String.fromCharCode(Number.parseInt(digits, 16))
    }
    const escaped = character === undefined ? undefined : ESCAPES.get(character)
    if (escaped === undefined) {
      throw this.errorAt(this.#at, 'expected one of " \\ / b f n r t u after a backslash')
    }
    return escaped
  }
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

function endsWord(character: string | undefined): boolean {
  return character === undefined || ' "()[],'.includes(character)
}

function describe(token: Token): string {
  if (token.kind === 'end') return 'the end'
  if (token.kind === 'string') return 'a string'
  return token.text.length > 40 ? `"${token.text.slice(0, 40)}…"` : `"${token.text}"`
}
