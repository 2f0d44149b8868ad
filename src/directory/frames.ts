/**
 * Cuts the bytes of a socket into whole LDAP messages (RFC 4511 §5.2), in time linear in what
 * arrives however small the pieces are.
 */
export class Frames {
  private chunks: Buffer[] = []
  private size = 0
  /** Octets of the message that is arriving; unknown before its header is complete. */
  private expected: number | undefined
  private readonly maxBytes: number

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** Octets that wait for the rest of their message. */
  get waiting(): number {
    return this.size
  }

  /**
   * The messages that `chunk` completes, one after the other.
   *
   * @throws {SyntaxError} Where the bytes are no BER sequence or declare a message that is too large.
   */
  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    this.chunks.push(chunk)
    this.size += chunk.length
    for (;;) {
      this.expected ??= this.messageLength()
      if (this.expected === undefined || this.size < this.expected) return
      const message = this.take(this.expected)
      this.expected = undefined
      yield message
    }
  }

  private messageLength(): number | undefined {
    const header = this.peek(6)
    const [tag, first] = header
    if (tag === undefined) return undefined
    if (tag !== 0x30) throw new SyntaxError(`a message begins with 0x${tag.toString(16)}`)
    if (first === undefined) return undefined
    if (first < 0x80) return 2 + first
    const count = first & 0x7f
    if (count === 0 || count > 4) throw new SyntaxError('a message of indefinite or absurd length')
    if (header.length < 2 + count) return undefined
    const length = 2 + count + header.readUIntBE(2, count)
    if (length > this.maxBytes) {
      throw new SyntaxError(`a message of ${length} bytes, more than the ${this.maxBytes} allowed`)
    }
    return length
  }

  private peek(count: number): Buffer {
    const [first] = this.chunks
    if (first !== undefined && first.length >= count) return first.subarray(0, count)
    const parts: Buffer[] = []
    let size = 0
    for (const chunk of this.chunks) {
      parts.push(chunk)
      size += chunk.length
      if (size >= count) break
    }
    return Buffer.concat(parts).subarray(0, count)
  }

  private take(count: number): Buffer {
    let used = 0
    let size = 0
    for (const chunk of this.chunks) {
      size += chunk.length
      used++
      if (size >= count) break
    }
    const parts = this.chunks.splice(0, used)
    const last = parts.pop() ?? Buffer.alloc(0)
    const end = last.length - (size - count)
    if (end < last.length) this.chunks.unshift(last.subarray(end))
    this.size -= count
    const head = last.subarray(0, end)
    return parts.length === 0 ? head : Buffer.concat([...parts, head], count)
  }
}
