import { setTimeout as sleep } from 'node:timers/promises'

import type { Log } from '../ldap/log.ts'
import { LdapError, UnavailableError } from '../ldap/result.ts'
import type { Connection } from './connection.ts'
import { openConnection } from './connection.ts'
import { discover, serviceOf } from './discovery.ts'
import { checkIdentities } from './identities.ts'
import type { CompleteOptions } from './options.ts'

const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 15_000
/** A connection that ends sooner makes the next one wait. */
const STABLE_MS = 5_000
/** After a refused password: directories lock accounts that keep trying. */
const REFUSED_DELAY_MS = 60_000

/** Opens connections, one at a time, to the most preferred server that can be had. */
export class Servers {
  private readonly options: CompleteOptions
  private readonly log: Log
  private readonly stop: AbortSignal
  /** When each server failed last; they are tried after the others for a while. */
  private readonly failedAt = new Map<string, number>()
  /** By URL with `+srv`: what DNS said last, for when it says nothing. */
  private readonly discovered = new Map<string, Ranks>()
  /** The servers by preference, as known now. */
  private ranks: Ranks = []
  /** The server that was looked at last, and not lost since. */
  private entered: string | undefined
  private turn: Promise<unknown> = Promise.resolve()
  private failures = 0
  private shortLives = 0
  private lostAt = 0
  private retryAt = 0
  private lastFailure: Error | undefined

  constructor(options: CompleteOptions, log: Log, stop: AbortSignal) {
    this.options = options
    this.log = log
    this.stop = stop
  }

  /** Why no server could be had at the last try; `undefined` if one was. */
  get failure(): Error | undefined {
    return this.lastFailure
  }

  /** How long the next try is away. */
  get delayMs(): number {
    return Math.max(0, this.retryAt - performance.now())
  }

  /**
   * A connection to the server at `only`, else to the first one that can be had, after the back-off
   * that earlier failures brought.
   *
   * @throws {UnavailableError} Where there is none, or after the end of the pool.
   */
  open(only: () => string | undefined): Promise<Connection> {
    return this.inTurn(async () => {
      await sleep(this.delayMs, undefined, { signal: this.stop })
      const url = only()
      if (url !== undefined) return this.tryEach([url])
      const unknown = await this.rank()
      return this.tryEach(this.order(), unknown)
    })
  }

  /** Whether no server is preferred to this one; those of one priority are as good as each other. */
  isPreferred(url: string | undefined): boolean {
    return url !== undefined && (this.ranks[0] ?? []).includes(url)
  }

  /** Has the server at `url` tried after the others for a while. @returns Whether there are others. */
  putBack(url: string): boolean {
    this.failedAt.set(url, performance.now())
    return this.ranks.flat().some((other) => !this.hasFailed(other))
  }

  /** A connection to a server preferred to `current` that can be had now and that `accepts` takes. */
  openPreferred(
    current: string,
    accepts: (connection: Connection) => Promise<boolean>,
  ): Promise<Connection | undefined> {
    return this.inTurn(async () => {
      await this.rank()
      const rank = this.ranks.findIndex((urls) => urls.includes(current))
      const preferred = (rank < 0 ? this.ranks : this.ranks.slice(0, rank)).flat()
      for (const url of preferred) {
        try {
          const connection = await this.enter(url)
          if (await accepted(connection, accepts)) return connection
        } catch (error) {
          this.log.info({ url, reason: (error as Error).message }, 'preferred directory still away')
        }
      }
      return undefined
    })
  }

  /**
   * A server that takes us in and throws us out again and again shall not be run down. Connections
   * that are lost together count once.
   */
  lost(connection: Connection): void {
    this.entered = undefined
    const now = performance.now()
    const together = now - connection.ageMs <= this.lostAt
    this.lostAt = now
    if (together) return
    this.shortLives = connection.ageMs < STABLE_MS ? this.shortLives + 1 : 0
    if (this.shortLives === 0) return
    this.retryAt = Math.max(this.retryAt, now + delayAfter(this.shortLives - 1))
  }

  private async enter(url: string): Promise<Connection> {
    const connection = await openConnection(url, this.options, this.stop)
    if (url === this.entered) return connection
    try {
      await checkIdentities(connection, this.options, this.log)
    } catch (error) {
      connection.close()
      throw error
    }
    this.entered = url
    return connection
  }

  /** Brings `ranks` up to date. @returns Why DNS did not tell of a service that it never told of. */
  private async rank(): Promise<readonly Reason[]> {
    const reasons: Reason[] = []
    const ranks = await Promise.all(
      this.options.urls.map(async (url): Promise<Ranks> => {
        const service = serviceOf(url)
        if (service === undefined) return [[url]]
        try {
          const found = await discover(service, this.options.resolveSrv, this.log)
          this.discovered.set(url, found)
          return found
        } catch (error) {
          const known = this.discovered.get(url)
          if (known !== undefined) return known
          reasons.push({ url, reason: error as Error })
          return []
        }
      }),
    )
    this.ranks = ranks.flat()
    return reasons
  }

  private async tryEach(
    urls: readonly string[],
    unknown: readonly Reason[] = [],
  ): Promise<Connection> {
    const reasons: Reason[] = [...unknown]
    for (const url of urls) {
      try {
        const connection = await this.enter(url)
        this.failedAt.delete(url)
        this.failures = 0
        this.lastFailure = undefined
        this.log.info({ url }, 'connected to the directory')
        return connection
      } catch (error) {
        if (this.stop.aborted) throw error
        const reason = error as Error
        reasons.push({ url, reason })
        this.failedAt.set(url, performance.now())
        if (isRefusal(reason)) break
      }
    }
    throw this.backOff(reasons)
  }

  private backOff(reasons: readonly Reason[]): UnavailableError {
    const refused = reasons.some(({ reason }) => isRefusal(reason))
    const delayMs = refused ? REFUSED_DELAY_MS : delayAfter(this.failures++)
    this.retryAt = performance.now() + delayMs
    const message = reasons.map(printReason).join('; ')
    const failure = new UnavailableError(message, { sent: false, cause: reasons[0]?.reason })
    this.lastFailure = failure
    const details = { reason: message, retryInMs: Math.round(delayMs) }
    if (refused) this.log.error(details, 'the directory refuses our credentials')
    else this.log.warn(details, 'cannot connect to the directory')
    return failure
  }

  private order(): readonly string[] {
    const urls = this.ranks.flat()
    const failed = urls.filter((url) => this.hasFailed(url))
    return [...urls.filter((url) => !failed.includes(url)), ...failed]
  }

  private hasFailed(url: string): boolean {
    const since = performance.now() - this.options.heartbeatMs
    return (this.failedAt.get(url) ?? -Infinity) > since
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work)
    this.turn = result.catch(() => {})
    return result
  }
}

/** Asks; what is not accepted is closed. */
async function accepted(
  connection: Connection,
  accepts: (connection: Connection) => Promise<boolean>,
): Promise<boolean> {
  let yes = false
  try {
    yes = await accepts(connection)
  } finally {
    if (!yes) connection.close()
  }
  return yes
}

/** Twice as long with every failure, and never the same for two replicas. */
function delayAfter(failures: number): number {
  const longest = Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS)
  return longest * (0.5 + Math.random() / 2)
}

/** URLs of servers: those of one preference together, the most preferred first. */
type Ranks = readonly (readonly string[])[]

interface Reason {
  readonly url: string
  readonly reason: Error
}

/** Our own errors name the server already; the directory's do not. */
function printReason({ url, reason }: Reason): string {
  return reason instanceof LdapError ? `${url}: ${reason.message}` : reason.message
}

function isRefusal(error: Error): boolean {
  return error instanceof LdapError && error.result === 'invalidCredentials'
}
