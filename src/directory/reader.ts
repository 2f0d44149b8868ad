import { BerReader } from 'ldapts'

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
 * throws. ldapts' own message parsers answer a truncated element with an empty value and stay where
 * they are, so that their loops never end; its `BerReader` is safe where nothing but whole elements
 * are read.
 */
export class Reader {
  private readonly ber: BerReader

  constructor(octets: Buffer) {
    this.ber = new BerReader(octets)
  }

  get done(): boolean {
    return this.ber.remain <= 0
  }

  /** The tag of the next element; `undefined` at the end. */
  get tag(): number | undefined {
    return this.ber.peek() ?? undefined
  }

  /**
   * The content of the next element.
   *
   * @throws {Error} Where the next element has another tag or is cut off.
   */
  octets(tag: number): Buffer {
    const octets = this.ber.readString(tag, true)
    if (octets === null || this.ber.length < 0) throw new SyntaxError('an element is cut off')
    return octets
  }

  text(): string {
    return this.octets(TAGS.octetString).toString('utf8')
  }

  integer(tag: number = TAGS.integer): number {
    const octets = this.octets(tag)
    if (octets.length === 0 || octets.length > 4) throw new SyntaxError('an integer out of range')
    return octets.readIntBE(0, octets.length)
  }

  sequence(tag: number = TAGS.sequence): Reader {
    return new Reader(this.octets(tag))
  }

  /** Steps over the next element, whatever it is. */
  skip(): void {
    const { tag } = this
    if (tag === undefined) throw new SyntaxError('an element is missing')
    this.octets(tag)
  }
}
