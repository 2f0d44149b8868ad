import type { Directory } from '../ldap/directory.ts'
import type { Entry } from '../ldap/entry.ts'
import type { Search, Write } from '../ldap/operation.ts'
import type { ResultName } from '../ldap/result.ts'
import { LdapError, UnavailableError } from '../ldap/result.ts'

/** An LDAP operation that is sent; each page of a paged search is one. */
export type Sent = ({ readonly kind: 'search' } & Search) | Write

/**
 * How an operation ended: by the name of the result code; `unsent` where no connection was to be
 * had, `unanswered` where none told the outcome, `abandoned` where nobody waited for it any more.
 */
export type Ended = ResultName | 'unsent' | 'unanswered' | 'abandoned'

/**
 * Is told of each operation as it is sent, and by what it returns how it ended; never, where there
 * was no further page to ask for.
 */
export type Observer = (sent: Sent) => (ended: Ended) => void

/** One that tells several. */
export function observers(all: readonly Observer[]): Observer {
  return (sent) => {
    const ends = all.map((observe) => observe(sent))
    return (ended) => ends.forEach((end) => end(ended))
  }
}

/** The directory as one request sees it: an observer is told what it does there. */
export function observed(directory: Directory, observe: Observer): Directory {
  async function around<T>(sent: Sent, run: () => Promise<T>): Promise<T> {
    const end = observe(sent)
    try {
      const result = await run()
      end('success')
      return result
    } catch (error) {
      end(endOf(error))
      throw error
    }
  }
  return {
    server: (options) => directory.server(options),
    ready: () => directory.ready(),
    search: (search, options) =>
      around({ ...search, kind: 'search' }, () => directory.search(search, options)),
    add: (add, options) => around({ ...add, kind: 'add' }, () => directory.add(add, options)),
    modify: (modify, options) =>
      around({ ...modify, kind: 'modify' }, () => directory.modify(modify, options)),
    rename: (rename, options) =>
      around({ ...rename, kind: 'rename' }, () => directory.rename(rename, options)),
    delete: (remove, options) =>
      around({ ...remove, kind: 'delete' }, () => directory.delete(remove, options)),
    modifyPassword: (modify, options) =>
      around({ ...modify, kind: 'password' }, () => directory.modifyPassword(modify, options)),
    pages: (search, size, options) =>
      observedPages(directory.pages(search, size, options), () =>
        observe({ ...search, kind: 'search' }),
      ),
  }
}

async function* observedPages(
  pages: AsyncIterable<readonly Entry[]>,
  begin: () => (ended: Ended) => void,
): AsyncGenerator<readonly Entry[]> {
  let end = begin()
  try {
    for await (const page of pages) {
      end('success')
      yield page
      end = begin()
    }
  } catch (error) {
    end(endOf(error))
    throw error
  }
}

function endOf(error: unknown): Ended {
  if (error instanceof LdapError) return error.result
  if (error instanceof UnavailableError) return error.sent ? 'unanswered' : 'unsent'
  return 'abandoned'
}
