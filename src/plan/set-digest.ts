import { hash } from 'node:crypto'

/** Octets of a hash that are summed up, as whole numbers of 32 bits. */
const OCTETS = 16

/**
 * A digest of texts that does not depend on their order, so that of 100,000 some can be digested now
 * and others later: the sum of their hashes.
 */
export class SetDigest {
  private readonly sums = new Uint32Array(OCTETS / 4)

  add(text: string): void {
    const octets = hash('sha256', text, 'buffer')
    for (let at = 0; at < this.sums.length; at++) {
      this.sums[at] = (this.sums[at] ?? 0) + octets.readUInt32LE(at * 4)
    }
  }

  get text(): string {
    return this.sums.join()
  }
}
