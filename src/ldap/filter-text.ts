import type { Filter } from './filter.ts'
import type { Value } from './value.ts'

const LONGEST = 10_000
const DEEPEST = 100

const OID = '(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\\.[0-9]+)*)'
const DESCRIPTION = new RegExp(`${OID}(?:;[A-Za-z0-9-]+)*`, 'y')
const RULE = new RegExp(OID, 'y')
/** Text of a value up to what ends or interrupts it. */
const PLAIN = /[^()*\\\0]+/y
const OCTET = /\\([0-9A-Fa-f]{2})/y
const BLANKS = /\s*/y

type Comparison = 'equal' | 'greaterOrEqual' | 'lessOrEqual' | 'approximate'

const COMPARISONS: readonly (readonly [string, Comparison])[] = [
  ['>=', 'greaterOrEqual'],
  ['<=', 'lessOrEqual'],
  ['~=', 'approximate'],
  ['=', 'equal'],
]

/**
 * Reads a filter as an operator writes it (RFC 4515 §3, with `(&)` and `(|)` of RFC 4526). Blanks
 * between its parts are allowed, as in other tools.
 *
 * @throws {SyntaxError} With the position and what was expected there.
 */
export function parseFilter(text: string): Filter {
  const reader = new FilterReader(text)
  const filter = reader.filter(1)
  reader.end()
  return filter
}

class FilterReader {
  private position = 0
  private readonly text: string

  constructor(text: string) {
    this.text = text
    if (text.length > LONGEST)
      throw new SyntaxError(`not a filter: more than ${LONGEST} characters`)
    this.blanks()
  }

  filter(depth: number): Filter {
    if (depth > DEEPEST) throw this.error(`at most ${DEEPEST} filters in each other`)
    this.expect('(')
    this.blanks()
    const filter = this.component(depth)
    this.expect(')')
    this.blanks()
    return filter
  }

  end(): void {
    if (this.position < this.text.length) throw this.error('the end')
  }

  private component(depth: number): Filter {
    if (this.skip('&')) return this.junction('and', depth)
    if (this.skip('|')) return this.junction('or', depth)
    if (this.skip('!')) {
      this.blanks()
      return { kind: 'not', filter: this.filter(depth + 1) }
    }
    return this.item()
  }

  private junction(kind: 'and' | 'or', depth: number): Filter {
    this.blanks()
    const filters: Filter[] = []
    while (this.text[this.position] === '(') filters.push(this.filter(depth + 1))
    if (filters.length === 0) return { kind: kind === 'and' ? 'true' : 'false' }
    return { kind, filters }
  }

  private item(): Filter {
    const [attribute] = this.take(DESCRIPTION) ?? []
    if (this.text[this.position] === ':') return this.extensible(attribute)
    if (attribute === undefined) throw this.error('an attribute, "&", "|" or "!"')
    const comparison = COMPARISONS.find(([sign]) => this.skip(sign))
    if (comparison === undefined) throw this.error('"=", ">=", "<=" or "~="')
    const [, kind] = comparison
    return kind === 'equal' ? this.equality(attribute) : { kind, attribute, value: this.value() }
  }

  /** `a=b`, `a=*` and `a=b*c`. */
  private equality(attribute: string): Filter {
    const first = this.value()
    if (this.text[this.position] !== '*') return { kind: 'equal', attribute, value: first }
    const pieces = [first]
    while (this.skip('*')) pieces.push(this.value())
    const [initial, ...rest] = pieces.map((piece) => this.textPiece(piece))
    const final = rest.pop()
    const any = rest.filter((piece) => piece !== '')
    if (!initial && !final && any.length === 0) return { kind: 'present', attribute }
    return {
      kind: 'substrings',
      attribute,
      any,
      ...(initial ? { initial } : {}),
      ...(final ? { final } : {}),
    }
  }

  /** `[attribute][:dn][:rule]:=value`, one of attribute and rule at least. */
  private extensible(attribute: string | undefined): Filter {
    const dnAttributes = /^:dn(?=:)/i.test(this.text.slice(this.position, this.position + 4))
    if (dnAttributes) this.position += 3
    const rule = this.text.startsWith(':=', this.position) ? undefined : this.rule()
    if (attribute === undefined && rule === undefined) throw this.error('a matching rule')
    this.expect(':=')
    return {
      kind: 'extensible',
      ...(attribute === undefined ? {} : { attribute }),
      ...(dnAttributes ? { dnAttributes } : {}),
      ...(rule === undefined ? {} : { rule }),
      value: this.value(),
    }
  }

  private rule(): string {
    this.expect(':')
    const [rule] = this.take(RULE) ?? []
    if (rule === undefined) throw this.error('a matching rule')
    return rule
  }

  /** Text with `\XX` for octets; what these make is bytes where it is no UTF-8. */
  private value(): Value {
    const parts: Buffer[] = []
    for (;;) {
      const plain = this.take(PLAIN)
      const octet = plain === undefined ? this.take(OCTET) : undefined
      if (plain !== undefined) parts.push(Buffer.from(plain[0]))
      else if (octet?.[1] !== undefined) parts.push(Buffer.from(octet[1], 'hex'))
      else break
    }
    if (this.text[this.position] === '\\') throw this.error('two hexadecimal digits after "\\"')
    const octets = Buffer.concat(parts)
    const text = octets.toString('utf8')
    return Buffer.from(text).equals(octets) ? text : new Uint8Array(octets)
  }

  private textPiece(piece: Value): string {
    if (typeof piece === 'string') return piece
    throw this.error('substrings that are UTF-8 text')
  }

  private expect(sign: string): void {
    if (!this.skip(sign)) throw this.error(`"${sign}"`)
  }

  private skip(sign: string): boolean {
    if (!this.text.startsWith(sign, this.position)) return false
    this.position += sign.length
    return true
  }

  private blanks(): void {
    this.take(BLANKS)
  }

  private take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.position
    const match = pattern.exec(this.text)
    if (match === null) return undefined
    this.position = pattern.lastIndex
    return match
  }

  private error(expected: string): SyntaxError {
    const found = this.text[this.position]
    const came = found === undefined ? 'the end' : `"${found}"`
    return new SyntaxError(
      `not a filter: expected ${expected} at character ${this.position + 1}, found ${came}`,
    )
  }
}
