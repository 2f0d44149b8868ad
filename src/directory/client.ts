import type { CallOptions, Directory, SearchResult, WriteResult } from '../ldap/directory.ts'
import type { Entry } from '../ldap/entry.ts'
import type { Log } from '../ldap/log.ts'
import { SILENT } from '../ldap/log.ts'
import type { Search } from '../ldap/operation.ts'
import { RESULT_CODES, UnavailableError } from '../ldap/result.ts'
import type { Server } from '../ldap/server.ts'
import type { Response } from './connection.ts'
import { refuse } from './connection.ts'
import { pageCookie, readControls } from './decode.ts'
import type { Request } from './encode.ts'
import {
  actingAs,
  encodeAdd,
  encodeDelete,
  encodeModify,
  encodePasswordModify,
  encodeRename,
  encodeSearch,
} from './encode.ts'
import type { DirectoryOptions } from './options.ts'
import { completeOptions } from './options.ts'
import { Pool } from './pool.ts'
import { withWholeAttributes } from './ranged.ts'
import { ROOT_DSE, schemaSearch, serverOf } from './server-info.ts'

/** A directory with a life span. */
export interface LiveDirectory extends Directory {
  /** Begins to connect and keeps at it; without it the first operation does. */
  start(): void
  /** How busy its connections are now, by what they are for. */
  state(): Pool['state']
  /** Closes every connection; what is under way rejects. */
  close(): void
}

/**
 * A live directory behind the port. Nothing is sent before `start` or the first operation.
 *
 * @throws {Error} Where the options cannot work or are unsafe.
 */
export function createDirectory(options: DirectoryOptions, log: Log = SILENT): LiveDirectory {
  const complete = completeOptions(options)
  const pool = new Pool(complete, log)
  const timeLimitMs = complete.operationTimeoutMs
  let known: { readonly epoch: number; readonly server: Promise<Server>; read?: Server } | undefined

  async function search(search: Search, options: CallOptions = {}): Promise<SearchResult> {
    const found = await searchOnce(search, options)
    return { ...found, entries: await whole(found.entries, options) }
  }

  async function searchOnce(
    search: Search,
    { signal, large = false, actAs }: CallOptions,
  ): Promise<SearchResult> {
    const request = actingAs(encodeSearch(search, timeLimitMs), actAs)
    return searchResult(await pool.run(request, { repeatable: true, large, signal }))
  }

  function whole(entries: readonly Entry[], options: CallOptions): Promise<readonly Entry[]> {
    return withWholeAttributes(entries, (rest) => searchOnce(rest, options))
  }

  async function readServer(): Promise<Server> {
    const rootDse = await only(search(ROOT_DSE))
    const wanted = rootDse && schemaSearch(rootDse)
    if (rootDse === undefined) throw new UnavailableError('no root DSE', { sent: true })
    return serverOf(rootDse, wanted && (await only(search(wanted))))
  }

  async function server({ signal }: CallOptions = {}): Promise<Server> {
    if (pool.ready && known?.epoch === pool.epoch && known.read !== undefined) return known.read
    await pool.connected(signal)
    const { epoch } = pool
    if (known?.epoch !== epoch) known = reading(epoch)
    return unlessAborted(known.server, signal)
  }

  /** What is read now, forgotten again where that fails. */
  function reading(epoch: number): NonNullable<typeof known> {
    const begun: NonNullable<typeof known> = { epoch, server: readServer() }
    begun.server.then(
      (server) => (begun.read = server),
      () => {
        if (known === begun) known = undefined
      },
    )
    return begun
  }

  async function* pages(search: Search, size: number, options: CallOptions = {}) {
    const { signal, actAs } = options
    const page = (cookie?: Buffer) => {
      const wanted = cookie === undefined ? { size } : { size, cookie }
      return actingAs(encodeSearch(search, timeLimitMs, wanted), actAs)
    }
    const { connection, release, response: first } = await pool.lease(page(), signal)
    let cookie: Buffer | undefined
    try {
      for (let response = first; ; response = await connection.send(page(cookie), signal)) {
        refuse('search', response.result)
        cookie = readValue(() => pageCookie(response.result))
        yield await whole(response.entries, options)
        if (cookie === undefined) return
      }
    } finally {
      // The server keeps an unfinished search for the connection's life; a new one begins clean.
      if (cookie !== undefined) connection.close()
      release()
    }
  }

  async function write(
    request: Request,
    { signal, actAs }: CallOptions = {},
  ): Promise<WriteResult> {
    const { result } = await pool.run(actingAs(request, actAs), { repeatable: false, signal })
    refuse(request.operation, result)
    return readValue(() => readControls(result))
  }

  return {
    server,
    search,
    pages,
    add: (operation, call) => write(encodeAdd(operation), call),
    modify: (operation, call) => write(encodeModify(operation), call),
    rename: (operation, call) => write(encodeRename(operation), call),
    delete: (operation, call) => write(encodeDelete(operation), call),
    modifyPassword: async (operation, call) => {
      await write(encodePasswordModify(operation), call)
    },
    ready: () => pool.ready,
    state: () => pool.state,
    start: () => pool.start(),
    close: () => pool.close(),
  }
}

function searchResult({ result, entries }: Response): SearchResult {
  if (result.code === RESULT_CODES.sizeLimitExceeded) return { entries, complete: false }
  refuse('search', result)
  return { entries, complete: true }
}

async function only(result: Promise<SearchResult>): Promise<Entry | undefined> {
  return (await result).entries[0]
}

/** A control value that cannot be read leaves us without the answer that it carried. */
function readValue<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new UnavailableError('the server sent a malformed control', { sent: true, cause })
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  signal.throwIfAborted()
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort)
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
