import type { Value } from './value.ts'

/** One attribute and value of an RDN, the value unescaped. */
export interface Assertion {
  readonly type: string
  readonly value: Value
}

/** A relative distinguished name: one assertion, rarely several (`cn=a+uid=b`). */
export type Rdn = readonly Assertion[]

/** A distinguished name, the entry's own RDN first. The empty DN has no RDNs. */
export interface Dn {
  readonly rdns: readonly Rdn[]
}

const TYPE = /[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*/y
/** What a value may hold as it is; blanks at its ends are cut off. */
const PLAIN = /[^"+,;<>\\]*/y
/** An octet as two hexadecimal digits, or a character that may stand behind a backslash. */
const ESCAPED = /\\(?:([0-9A-Fa-f]{2})|([ "#+,;<=>\\]))/y
const ESCAPED_ANY = /\\([^])/uy
const QUOTED = /[^"\\]+/y
const HEXADECIMAL = /#((?:[0-9A-Fa-f]{2})+)/y
const BLANKS = / */y
const SPECIAL = /["+,;<>\\=\x00-\x1f\x7f]|^[ #]| $/g

/**
 * Reads a DN (RFC 4514 §3, and the quoted form and `;` of RFC 2253 §4).
 *
 * @param options.from `server` for names that a server gave: its NUL is kept, which is refused
 *   elsewhere because some servers change it or cut the DN there; and a backslash may stand before
 *   any character (Samba writes `\\?`).
 * @throws {SyntaxError} Where the text is not a DN.
 */
export function parseDn(text: string, options: { readonly from?: 'server' } = {}): Dn {
  if (/^ *$/.test(text)) return { rdns: [] }
  const reader = new DnReader(text, options.from === 'server')
  const rdns: Rdn[] = []
  do rdns.push(reader.rdn())
  while (reader.separator())
  return { rdns }
}

/** Writes a DN by RFC 4514 §2; special characters and blanks at the ends as `\XX`. */
export function printDn(dn: Dn): string {
  return dn.rdns.map(printRdn).join(',')
}

export function printRdn(rdn: Rdn): string {
  return rdn.map(({ type, value }) => `${type}=${escapeValue(value)}`).join('+')
}

/**
 * A text that two DNs share exactly if they name the same entry, as far as that can be said
 * without the schema: types and values ignore case, runs of blanks count as one.
 */
export function dnKey(dn: Dn): string {
  let key = keys.get(dn)
  if (key === undefined) keys.set(dn, (key = dn.rdns.map(rdnKey).join(',')))
  return key
}

/** Bases and entries are compared over and over again. */
const keys = new WeakMap<Dn, string>()

export function rdnKey(rdn: Rdn): string {
  if (rdn.length === 1 && rdn[0] !== undefined) return assertionKey(rdn[0])
  return rdn.map(assertionKey).sort().join('+')
}

export function sameDn(a: Dn, b: Dn): boolean {
  return a.rdns.length === b.rdns.length && dnKey(a) === dnKey(b)
}

/** The DN one level up; `undefined` for the empty DN. */
export function parentOf(dn: Dn): Dn | undefined {
  return dn.rdns.length === 0 ? undefined : { rdns: dn.rdns.slice(1) }
}

export function childOf(parent: Dn, rdn: Rdn): Dn {
  return { rdns: [rdn, ...parent.rdns] }
}

/** Whether `dn` is `base` or lies below it. */
export function isWithin(dn: Dn, base: Dn): boolean {
  return isKeyWithin(dnKey(dn), base)
}

/** Whether the DN with this `dnKey` is `base` or lies below it. */
export function isKeyWithin(key: string, base: Dn): boolean {
  if (base.rdns.length === 0) return true
  const end = dnKey(base)
  // A comma in a value is escaped.
  return key.endsWith(end) && (key.length === end.length || key.at(-end.length - 1) === ',')
}

/** The deepest DN that contains all of `dns`; the empty DN if they share none. */
export function commonAncestor(dns: readonly Dn[]): Dn {
  const [first, ...others] = dns
  if (first === undefined) return { rdns: [] }
  let ancestor = first
  while (!others.every((other) => isWithin(other, ancestor))) {
    ancestor = { rdns: ancestor.rdns.slice(1) }
  }
  return ancestor
}

function assertionKey({ type, value }: Assertion): string {
  const folded =
    typeof value === 'string' ? trimBlanks(value.replace(/ {2,}/g, ' ')).toLowerCase() : value
  return `${type.toLowerCase()}=${escapeValue(folded)}`
}

function escapeValue(value: Value): string {
  if (typeof value !== 'string') return '#' + derOctetString(value).toString('hex')
  return value.replace(
    SPECIAL,
    (char) => '\\' + char.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase(),
  )
}

/** RFC 4514 §2.4: values without a text form are `#` and the hexadecimal digits of their BER. */
function derOctetString(value: Uint8Array): Buffer {
  const { length } = value
  const header = length < 0x80 ? [0x04, length] : [0x04, 0x83, length >> 16, length >> 8, length]
  return Buffer.concat([Buffer.from(header), value])
}

class DnReader {
  private position = 0
  private readonly text: string
  private readonly lenient: boolean

  constructor(text: string, lenient: boolean) {
    this.text = text
    this.lenient = lenient
  }

  rdn(): Rdn {
    const assertions = [this.assertion()]
    while (this.text[this.position] === '+') {
      this.position++
      assertions.push(this.assertion())
    }
    return assertions
  }

  /** Steps over `,` or `;`; false at the end. */
  separator(): boolean {
    if (this.position === this.text.length) return false
    this.position++
    return true
  }

  private assertion(): Assertion {
    this.take(BLANKS)
    const [type] = this.take(TYPE) ?? []
    if (type === undefined) throw this.error('an attribute type')
    this.take(BLANKS)
    if (this.text[this.position] !== '=') throw this.error('"="')
    this.position++
    this.take(BLANKS)
    const value = this.value()
    this.take(BLANKS)
    const next = this.text[this.position]
    if (next !== undefined && !',;+'.includes(next)) throw this.error('",", "+" or the end')
    if (!this.lenient && holdsNul(value)) {
      throw new SyntaxError(`not a DN: the value of ${type} holds NUL`)
    }
    return { type, value }
  }

  private value(): Value {
    if (this.text[this.position] === '#') return this.hexadecimalValue()
    if (this.text[this.position] === '"') return this.quotedValue()
    let [text] = this.take(PLAIN) ?? ['']
    if (this.text[this.position] !== '\\') return trimEnd(text)
    const parts: Buffer[] = []
    while (this.text[this.position] === '\\') {
      parts.push(Buffer.from(text), this.escaped())
      text = this.take(PLAIN)?.[0] ?? ''
    }
    parts.push(Buffer.from(trimEnd(text)))
    return valueOf(Buffer.concat(parts))
  }

  private quotedValue(): Value {
    this.position++
    const parts: Buffer[] = []
    while (this.text[this.position] !== '"') {
      const plain = this.take(QUOTED)
      if (plain !== undefined) parts.push(Buffer.from(plain[0]))
      else if (this.position === this.text.length) throw this.error('a closing quote')
      else parts.push(this.escaped())
    }
    this.position++
    return valueOf(Buffer.concat(parts))
  }

  private hexadecimalValue(): Value {
    const start = this.position
    const [, digits] = this.take(HEXADECIMAL) ?? []
    const content = digits === undefined ? undefined : contentOf(Buffer.from(digits, 'hex'))
    if (content === undefined) {
      this.position = start
      throw this.error('"#" and the hexadecimal digits of a BER value')
    }
    return valueOf(content)
  }

  private escaped(): Buffer {
    const match = this.take(ESCAPED)
    if (match !== undefined) {
      const [, octet, character = ''] = match
      return octet === undefined ? Buffer.from(character) : Buffer.from(octet, 'hex')
    }
    const any = this.lenient ? this.take(ESCAPED_ANY)?.[1] : undefined
    if (any !== undefined) return Buffer.from(any)
    throw this.error('two hexadecimal digits or a special character after "\\"')
  }

  private take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.position
    const match = pattern.exec(this.text)
    if (match === null) return undefined
    this.position = pattern.lastIndex
    return match
  }

  private error(expected: string): SyntaxError {
    return new SyntaxError(`not a DN: expected ${expected} at character ${this.position + 1}`)
  }
}

/** Without the blanks at its end; `/ +$/` would be quadratic in them. */
function trimEnd(text: string): string {
  let end = text.length
  while (text[end - 1] === ' ') end--
  return text.slice(0, end)
}

function trimBlanks(text: string): string {
  let start = 0
  while (text[start] === ' ') start++
  return trimEnd(text.slice(start))
}

function valueOf(octets: Buffer): Value {
  const text = octets.toString('utf8')
  return Buffer.from(text).equals(octets) ? text : new Uint8Array(octets)
}

/** The content of one BER element; `undefined` where its length does not fit. */
function contentOf(element: Buffer): Buffer | undefined {
  const first = element[1] ?? 0
  const more = first < 0x80 ? 0 : first & 0x7f
  if (more > 4 || element.length < 2 + more) return undefined
  const length = more === 0 ? first : element.readUIntBE(2, more)
  return element.length === 2 + more + length && first !== 0x80
    ? element.subarray(2 + more)
    : undefined
}

function holdsNul(value: Value): boolean {
  return typeof value === 'string' ? value.includes('\0') : value.includes(0)
}
