import type { Directory } from '../ldap/directory.ts'
import type { Log } from '../ldap/log.ts'
import type { Server } from '../ldap/server.ts'
import type { Rules } from '../mapping/rules.ts'
import type { Lists } from './lists.ts'

/** What every verb gets: the rules, the directory as this request sees it, and who asks. */
export interface Context {
  readonly rules: Rules
  readonly directory: Directory
  readonly lists: Lists
  readonly log: Log
  /** Absolute URL of the endpoint, without a slash at the end. */
  readonly baseUrl: string
  /** Name of the client, for what is kept between its requests. */
  readonly client: string
  readonly signal: AbortSignal
}

/** What the server offers, with the controls that the dialect knows better than its root DSE. */
export async function serverOf({ directory, rules, signal }: Context): Promise<Server> {
  const server = await directory.server({ signal })
  return {
    ...server,
    controls: new Set([...server.controls, ...rules.dialect.unlistedControls]),
  }
}
