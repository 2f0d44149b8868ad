import type { Dialect } from '../ldap/dialect.ts'
import type { Dn } from '../ldap/dn.ts'
import { printDn } from '../ldap/dn.ts'
import type { CallOptions, Directory } from '../ldap/directory.ts'
import { LdapError, RESULT_CODES } from '../ldap/result.ts'

/**
 * The directory, its refusals put in the result codes that others use for what it means, and with
 * the DN that they are about.
 */
export function understood(directory: Directory, { resultOf }: Dialect): Directory {
  const write =
    <Operation extends { readonly dn: Dn }, Result>(
      run: (operation: Operation, options?: CallOptions) => Promise<Result>,
    ) =>
    async (operation: Operation, options?: CallOptions) => {
      try {
        return await run(operation, options)
      } catch (error) {
        throw error instanceof LdapError ? meant(error, resultOf, operation.dn) : error
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
    modifyPassword: write((modify, options) => directory.modifyPassword(modify, options)),
  }
}

function meant(
  { operation, code, diagnostic, matchedDn }: LdapError,
  resultOf: Dialect['resultOf'],
  dn: Dn,
): LdapError {
  const result = resultOf(code, diagnostic)
  const known = result === undefined ? code : RESULT_CODES[result]
  return new LdapError(operation, known, diagnostic, matchedDn, printDn(dn))
}
