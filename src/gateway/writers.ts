/** How long a writer may take before those that wait go ahead as well, as other replicas do (ms). */
const PATIENCE_MS = 15_000

interface Queue {
  running: number
  readonly waiting: Set<() => void>
  timer?: NodeJS.Timeout
}

/**
 * Lets the writers of one resource go one after the other, so that they do not keep each other from
 * what they do again and again. It only spares attempts: writers of other replicas know nothing of
 * it, and that nothing is lost is the directory's matter.
 */
export class Writers {
  readonly #queues = new Map<string, Queue>()

  /** @throws The signal's reason, where that comes first. */
  async inTurn<T>(id: string, signal: AbortSignal, write: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(id) ?? { running: 0, waiting: new Set() }
    this.#queues.set(id, queue)
    if (queue.running === 0) queue.running++
    else await turnIn(queue, signal)
    try {
      return await write()
    } finally {
      queue.running--
      if (queue.running === 0) release(queue, 1)
      if (queue.running === 0) this.#queues.delete(id)
    }
  }
}

function turnIn(queue: Queue, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const aborted = () => {
      queue.waiting.delete(go)
      reject(signal.reason as Error)
    }
    const go = () => {
      signal.removeEventListener('abort', aborted)
      queue.running++
      resolve()
    }
    signal.addEventListener('abort', aborted)
    queue.waiting.add(go)
    queue.timer ??= patience(queue)
  })
}

function release(queue: Queue, most: number): void {
  clearTimeout(queue.timer)
  delete queue.timer
  for (const go of [...queue.waiting].slice(0, most)) {
    queue.waiting.delete(go)
    go()
  }
  if (queue.waiting.size > 0) queue.timer = patience(queue)
}

function patience(queue: Queue): NodeJS.Timeout {
  return setTimeout(() => release(queue, queue.waiting.size), PATIENCE_MS)
}
