import type { CallOptions, Directory, SearchResult } from '../ldap/directory.ts'
import type { Entry } from '../ldap/entry.ts'
import type { Search } from '../ldap/operation.ts'

/** How many LDAP operations were sent, one for each page of a paged search. */
export interface OperationCount {
  operations: number
}

/** The directory as one request sees it: what it asks for is counted. */
export function counted(directory: Directory, count: OperationCount): Directory {
  const one =
    <Operation, Result>(run: (operation: Operation, options?: CallOptions) => Promise<Result>) =>
    (operation: Operation, options?: CallOptions) => {
      count.operations++
      return run(operation, options)
    }
  return {
    server: (options) => directory.server(options),
    ready: () => directory.ready(),
    search: one<Search, SearchResult>((search, options) => directory.search(search, options)),
    add: one((add, options) => directory.add(add, options)),
    modify: one((modify, options) => directory.modify(modify, options)),
    rename: one((rename, options) => directory.rename(rename, options)),
    delete: one((remove, options) => directory.delete(remove, options)),
    modifyPassword: one((modify, options) => directory.modifyPassword(modify, options)),
    pages: (search, size, options) => countedPages(directory.pages(search, size, options), count),
  }
}

async function* countedPages(
  pages: AsyncIterable<readonly Entry[]>,
  count: OperationCount,
): AsyncGenerator<readonly Entry[]> {
  for await (const page of pages) {
    count.operations++
    yield page
  }
}
