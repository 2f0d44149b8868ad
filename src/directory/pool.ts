import { setTimeout as sleep } from 'node:timers/promises'

import type { Log } from '../ldap/log.ts'
import { resultName, UnavailableError } from '../ldap/result.ts'
import type { Connection, Response } from './connection.ts'
import type { Request } from './encode.ts'
import { encodeSearch } from './encode.ts'
import type { LaneOwner, LaneState, Slot } from './lane.ts'
import { Lane } from './lane.ts'
import type { CompleteOptions } from './options.ts'
import { Servers } from './servers.ts'
import { comesLevel, standingOf } from './standing.ts'

export interface RunOptions {
  /** A read: it may be sent again after its connection was lost. */
  readonly repeatable: boolean
  /** The answer may be megabytes. */
  readonly large?: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * Connections to a directory, all to the same server at a time so that reads see what was written:
 * shared ones for most operations, exclusive ones for paged searches.
 */
export class Pool {
  private readonly options: CompleteOptions
  private readonly log: Log
  private readonly servers: Servers
  private readonly stop = new AbortController()
  private readonly shared: Lane
  private readonly exclusive: Lane
  private readonly heart: NodeJS.Timeout
  private current: string | undefined
  private epochs = 0
  /** Operations that are no reads and have no answer yet. */
  private writes = 0
  private switching = false

  constructor(options: CompleteOptions, log: Log) {
    const { poolSize, searchPoolSize, maxPendingPerConnection, maxQueue } = options
    this.options = options
    this.log = log
    this.servers = new Servers(options, log, this.stop.signal)
    const wait = { maxQueue, waitMs: options.connectTimeoutMs }
    const owner = this.laneOwner()
    this.shared = new Lane(
      { size: poolSize, capacity: maxPendingPerConnection, warm: true, ...wait },
      owner,
    )
    this.exclusive = new Lane({ size: searchPoolSize, capacity: 1, warm: false, ...wait }, owner)
    this.heart = setInterval(() => this.beat(), options.heartbeatMs).unref()
  }

  /** Changes whenever the server may have: it is another one, or was away in between. */
  get epoch(): number {
    return this.epochs
  }

  get ready(): boolean {
    return this.shared.live
  }

  /** Of the connections that operations share, and of those that paged searches have to themselves. */
  get state(): Readonly<Record<'shared' | 'exclusive', LaneState>> {
    return { shared: this.shared.state, exclusive: this.exclusive.state }
  }

  start(): void {
    this.shared.start()
  }

  /** Sends a request on a shared connection. */
  async run(request: Request, { repeatable, large, signal }: RunOptions): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const slot = await this.shared.acquire(signal, large ? LARGE_LOAD : 1)
      if (!repeatable) this.writes++
      try {
        const response = await slot.connection.send(request, signal)
        if (!(await this.mayGoAgain(response, slot.connection, attempt, repeatable))) {
          return response
        }
      } catch (error) {
        if (!mayRepeat(error, attempt, repeatable && slot.connection.closed)) throw error
        if (error.sent) await sleep(SETTLING_MS)
      } finally {
        if (!repeatable) this.writes--
        slot.release()
      }
    }
  }

  /** A connection for nobody else, with the response to its first request, which must be a read. */
  async lease(first: Request, signal?: AbortSignal): Promise<Slot & { response: Response }> {
    for (let attempt = 1; ; attempt++) {
      const slot = await this.exclusive.acquire(signal)
      try {
        const response = await slot.connection.send(first, signal)
        if (!(await this.mayGoAgain(response, slot.connection, attempt, true))) {
          return { ...slot, response }
        }
        slot.release()
      } catch (error) {
        slot.release()
        if (!mayRepeat(error, attempt, slot.connection.closed)) throw error
        if (error.sent) await sleep(SETTLING_MS)
      }
    }
  }

  /** Resolves as soon as a connection stands. */
  async connected(signal?: AbortSignal): Promise<void> {
    const slot = await this.shared.acquire(signal)
    slot.release()
  }

  close(): void {
    clearInterval(this.heart)
    this.shared.close()
    this.exclusive.close()
    this.stop.abort(new UnavailableError('the directory connection is closed', { sent: false }))
  }

  private laneOwner(): LaneOwner {
    const { servers, log } = this
    return {
      open: () => this.open(),
      hopeless: (waitMs) => (servers.delayMs >= waitMs ? servers.failure : undefined),
      lost: (connection, reason) => {
        servers.lost(connection)
        log.warn({ reason: reason.message }, 'lost a connection to the directory')
      },
      get lastFailure() {
        return servers.failure
      },
    }
  }

  private get live(): boolean {
    return this.shared.live || this.exclusive.live
  }

  /** While a connection stands, others go to the same server; a new server takes them all over. */
  private async open(): Promise<Connection> {
    const connection = await this.servers.open(() => (this.live ? this.current : undefined))
    if (!this.live || connection.url !== this.current) this.epochs++
    this.moveTo(connection.url)
    return connection
  }

  private moveTo(url: string | undefined): void {
    this.current = url
    this.shared.keepOnly(url)
    this.exclusive.keepOnly(url)
  }

  private beat(): void {
    for (const connection of [...this.shared.connections, ...this.exclusive.connections]) {
      if (connection.silentForMs >= this.options.heartbeatMs) void this.ping(connection)
    }
    if (this.live && !this.servers.isPreferred(this.current)) {
      this.switchBack().catch((error: unknown) => {
        this.log.info({ reason: (error as Error).message }, 'stays with a directory server')
      })
    }
  }

  private async ping(connection: Connection): Promise<void> {
    try {
      await connection.send(encodeSearch(SIGN_OF_LIFE, this.options.operationTimeoutMs))
    } catch (error) {
      connection.fail('no sign of life', error)
    }
  }

  /**
   * Whether a request goes again because the server would not serve it. One that is busy has done
   * nothing and is asked again after a pause; a read goes to another server, if there is one. What
   * has become of a write that a server calls unavailable, a proxy for instance, nobody knows.
   */
  private async mayGoAgain(
    { result }: Response,
    { url }: Connection,
    attempt: number,
    isRead: boolean,
  ): Promise<boolean> {
    const name = resultName(result.code)
    if (name === 'busy' && attempt < ATTEMPTS) {
      await sleep(Math.random() * BUSY_MS * 2 ** attempt)
      return true
    }
    if (name !== 'busy' && name !== 'unavailable') return false
    const left = this.leave(url, name)
    return left && attempt <= ATTEMPTS && (isRead || name === 'busy')
  }

  /** Goes to another server with everything. @returns Whether there is one. */
  private leave(url: string, why: string): boolean {
    if (this.current !== url) return true
    if (!this.servers.putBack(url)) return false
    this.log.warn({ url, reason: why }, 'leaving a directory server')
    this.moveTo(undefined)
    this.shared.start()
    return true
  }

  /**
   * Back to a preferred server, once it has every change of the one that stood in for it: those
   * that come meanwhile wait for a moment.
   */
  private async switchBack(): Promise<void> {
    const [connection] = this.shared.connections
    if (connection === undefined || this.switching) return
    this.switching = true
    try {
      const found = await this.servers.openPreferred(connection.url, (preferred) =>
        this.isLevelWith(connection, preferred),
      )
      if (found === undefined) return
      this.log.info({ url: found.url }, 'back to the preferred directory server')
      this.epochs++
      this.moveTo(found.url)
      this.shared.add(found)
    } finally {
      this.shared.release()
      this.switching = false
    }
  }

  private async isLevelWith(current: Connection, preferred: Connection): Promise<boolean> {
    const { suffix, operationTimeoutMs, connectTimeoutMs } = this.options
    const look = (at: Connection) => standingOf(at, suffix, operationTimeoutMs)
    const patienceMs = Math.min(HANDOVER_MS, connectTimeoutMs / 2)
    const comes = async () => {
      const standing = await look(current)
      if (await comesLevel(() => look(preferred), standing, patienceMs)) return standing
      this.log.info({ url: preferred.url }, 'preferred directory is not up to date yet')
      return undefined
    }
    const standing = await comes()
    if (standing === undefined || standing.changes.size === 0) return standing !== undefined
    this.shared.hold()
    const end = performance.now() + patienceMs
    while (this.writes > 0 && performance.now() < end) await sleep(SETTLING_MS)
    const level = this.writes === 0 && (await comes()) !== undefined
    if (!level) this.shared.release()
    return level
  }
}

const ATTEMPTS = 3
/** As how many operations one with a large answer counts. */
const LARGE_LOAD = 10
/** A server that dies takes all connections with it, and each is noticed by itself. */
const SETTLING_MS = 20
const BUSY_MS = 50
/** How long new operations wait at most for a preferred server to come level. */
const HANDOVER_MS = 1_000

/** What never left may go again; a read that was lost with its connection, once. */
function mayRepeat(error: unknown, attempt: number, lostRead: boolean): error is UnavailableError {
  if (!(error instanceof UnavailableError)) return false
  return error.sent ? lostRead && attempt === 1 : attempt < ATTEMPTS
}

const SIGN_OF_LIFE = {
  base: { rdns: [] },
  scope: 'base',
  filter: { kind: 'true' },
  attributes: [],
} as const
