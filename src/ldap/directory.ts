import type { Entry } from './entry.ts'
import type { Add, Delete, Modify, PasswordModify, Rename, Search } from './operation.ts'
import type { Server } from './server.ts'

/** The entries of a search; not `complete` where a size limit, ours or the server's, cut it. */
export interface SearchResult {
  readonly entries: readonly Entry[]
  readonly complete: boolean
}

/** What the read controls of a write told; nothing where it carried none. */
export interface WriteResult {
  /** The entry as it was when the server carried the write out (pre-read control). */
  readonly before?: Entry
  /** As it has been since (post-read control). */
  readonly after?: Entry
}

export interface CallOptions {
  /** Gives up: the operation is abandoned on the server, the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** The answer may be megabytes: others shall not wait behind it. */
  readonly large?: boolean
  /**
   * Whose rights the operation has instead of those of the service account: an authorization
   * identity, `dn:…` or `u:…` (RFC 4513 §5.2.1.8), by the proxied authorization control.
   */
  readonly actAs?: string
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
  add(operation: Add, options?: CallOptions): Promise<WriteResult>
  modify(operation: Modify, options?: CallOptions): Promise<WriteResult>
  rename(operation: Rename, options?: CallOptions): Promise<WriteResult>
  delete(operation: Delete, options?: CallOptions): Promise<WriteResult>
  modifyPassword(operation: PasswordModify, options?: CallOptions): Promise<void>
  /** Whether a bound connection stands now. */
  ready(): boolean
}
