import type { Value } from './value.ts'
import { bytesOf, textOf } from './value.ts'

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

const TYPE = /^(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*)$/
const MUST_ESCAPE = new Set(['"', '+', ',', ';', '<', '>', '\\', '='])

/**
 * Reads a DN (RFC 4514 §3, and the quoted form of RFC 2253 §4).
 *
 * @throws {SyntaxError} Where the text is not a DN, or where a value holds NUL, which the servers
 *   do not agree on (some cut the DN there).
 */
export function parseDn(text: string): Dn {
  if (text.trim() === '') return { rdns: [] }
  const reader = new DnReader(text)
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
  return dn.rdns.map(rdnKey).join(',')
}

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
  const depth = dn.rdns.length - base.rdns.length
  return depth >= 0 && dnKey({ rdns: dn.rdns.slice(depth) }) === dnKey(base)
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
  const folded = textOf(value).trim().replace(/ +/g, ' ').toLowerCase()
  return `${type.toLowerCase()}=${escapeValue(folded)}`
}

function escapeValue(value: Value): string {
  if (typeof value !== 'string') return '#' + Buffer.from(derOctetString(value)).toString('hex')
  let out = ''
  const last = value.length - 1
  for (const [index, char] of [...indexed(value)]) {
    const code = char.charCodeAt(0)
    const edgeBlank = char === ' ' && (index === 0 || index === last)
    if (
      MUST_ESCAPE.has(char) ||
      edgeBlank ||
      (char === '#' && index === 0) ||
      code < 0x20 ||
      code === 0x7f
    ) {
      out += '\\' + code.toString(16).padStart(2, '0').toUpperCase()
    } else out += char
  }
  return out
}

function* indexed(text: string): Generator<readonly [number, string]> {
  for (let index = 0; index < text.length; index++) yield [index, text.charAt(index)]
}

/** RFC 4514 §2.4: `#` and the hexadecimal BER encoding of the value. */
function derOctetString(value: Uint8Array): Uint8Array {
  if (value.length < 0x80) return Buffer.concat([Buffer.from([0x04, value.length]), value])
  const length = Buffer.from(value.length.toString(16).padStart(8, '0'), 'hex')
  return Buffer.concat([Buffer.from([0x04, 0x84]), length, value])
}

class DnReader {
  private position = 0
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  rdn(): Rdn {
    const assertions = [this.assertion()]
    while (this.peek() === '+') {
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
    const equals = this.text.indexOf('=', this.position)
    const type = equals < 0 ? '' : this.text.slice(this.position, equals).trim()
    if (!TYPE.test(type)) throw this.error('an attribute type and "="')
    this.position = equals + 1
    this.blanks()
    const value = this.value()
    this.blanks()
    const next = this.peek()
    if (next !== undefined && next !== ',' && next !== ';' && next !== '+')
      throw this.error('"," or the end')
    if (typeof value === 'string' && value.includes('\0')) {
      throw new SyntaxError(`not a DN: a value of ${type} holds NUL`)
    }
    return { type, value }
  }

  private value(): Value {
    if (this.peek() === '#') return this.hexValue()
    if (this.peek() === '"') return this.quotedValue()
    const parts: Uint8Array[] = []
    let start = this.position
    let kept = 0 // octets up to here stay, even if they are blanks
    let size = 0
    const push = (part: Uint8Array) => {
      parts.push(part)
      size += part.length
    }
    for (;;) {
      const char = this.peek()
      if (char === undefined || char === ',' || char === ';' || char === '+') break
      if (char === '"' || char === '<' || char === '>') throw this.error(`"\\${char}"`)
      if (char === '\\') {
        push(Buffer.from(this.text.slice(start, this.position)))
        push(this.escaped())
        kept = size
        start = this.position
      } else this.position++
    }
    push(Buffer.from(this.text.slice(start, this.position)))
    const all = Buffer.concat(parts)
    let end = all.length
    while (end > kept && all[end - 1] === 0x20) end--
    return this.decode(all.subarray(0, end))
  }

  private quotedValue(): Value {
    this.position++
    const parts: Uint8Array[] = []
    for (;;) {
      const char = this.peek()
      if (char === undefined) throw this.error('a closing quote')
      if (char === '"') break
      if (char === '\\') parts.push(this.escaped())
      else {
        const code = this.text.codePointAt(this.position) ?? 0
        const whole = String.fromCodePoint(code)
        parts.push(Buffer.from(whole))
        this.position += whole.length
      }
    }
    this.position++
    return this.decode(Buffer.concat(parts))
  }

  private hexValue(): Value {
    const match = /^#((?:[0-9A-Fa-f]{2})+)/.exec(this.text.slice(this.position))
    if (match?.[1] === undefined) throw this.error('pairs of hexadecimal digits after "#"')
    this.position += match[0].length
    const ber = Buffer.from(match[1], 'hex')
    const long = (ber[1] ?? 0) & 0x80 ? (ber[1] ?? 0) & 0x7f : 0
    return this.decode(ber.subarray(2 + long))
  }

  private escaped(): Uint8Array {
    const pair = this.text.slice(this.position + 1, this.position + 3)
    if (/^[0-9A-Fa-f]{2}$/.test(pair)) {
      this.position += 3
      return Buffer.from(pair, 'hex')
    }
    const char = this.text.charAt(this.position + 1)
    if (char === '' || !/[ "#+,;<=>\\]/.test(char))
      throw this.error('a character that may be escaped')
    this.position += 2
    return Buffer.from(char)
  }

  private decode(octets: Buffer): Value {
    const text = octets.toString('utf8')
    return Buffer.from(text).equals(octets) ? text : Uint8Array.from(bytesOf(octets))
  }

  private blanks(): void {
    while (this.peek() === ' ') this.position++
  }

  private peek(): string | undefined {
    return this.text[this.position]
  }

  private error(expected: string): SyntaxError {
    return new SyntaxError(`not a DN: expected ${expected} at character ${this.position + 1}`)
  }
}
