import { hash, randomBytes } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { Counters } from '../counters/counters.ts'
import { ScimError } from '../scim/error.ts'
import type { Kind, Shown } from './auth/method.ts'
import type { LimitOptions } from './options.ts'

/** Credentials that are remembered for having been right. */
const MOST_KNOWN = 10_000

/**
 * Bounds how often one address may fail to show who it is, for each kind of credential. What was
 * right before from the same address passes all the same: nobody is locked out by the failures of
 * somebody else behind the same address.
 */
export class Attempts {
  readonly #counters: Counters
  readonly #limits: LimitOptions['failedAttempts']
  /** Of this process and in front of what is hashed, so that nobody can guess with what is kept. */
  readonly #key: string
  readonly #known: Set<string>

  /** @param before What was right is taken over from it. */
  constructor(counters: Counters, limits: LimitOptions['failedAttempts'], before?: Attempts) {
    this.#counters = counters
    this.#limits = limits
    this.#key = before === undefined ? randomBytes(32).toString('hex') : before.#key
    this.#known = before === undefined ? new Set() : before.#known
  }

  /** @throws {ScimError} 429 where this address has failed too often. */
  async admit(address: string, kind: Kind, shown: Shown): Promise<void> {
    if (this.#known.has(this.#print(address, shown))) return
    const { total, resetsAt } = await this.#count(address, kind, 0)
    if (total < this.#limits.most) return
    throw new ScimError(429, 'too many failed attempts to authenticate from this address', {
      headers: { 'Retry-After': String(Math.max(1, Math.ceil((resetsAt - Date.now()) / 1000))) },
    })
  }

  async failed(address: string, kind: Kind, shown: Shown): Promise<void> {
    this.#known.delete(this.#print(address, shown))
    await this.#count(address, kind, 1)
  }

  succeeded(address: string, shown: Shown): void {
    const print = this.#print(address, shown)
    this.#known.delete(print)
    this.#known.add(print)
    const [oldest] = this.#known
    if (this.#known.size > MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest)
  }

  #count(address: string, kind: Kind, amount: number) {
    return this.#counters.add(`failed:${kind}:${networkOf(address)}`, amount, this.#limits.seconds)
  }

  /** Of address and credential together, so that neither is kept. */
  #print(address: string, { authorization, certificate }: Shown): string {
    const parts = [this.#key, address, authorization?.scheme, authorization?.credentials]
    // An Hmac and its key as objects for each request cost a tenth of a read.
    return hash('sha256', JSON.stringify([...parts, certificate?.fingerprint256]), 'base64')
  }
}

/** Who has one IPv6 address has all of its network. */
function networkOf(address: string): string {
  return isIPv6(address) ? `${expanded(address).slice(0, 4).join(':')}::/64` : address
}

function expanded(address: string): readonly string[] {
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  return [...left, ...Array.from({ length: zeros }, () => '0'), ...right]
}
