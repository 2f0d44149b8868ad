/** Tags of LDAP messages (RFC 4511 §4, appendix B) beside those of its operations. */
export const TAGS = {
  integer: 0x02,
  octetString: 0x04,
  boolean: 0x01,
  enumerated: 0x0a,
  sequence: 0x30,
  set: 0x31,
  controls: 0xa0,
  referral: 0xa3,
  responseName: 0x8a,
} as const

/**
 * Reads BER element by element and is strict about it: each call consumes one whole element or
 * throws. Not ldapts' own reader: its message parsers answer a truncated element with an empty value
 * and stay where they are, so that their loops never end; and it copies every element.
 */
export class Reader {
  private readonly source: Buffer
  private at: number
  private readonly end: number

  constructor(octets: Buffer, at = 0, end = octets.length) {
    this.source = octets
    this.at = at
    this.end = end
  }

  /** Where the next element begins. */
  get position(): number {
    return this.at
  }

  get done(): boolean {
    return this.at >= this.end
  }

  /** The tag of the next element; `undefined` at the end. */
  get tag(): number | undefined {
    return this.done ? undefined : this.source[this.at]
  }

  /**
   * The content of the next element, as a view of what is read.
   *
   * @throws {SyntaxError} Where the next element has another tag or is cut off.
   */
  octets(tag: number): Buffer {
    const start = this.enter(tag)
    return this.source.subarray(start, this.at)
  }

  text(): string {
    const start = this.enter(TAGS.octetString)
    return this.source.toString('utf8', start, this.at)
  }

  integer(tag: number = TAGS.integer): number {
    const start = this.enter(tag)
    const length = this.at - start
    if (length === 0 || length > 4) throw new SyntaxError('an integer out of range')
    return this.source.readIntBE(start, length)
  }

  sequence(tag: number = TAGS.sequence): Reader {
    const start = this.enter(tag)
    return new Reader(this.source, start, this.at)
  }

  /** Steps over the next element, whatever it is. */
  skip(): void {
    const { tag } = this
    if (tag === undefined) throw new SyntaxError('an element is missing')
    this.enter(tag)
  }

  /** Steps over the next element; returns where its content begins. It ends where we are then. */
  private enter(tag: number): number {
    const found = this.tag
    if (found !== tag) {
      const instead = found === undefined ? 'the end' : `0x${found.toString(16)}`
      throw new SyntaxError(`expected 0x${tag.toString(16)}, found ${instead}`)
    }
    const first = this.source[this.at + 1] ?? 0
    const more = first < 0x80 ? 0 : first & 0x7f
    const start = this.at + 2 + more
    // RFC 4511 §5.1 has no indefinite lengths; nothing is as long as five octets can say.
    if (start > this.end || first === 0x80 || more > 4) throw new SyntaxError(CUT_OFF)
    const length = more === 0 ? first : this.source.readUIntBE(this.at + 2, more)
    if (start + length > this.end) throw new SyntaxError(CUT_OFF)
    this.at = start + length
    return start
  }
}

const CUT_OFF = 'an element is cut off'
