import type { Socket } from 'node:net'

import { AbandonRequest, ProtocolOperation, UnbindRequest } from 'ldapts'

import type { Entry } from '../ldap/entry.ts'
import { LdapError, RESULT_CODES, UnavailableError } from '../ldap/result.ts'
import { encodeBind } from './bind.ts'
import type { Answer, Result } from './decode.ts'
import { decodeMessage } from './decode.ts'
import type { Request } from './encode.ts'
import { Frames } from './frames.ts'
import type { CompleteOptions } from './options.ts'
import { addressOf } from './options.ts'
import { openTransport } from './transport.ts'

/** How an operation ended: its result, whatever the code, and what a search found before. */
export interface Response {
  readonly result: Result
  readonly entries: readonly Entry[]
}

interface Pending {
  readonly request: Request
  readonly entries: Entry[]
  readonly resolve: (response: Response) => void
  readonly reject: (reason: unknown) => void
  /** Lets go of the timer and the signal. */
  readonly release: () => void
}

/**
 * Connects to the server at `url` and binds; nobody gets to see a connection that is not bound.
 *
 * @throws {UnavailableError} Where the server cannot be reached or is not the one it should be.
 * @throws {LdapError} Where it refuses the bind.
 */
export async function openConnection(
  url: string,
  options: CompleteOptions,
  signal: AbortSignal,
): Promise<Connection> {
  const expired = new UnavailableError(`${url}: no bind within ${options.connectTimeoutMs} ms`, {
    sent: false,
  })
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(expired), options.connectTimeoutMs)
  const either = AbortSignal.any([deadline.signal, signal])
  try {
    const socket = await openTransport(addressOf(url), options, either)
    const connection = new Connection(url, socket, options)
    try {
      const { result } = await connection.send(encodeBind(options.bind), either)
      refuse('bind', result)
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  } finally {
    clearTimeout(timer)
  }
}

/** @throws {LdapError} For every result but success. */
export function refuse(operation: string, { code, diagnostic, matchedDn }: Result): void {
  if (code === RESULT_CODES.success) return
  throw new LdapError(operation, code, diagnostic, matchedDn === '' ? undefined : matchedDn)
}

/** One socket and the operations under way on it. */
export class Connection {
  readonly url: string
  /** Told once, when the connection is no longer usable; without a reason if we closed it. */
  onClose: (reason?: UnavailableError) => void = () => {}
  private readonly socket: Socket
  private readonly frames: Frames
  private readonly timeoutMs: number
  private readonly pending = new Map<number, Pending>()
  private lastId = 0
  private readonly openedAt = performance.now()
  private heardAt = this.openedAt
  private reason: UnavailableError | undefined

  /** The socket must have its TLS already; `openConnection` is the way to get one of these. */
  constructor(url: string, socket: Socket, options: CompleteOptions) {
    this.url = url
    this.socket = socket
    this.frames = new Frames(options.maxMessageBytes)
    this.timeoutMs = options.operationTimeoutMs
    socket.on('data', (chunk: Buffer) => this.receive(chunk))
    socket.on('error', (error) => this.fail(error.message, error))
    socket.on('end', () => this.fail('the server closed the connection'))
    socket.on('close', () => this.fail('the connection was closed'))
  }

  get closed(): boolean {
    return this.reason !== undefined
  }

  get ageMs(): number {
    return performance.now() - this.openedAt
  }

  get silentForMs(): number {
    return performance.now() - this.heardAt
  }

  /**
   * Sends a request and resolves to its result, whatever the code.
   *
   * @throws {UnavailableError} After the operation time-out, or when the connection is lost; the
   *   rest of the operations stay where they are after a time-out.
   * @throws The signal's reason, after the server was told to abandon the operation.
   */
  send(request: Request, signal?: AbortSignal): Promise<Response> {
    return new Promise((resolve, reject) => {
      if (this.reason !== undefined) return reject(notSent(this.reason))
      if (signal?.aborted) return reject(signal.reason as Error)
      const id = this.nextId()
      const octets = request.message(id).write()
      const aborted = () => this.abandon(id, signal?.reason)
      const timer = setTimeout(() => this.abandon(id, this.expired(request)), this.timeoutMs)
      const release = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', aborted)
      }
      signal?.addEventListener('abort', aborted)
      this.pending.set(id, { request, entries: [], resolve, reject, release })
      this.write(octets)
    })
  }

  /** Says good-bye; what is still pending rejects. */
  close(): void {
    if (this.closed) return
    const unbind = new UnbindRequest({ messageId: this.nextId() }).write()
    this.fail('the connection was closed here', undefined, unbind)
  }

  /** Gives the connection up because of what was seen elsewhere. */
  fail(why: string, cause?: unknown, farewell?: Buffer): void {
    if (this.reason !== undefined) return
    this.reason = new UnavailableError(`${this.url}: ${why}`, { sent: true, cause })
    if (farewell === undefined) this.socket.destroy()
    else {
      this.socket.end(farewell, () => this.socket.destroy())
      setTimeout(() => this.socket.destroy(), FAREWELL_MS).unref()
    }
    for (const id of [...this.pending.keys()]) this.take(id)?.reject(this.reason)
    this.onClose(farewell === undefined ? this.reason : undefined)
  }

  /** What is sent in one turn of the event loop goes together: one TLS record, one system call. */
  private write(octets: Buffer): void {
    if (this.socket.writableCorked === 0) {
      this.socket.cork()
      setImmediate(() => this.socket.uncork())
    }
    this.socket.write(octets)
  }

  private receive(chunk: Buffer): void {
    if (this.closed) return
    this.heardAt = performance.now()
    try {
      for (const message of this.frames.push(chunk)) this.handle(decodeMessage(message))
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.fail(`the server sent what is no LDAP: ${why}`, error)
    }
  }

  private handle(answer: Answer): void {
    if (answer.id === 0) return this.handleNotification(answer)
    // An answer to nothing: it crossed our Abandon on the way.
    const pending = this.pending.get(answer.id)
    if (pending === undefined) return
    if (answer.kind === 'entry') this.handleEntry(answer.id, pending, answer.entry)
    else if (answer.kind === 'result') this.handleResult(answer.id, pending, answer.result)
  }

  private handleEntry(id: number, pending: Pending, entry: Entry | SyntaxError): void {
    const { entries, request } = pending
    if (entry instanceof SyntaxError) {
      const why = `${this.url}: the server returned an entry that cannot be read: ${entry.message}`
      this.abandon(id, new UnavailableError(why, { sent: true, cause: entry }))
    } else if (request.sizeLimit && entries.length === request.sizeLimit) {
      // Samba does not count; without this it would send everything.
      this.sendAbandon(id)
      const code = RESULT_CODES.sizeLimitExceeded
      this.take(id)?.resolve({ entries, result: { ...NO_RESULT, tag: request.response, code } })
    } else entries.push(entry)
  }

  private handleResult(id: number, { request, entries }: Pending, result: Result): void {
    // Samba answers an unavailable critical control with an extended response, whatever was asked.
    const refusal =
      result.tag === ProtocolOperation.LDAP_RES_EXTENSION && result.code !== RESULT_CODES.success
    if (result.tag !== request.response && !refusal) {
      throw new SyntaxError(`0x${result.tag.toString(16)} in answer to ${request.operation}`)
    }
    this.take(id)?.resolve({ result, entries })
  }

  private handleNotification(answer: Answer): void {
    if (answer.kind !== 'result' || answer.result.responseName !== NOTICE_OF_DISCONNECTION) return
    const { code, diagnostic } = answer.result
    const cause = new LdapError('notice of disconnection', code, diagnostic)
    this.fail(`the server ends the connection: ${cause.message}`, cause)
  }

  /** Ends an operation here and tells the server (RFC 4511 §4.11), which may have carried it out. */
  private abandon(id: number, reason: unknown): void {
    const pending = this.take(id)
    if (pending === undefined) return
    // A bind cannot be abandoned; `openConnection` closes the connection instead.
    if (pending.request.response !== ProtocolOperation.LDAP_RES_BIND) this.sendAbandon(id)
    pending.reject(reason)
  }

  private sendAbandon(id: number): void {
    this.socket.write(new AbandonRequest({ messageId: this.nextId(), abandonId: id }).write())
  }

  private take(id: number): Pending | undefined {
    const pending = this.pending.get(id)
    this.pending.delete(id)
    pending?.release()
    return pending
  }

  private expired({ operation }: Request): UnavailableError {
    const why = `${this.url}: ${operation}: no answer within ${this.timeoutMs} ms`
    return new UnavailableError(why, { sent: true, underWay: true })
  }

  /** RFC 4511 §4.1.1.1: not 0, and none that is in use. */
  private nextId(): number {
    do this.lastId = this.lastId === 0x7fffffff ? 1 : this.lastId + 1
    while (this.pending.has(this.lastId))
    return this.lastId
  }
}

/** For a server that does not even take our good-bye. */
const FAREWELL_MS = 1_000
/** RFC 4511 §4.4.1 */
const NOTICE_OF_DISCONNECTION = '1.3.6.1.4.1.1466.20036'

const NO_RESULT: Omit<Result, 'tag' | 'code'> = {
  matchedDn: '',
  diagnostic: '',
  responseName: undefined,
  controls: new Map(),
}

function notSent(reason: UnavailableError): UnavailableError {
  return new UnavailableError(reason.message, { sent: false, cause: reason })
}
