import type { CallOptions, Directory } from '../ldap/directory.ts'

/** The directory with the rights of somebody else (RFC 4370), for every operation. */
export function actingAs(directory: Directory, identity: string): Directory {
  const acting = (options: CallOptions = {}): CallOptions => ({ ...options, actAs: identity })
  return {
    // What the server says of itself is the same for everybody.
    server: (options) => directory.server(options),
    ready: () => directory.ready(),
    search: (search, options) => directory.search(search, acting(options)),
    pages: (search, size, options) => directory.pages(search, size, acting(options)),
    add: (add, options) => directory.add(add, acting(options)),
    modify: (modify, options) => directory.modify(modify, acting(options)),
    rename: (rename, options) => directory.rename(rename, acting(options)),
    delete: (remove, options) => directory.delete(remove, acting(options)),
    modifyPassword: (modify, options) => directory.modifyPassword(modify, acting(options)),
  }
}
