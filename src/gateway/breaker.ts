import type { Counters } from '../counters/counters.ts'
import type { Log } from '../ldap/log.ts'
import { Forbidden } from '../scim/error.ts'
import type { BreakerKind, BreakerLimits } from './options.ts'
import { BREAKER_KINDS } from './options.ts'

export type Amounts = Readonly<Partial<Record<BreakerKind, number>>>

/** The breakers of one client at one endpoint. */
export interface ClientBreaker {
  /**
   * Counts what is about to happen, before it does.
   *
   * @returns What takes it back where it did not happen.
   * @throws {Forbidden} massChange, where it is too much, or was before and nobody has reset it.
   */
  take(amounts: Amounts): Promise<() => Promise<void>>
  /** Whether so many more would be within half of what is allowed. */
  isFar(kind: BreakerKind, amount: number): Promise<boolean>
}

/** A client with limits of its own. */
export interface BreakerClient {
  readonly endpoint: string
  readonly client: string
  readonly limits: BreakerLimits
}

/** How one breaker stands. */
export interface BreakerState {
  readonly endpoint: string
  readonly client: string
  readonly kind: BreakerKind
  /** Writes of the kind are refused until somebody resets it. */
  readonly open: boolean
  /** Within the window that is running. */
  readonly count: number
  readonly limit: number
}

/** Of a client without limits. */
export const NO_BREAKER: ClientBreaker = {
  take: () => Promise.resolve(() => Promise.resolve()),
  isFar: () => Promise.resolve(true),
}

/** A breaker that has opened stays so: longer than anybody waits. */
const FOR_GOOD_SECONDS = 10 * 365 * 24 * 3600

const WORDS: Readonly<Record<BreakerKind, string>> = {
  deletes: 'deleted resources',
  disables: 'switched-off accounts',
  memberRemovals: 'members taken out of groups',
}

/** The breakers of all endpoints; what they count lives in the counters, and outlives a reload. */
export class Breakers {
  readonly #counters: Counters
  readonly #log: Pick<Log, 'info' | 'error'>
  readonly #clients: readonly BreakerClient[]

  constructor(
    counters: Counters,
    clients: readonly BreakerClient[],
    log: Pick<Log, 'info' | 'error'>,
  ) {
    this.#counters = counters
    this.#clients = clients
    this.#log = log
  }

  /** The breakers of a client, if it has any. */
  of(endpoint: string, client: string): ClientBreaker {
    const known = this.#clients.find((one) => one.endpoint === endpoint && one.client === client)
    if (known === undefined) return NO_BREAKER
    return {
      take: (amounts) => this.#take(known, amounts),
      isFar: async (kind, amount) => {
        const { total } = await this.#count(known, kind, 0)
        return (total + amount) * 2 <= known.limits[kind]
      },
    }
  }

  async states(): Promise<readonly BreakerState[]> {
    return Promise.all(
      this.#clients.flatMap((known) =>
        BREAKER_KINDS.map(async (kind) => {
          const [open, { total }] = await Promise.all([
            this.#isOpen(known, kind),
            this.#count(known, kind, 0),
          ])
          const { endpoint, client, limits } = known
          return { endpoint, client, kind, open, count: total, limit: limits[kind] }
        }),
      ),
    )
  }

  /** Lets writes pass again, and counts from nothing. @returns Whether there is such a breaker. */
  async reset(endpoint: string, client: string, kind: string): Promise<boolean> {
    const known = this.#clients.find((one) => one.endpoint === endpoint && one.client === client)
    const sort = BREAKER_KINDS.find((one) => one === kind)
    if (known === undefined || sort === undefined) return false
    await this.#counters.clear(keyOf('count', known, sort))
    await this.#counters.clear(keyOf('open', known, sort))
    this.#log.info({ endpoint, client, kind }, 'a breaker was reset')
    return true
  }

  async #take(known: BreakerClient, amounts: Amounts): Promise<() => Promise<void>> {
    const taken: (readonly [BreakerKind, number])[] = []
    const giveBack = async () => {
      for (const [kind, amount] of taken) await this.#count(known, kind, -amount)
    }
    for (const kind of BREAKER_KINDS) {
      const amount = amounts[kind] ?? 0
      if (amount === 0) continue
      if (await this.#isOpen(known, kind)) {
        await giveBack()
        throw this.#refusal(known, kind)
      }
      const { total } = await this.#count(known, kind, amount)
      taken.push([kind, amount])
      if (total <= known.limits[kind]) continue
      await giveBack()
      await this.#counters.add(keyOf('open', known, kind), 1, FOR_GOOD_SECONDS)
      const { endpoint, client, limits } = known
      this.#log.error(
        { endpoint, client, kind, asked: total, limit: limits[kind] },
        'ALARM: a mass change was stopped; the breaker stays open until it is reset',
      )
      throw this.#refusal(known, kind)
    }
    return giveBack
  }

  #refusal({ client, limits }: BreakerClient, kind: BreakerKind): Forbidden {
    return new Forbidden(
      'massChange',
      `more than ${limits[kind]} ${WORDS[kind]} within ${limits.windowMinutes} minutes: the gateway refuses more of them to this client until its operator has looked and reset the breaker`,
      { kind, client },
    )
  }

  async #isOpen(known: BreakerClient, kind: BreakerKind): Promise<boolean> {
    const { total } = await this.#counters.add(keyOf('open', known, kind), 0, FOR_GOOD_SECONDS)
    return total > 0
  }

  #count(known: BreakerClient, kind: BreakerKind, amount: number) {
    return this.#counters.add(keyOf('count', known, kind), amount, known.limits.windowMinutes * 60)
  }
}

function keyOf(what: 'count' | 'open', { endpoint, client }: BreakerClient, kind: BreakerKind) {
  return `breaker:${what}:${JSON.stringify([endpoint, client, kind])}`
}
