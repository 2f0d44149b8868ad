import type { Entry } from './entry.ts'
import type { Add, Delete, Modify, PasswordModify, Rename, Search } from './operation.ts'
import type { Server } from './server.ts'

/** The entries of a search; not `complete` where a size limit, ours or the server's, cut it. */
export interface SearchResult {
  readonly entries: readonly Entry[]
  readonly complete: boolean
}

export interface CallOptions {
  /** Gives up: the operation is abandoned on the server, the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/**
 * The port to a live directory. Every method rejects with `LdapError` where the server refused and
 * with `UnavailableError` where no answer came.
 */
export interface Directory {
  /** What the connected server offers; read once, then remembered. */
  server(options?: CallOptions): Promise<Server>
  search(search: Search, options?: CallOptions): Promise<SearchResult>
  /** All entries, in pages of `size` (paged results control), on a connection of its own. */
  pages(search: Search, size: number, options?: CallOptions): AsyncIterable<readonly Entry[]>
  /** Each write resolves to what its read control returned, if it carried one. */
  add(operation: Add, options?: CallOptions): Promise<Entry | undefined>
  modify(operation: Modify, options?: CallOptions): Promise<Entry | undefined>
  rename(operation: Rename, options?: CallOptions): Promise<Entry | undefined>
  delete(operation: Delete, options?: CallOptions): Promise<Entry | undefined>
  modifyPassword(operation: PasswordModify, options?: CallOptions): Promise<void>
  /** Whether a bound connection stands now. */
  ready(): boolean
}
