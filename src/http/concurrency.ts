import { ScimError } from '../scim/error.ts'

/** How soon a client should come back that found no place, in seconds. */
const RETRY_AFTER_S = 1

export interface Places {
  /** Requests at work over all clients. */
  readonly total: number
  /** Requests of one client that may wait. */
  readonly queue: number
}

interface Waiting {
  readonly key: string
  readonly most: number
  readonly begin: () => void
}

/**
 * How many requests are worked on at the same time, of each client and of all. What finds no place
 * waits in the order in which it came, up to a number; a client that fills its own places keeps
 * nobody else waiting.
 */
export class Concurrency {
  readonly #running = new Map<string, number>()
  readonly #waiting: Waiting[] = []
  #total = 0

  /**
   * Resolves when the request may be worked on.
   *
   * @param key Of the client.
   * @param most Requests of the client at work.
   * @returns What gives the place back; calling it twice does no harm.
   * @throws {ScimError} 429 where the client has too many waiting, 503 where all have too much to
   *   do; the signal's reason.
   */
  async take(
    key: string,
    most: number,
    { total, queue }: Places,
    signal: AbortSignal,
  ): Promise<() => void> {
    signal.throwIfAborted()
    if (!this.#fits(key, most, total)) {
      const own = this.#waiting.filter((one) => one.key === key).length
      if (own >= queue) throw this.#refusal(key, most)
      await this.#wait(key, most, signal)
    } else this.#enter(key)
    let held = true
    return () => {
      if (!held) return
      held = false
      this.#leave(key, total)
    }
  }

  #fits(key: string, most: number, total: number): boolean {
    return this.#total < total && (this.#running.get(key) ?? 0) < most
  }

  #enter(key: string): void {
    this.#total++
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1)
  }

  #leave(key: string, total: number): void {
    this.#total--
    const running = (this.#running.get(key) ?? 1) - 1
    if (running === 0) this.#running.delete(key)
    else this.#running.set(key, running)
    const next = this.#waiting.findIndex((one) => this.#fits(one.key, one.most, total))
    if (next < 0) return
    const [waiting] = this.#waiting.splice(next, 1)
    waiting?.begin()
  }

  #wait(key: string, most: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        key,
        most,
        begin: () => {
          signal.removeEventListener('abort', leave)
          this.#enter(key)
          resolve()
        },
      }
      const leave = () => {
        const place = this.#waiting.indexOf(waiting)
        if (place >= 0) this.#waiting.splice(place, 1)
        reject(signal.reason as Error)
      }
      this.#waiting.push(waiting)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  #refusal(key: string, most: number): ScimError {
    const headers = { 'Retry-After': String(RETRY_AFTER_S) }
    return (this.#running.get(key) ?? 0) >= most
      ? new ScimError(429, 'too many requests of this client at the same time', { headers })
      : new ScimError(503, 'too many requests at the same time', { headers })
  }
}
