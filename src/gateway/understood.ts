import type { Dialect } from '../ldap/dialect.ts'
import type { CallOptions, Directory } from '../ldap/directory.ts'
import { LdapError, RESULT_CODES } from '../ldap/result.ts'

/** The directory, its refusals put in the result codes that others use for what it means. */
export function understood(directory: Directory, { resultOf }: Dialect): Directory {
  const write =
    <Operation, Result>(run: (operation: Operation, options?: CallOptions) => Promise<Result>) =>
    async (operation: Operation, options?: CallOptions) => {
      try {
        return await run(operation, options)
      } catch (error) {
        throw error instanceof LdapError ? meant(error, resultOf) : error
      }
    }
  return {
    server: (options) => directory.server(options),
    ready: () => directory.ready(),
    search: (search, options) => directory.search(search, options),
    pages: (search, size, options) => directory.pages(search, size, options),
    add: write((add, options) => directory.add(add, options)),
    modify: write((modify, options) => directory.modify(modify, options)),
    rename: write((rename, options) => directory.rename(rename, options)),
    delete: write((remove, options) => directory.delete(remove, options)),
    modifyPassword: (modify, options) => directory.modifyPassword(modify, options),
  }
}

function meant(error: LdapError, resultOf: Dialect['resultOf']): LdapError {
  const { operation, code, diagnostic, matchedDn } = error
  const result = resultOf(code, diagnostic)
  return result === undefined
    ? error
    : new LdapError(operation, RESULT_CODES[result], diagnostic, matchedDn)
}
