import type { Dn } from '../ldap/dn.ts'

/** Groups whose DN is remembered, to ask in the search that finds their members' ids who is above them. */
const GROUPS = 10_000
/**
 * How long the groups of the gateway's own account are taken as read, in ms. Who nests a group in one
 * of them meanwhile could as well have done so after the write that was let pass.
 */
const OWN_MS = 60_000
/** What an endpoint remembers to guard groups cheaply; whatever is lost costs a search. */
export class Guards {
  readonly #now: () => number
  readonly #dns = new Map<string, Dn>()
  #own: { readonly groups: ReadonlySet<string>; readonly since: number } | undefined

  /** @param now Milliseconds of a clock that never goes back. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** A group was seen there. */
  remember(id: string, dn: Dn): void {
    this.#dns.delete(id)
    this.#dns.set(id, dn)
    const [oldest] = this.#dns.size > GROUPS ? this.#dns.keys() : []
    if (oldest !== undefined) this.#dns.delete(oldest)
  }

  /** Where a group was when it was seen last. */
  dnOf(id: string): Dn | undefined {
    return this.#dns.get(id)
  }

  /** The groups of the gateway's own account, by `dnKey`; nothing where they were not looked for lately. */
  get own(): ReadonlySet<string> | undefined {
    return this.#own && this.#now() - this.#own.since < OWN_MS ? this.#own.groups : undefined
  }

  noteOwn(groups: ReadonlySet<string>): ReadonlySet<string> {
    this.#own = { groups, since: this.#now() }
    return groups
  }
}
