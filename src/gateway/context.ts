import type { Directory } from '../ldap/directory.ts'
import type { Log } from '../ldap/log.ts'
import { withMatchingRules } from '../ldap/schema.ts'
import type { Server } from '../ldap/server.ts'
import type { Rules } from '../mapping/rules.ts'
import type { Tolerance } from '../scim/client-quirks.ts'
import type { ClientBreaker } from './breaker.ts'
import type { Seal } from './cursor.ts'
import type { Guards } from './guards.ts'
import type { Lists } from './lists.ts'
import type { Writers } from './writers.ts'

/** What every verb gets: the rules, the directory as this request sees it, and who asks. */
export interface Context {
  /** As they are for this client. */
  readonly rules: Rules
  /**
   * As they are for nobody in particular, wherever a client is confined to: for what is about the
   * directory as a whole, such as whether a value is unique.
   */
  readonly everything: Rules
  readonly directory: Directory
  readonly lists: Lists
  readonly guards: Guards
  readonly breaker: ClientBreaker
  readonly seal: Seal
  readonly writers: Writers
  /** Resources that may be looked at one by one for a filter that LDAP cannot say. */
  readonly lookThrough: number
  /** A password that nobody knows. */
  readonly newPassword: () => string
  readonly log: Log
  /** Absolute URL of the endpoint, without a slash at the end. */
  readonly baseUrl: string
  /** Name of the client, for what is kept between its requests. */
  readonly client: string
  /** For where the client deviates from the RFCs. */
  readonly tolerance: Tolerance
  readonly signal: AbortSignal
}

/** What the server offers, with what the dialect knows better than root DSE and schema tell. */
export async function serverOf({ directory, rules, signal }: Context): Promise<Server> {
  const server = await directory.server({ signal })
  const known = completed.get(server)
  if (known !== undefined) return known
  const { unlistedControls, unusableControls, matchingRules } = rules.dialect
  const controls = new Set([...server.controls, ...unlistedControls])
  for (const control of unusableControls) controls.delete(control)
  const whole = { ...server, controls, schema: withMatchingRules(server.schema, matchingRules) }
  completed.set(server, whole)
  return whole
}

/** A server stays the same as long as its connections, and is asked for by every request. */
const completed = new WeakMap<Server, Server>()
