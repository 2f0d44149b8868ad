import { UnavailableError } from '../ldap/result.ts'
import type { Connection } from './connection.ts'

export interface LaneOptions {
  /** Connections at most. */
  readonly size: number
  /** Operations at a time on each. */
  readonly capacity: number
  readonly maxQueue: number
  readonly waitMs: number
  /** Whether a connection is kept without anybody asking for one. */
  readonly warm: boolean
}

/** What a lane asks of its pool. */
export interface LaneOwner {
  open(): Promise<Connection>
  /** A connection of the lane broke. */
  lost(connection: Connection, reason: UnavailableError): void
  /** Why nothing can be had before `waitMs` have passed, if that is known. */
  hopeless(waitMs: number): Error | undefined
  readonly lastFailure: Error | undefined
}

/** The right to use a connection; to be released once. */
export interface Slot {
  readonly connection: Connection
  release(): void
}

/** How busy a lane is now. */
export interface LaneState {
  readonly connections: number
  /** Operations that have a connection. */
  readonly underWay: number
  /** Operations that wait for one. */
  readonly waiting: number
}

interface Member {
  readonly connection: Connection
  load: number
  /** Finishes what it has and takes nothing new. */
  retired: boolean
}

interface Waiter {
  readonly load: number
  readonly resolve: (slot: Slot) => void
  readonly reject: (reason: unknown) => void
  readonly release: () => void
}

/** Connections of one purpose and the operations that wait for them. */
export class Lane {
  private readonly options: LaneOptions
  private readonly owner: LaneOwner
  private members: Member[] = []
  private readonly queue = new Set<Waiter>()
  private growing = false
  private held = false
  private warm = false
  private ended = false

  constructor(options: LaneOptions, owner: LaneOwner) {
    this.options = options
    this.owner = owner
  }

  get live(): boolean {
    return this.members.length > 0
  }

  get connections(): readonly Connection[] {
    return this.members.map((member) => member.connection)
  }

  get state(): LaneState {
    const underWay = this.members.reduce((sum, { load }) => sum + load, 0)
    return { connections: this.members.length, underWay, waiting: this.queue.size }
  }

  /** Begins to connect, and from now on keeps a connection if the lane is a warm one. */
  start(): void {
    this.warm = this.options.warm
    void this.grow()
  }

  /**
   * A slot on the least loaded connection, as soon as one is free.
   *
   * @param load As how many operations it counts: answers come one after the other, so that others
   *   had better not wait behind a large one.
   * @throws {UnavailableError} `sent: false`: at once where too many wait or no server can be had,
   *   later where the wait was in vain.
   */
  acquire(signal?: AbortSignal, load = 1): Promise<Slot> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    if (this.ended) return Promise.reject(unavailable('the directory connection is closed'))
    this.warm = this.options.warm
    const member = this.held ? undefined : this.freest()
    if (member !== undefined) return Promise.resolve(this.slotOn(member, load))
    const { maxQueue, waitMs } = this.options
    if (this.queue.size >= maxQueue) {
      return Promise.reject(unavailable(`the queue is full: ${maxQueue} operations wait`))
    }
    const hopeless = this.live ? undefined : this.owner.hopeless(waitMs)
    if (hopeless !== undefined) return Promise.reject(unavailable(hopeless.message, hopeless))
    return this.wait(signal, load)
  }

  add(connection: Connection): void {
    if (this.ended) return connection.close()
    const member: Member = { connection, load: 0, retired: false }
    connection.onClose = (reason) => this.remove(member, reason)
    if (connection.closed) return
    this.members.push(member)
    this.serve()
  }

  /** Lets operations wait, whatever is free. */
  hold(): void {
    this.held = true
  }

  /** Lets those go on that `hold` has stopped. */
  release(): void {
    this.held = false
    this.serve()
  }

  /** Lets go of the connections to other servers, each as soon as it is free. */
  keepOnly(url: string | undefined): void {
    const others = this.members.filter(({ connection }) => connection.url !== url)
    this.members = this.members.filter(({ connection }) => connection.url === url)
    for (const member of others) {
      member.retired = true
      if (member.load === 0) member.connection.close()
    }
  }

  close(): void {
    this.ended = true
    this.fail(unavailable('the directory connection is closed'))
    for (const { connection } of [...this.members]) connection.close()
  }

  private wait(signal: AbortSignal | undefined, load: number): Promise<Slot> {
    return new Promise((resolve, reject) => {
      const leave = (reason: Error) => {
        this.queue.delete(waiter)
        release()
        reject(reason)
      }
      const aborted = () => leave(signal?.reason as Error)
      const timer = setTimeout(() => leave(this.inVain()), this.options.waitMs)
      const release = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', aborted)
      }
      const waiter: Waiter = { load, resolve, reject, release }
      signal?.addEventListener('abort', aborted)
      this.queue.add(waiter)
      void this.grow()
    })
  }

  private slotOn(member: Member, load: number): Slot {
    member.load += load
    // A connection that is shared already gets company.
    if (member.load > 1) void this.grow()
    return { connection: member.connection, release: () => this.leave(member, load) }
  }

  private leave(member: Member, load: number): void {
    member.load -= load
    if (!member.retired) this.serve()
    else if (member.load === 0) member.connection.close()
  }

  private serve(): void {
    if (this.held) return
    for (const waiter of this.queue) {
      const member = this.freest()
      if (member === undefined) return
      this.queue.delete(waiter)
      waiter.release()
      waiter.resolve(this.slotOn(member, waiter.load))
    }
  }

  private freest(): Member | undefined {
    let best: Member | undefined
    for (const member of this.members) {
      if (best === undefined || member.load < best.load) best = member
    }
    return best !== undefined && best.load < this.options.capacity ? best : undefined
  }

  private remove(member: Member, reason: UnavailableError | undefined): void {
    const index = this.members.indexOf(member)
    if (index < 0) return
    this.members.splice(index, 1)
    if (this.ended) return
    if (reason !== undefined) this.owner.lost(member.connection, reason)
    void this.grow()
  }

  /** Opens connections until nobody wants another one; the owner's `open` sets the pace. */
  private async grow(): Promise<void> {
    if (this.growing) return
    this.growing = true
    while (this.wantsMore()) {
      try {
        this.add(await this.owner.open())
      } catch (error) {
        const hopeless = this.live ? undefined : this.owner.hopeless(this.options.waitMs)
        if (hopeless !== undefined) this.fail(unavailable(hopeless.message, error))
        if (this.live) break
      }
    }
    this.growing = false
  }

  private wantsMore(): boolean {
    if (this.ended || this.members.length >= this.options.size) return false
    if (this.members.length === 0) return this.warm || this.queue.size > 0
    return this.queue.size > 0 || this.members.every(({ load }) => load > 1)
  }

  private fail(reason: UnavailableError): void {
    for (const waiter of [...this.queue]) {
      this.queue.delete(waiter)
      waiter.release()
      waiter.reject(reason)
    }
  }

  private inVain(): UnavailableError {
    const { waitMs } = this.options
    const { lastFailure } = this.owner
    if (this.live || lastFailure === undefined) {
      return unavailable(`no free connection to the directory within ${waitMs} ms`)
    }
    return unavailable(`no connection within ${waitMs} ms: ${lastFailure.message}`, lastFailure)
  }
}

function unavailable(message: string, cause?: unknown): UnavailableError {
  return new UnavailableError(message, { sent: false, cause })
}
