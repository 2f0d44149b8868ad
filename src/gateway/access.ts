import type { Dn } from '../ldap/dn.ts'
import { confined, isReachable, withoutReferencesTo } from '../mapping/confine.ts'
import type { ResourceRules, Rules } from '../mapping/rules.ts'
import { rulesOfClient } from '../mapping/rules.ts'
import { ScimError } from '../scim/error.ts'
import type { Projection } from '../scim/projection.ts'

export type Right = 'read' | 'create' | 'update' | 'delete'

/** By the name of an endpoint (`Users` for `/Users`); what is not named, nothing. */
export type Rights = Readonly<Record<string, readonly Right[]>>

/** What a client gets to see and may do. */
export interface Access {
  /** Everything where absent. */
  readonly rights?: Rights
  /** Where everything is that it sees and writes; the whole directory where absent. */
  readonly subtree?: Dn
}

const ALL: Access = {}

/** What who may not read gets back. */
const ID_ALONE: Projection = { attributes: [{ attribute: 'id' }] }

/** What each client gets to see of an endpoint's resources, and may do with them. */
export class AccessControl {
  readonly #rules: Rules
  readonly #access: ReadonlyMap<string, Access>
  readonly #ofClients = new Map<string, Rules>()

  /** @param access By the name of a client; one that is not in it may do everything. */
  constructor(rules: Rules, access: ReadonlyMap<string, Access>) {
    this.#rules = rules
    this.#access = access
  }

  /** The rules as they are for a client. */
  rulesOf(client: string): Rules {
    const own = this.#ofClients.get(client) ?? rulesFor(this.#rules, client, this.#of(client))
    this.#ofClients.set(client, own)
    return own
  }

  /** The type at an endpoint as it is for a client. @throws {ScimError} 403 */
  require(client: string, right: Right, endpoint: string): ResourceRules {
    requireRight(client, this.#of(client), right, resourceAt(this.#rules, endpoint))
    return resourceAt(this.rulesOf(client), endpoint)
  }

  /**
   * The types that are asked for; of several, those that the client may not read are left out.
   *
   * @throws {ScimError} 403, where none is left.
   */
  readable(client: string, endpoints: readonly string[]): readonly ResourceRules[] {
    const own = this.#of(client)
    const allowed = endpoints.filter((endpoint) => {
      const resource = resourceAt(this.#rules, endpoint)
      return mayDo(own, 'read', resource) && isReachable(resource, own.subtree)
    })
    const asked = allowed.length === 0 ? endpoints.slice(0, 1) : allowed
    return asked.map((endpoint) => this.require(client, 'read', endpoint))
  }

  /** Who may not read sees of what it writes that it is there. */
  shown<T extends { readonly projection: Projection }>(
    client: string,
    endpoint: string,
    options: T,
  ): T {
    return mayDo(this.#of(client), 'read', resourceAt(this.#rules, endpoint))
      ? options
      : { ...options, projection: ID_ALONE }
  }

  #of(client: string): Access {
    return this.#access.get(client) ?? ALL
  }
}

/** @param endpoint That of a resource type, e.g. `/Users`. */
export function resourceAt({ resources }: Rules, endpoint: string): ResourceRules {
  const resource = resources.find(({ type }) => type.endpoint === endpoint)
  if (resource === undefined) throw new Error(`no resource type has the endpoint ${endpoint}`)
  return resource
}

/** The rules as they are for one client. */
function rulesFor(rules: Rules, client: string, access: Access): Rules {
  const own = rulesOfClient(rules, client)
  const within = access.subtree === undefined ? own : confined(own, access.subtree)
  const hidden = own.resources.filter((resource) => !mayDo(access, 'read', resource))
  return withoutReferencesTo(within, new Set(hidden.map(({ type }) => type.name)))
}

function mayDo({ rights }: Access, right: Right, { type }: ResourceRules): boolean {
  if (rights === undefined) return true
  const name = nameOf(type)
  return Object.hasOwn(rights, name) && (rights[name] ?? []).includes(right)
}

/**
 * @param resource As it is for all clients.
 * @throws {ScimError} 403
 */
function requireRight(client: string, access: Access, right: Right, resource: ResourceRules): void {
  const who = `the client ${JSON.stringify(client)}`
  const name = nameOf(resource.type)
  if (!mayDo(access, right, resource)) {
    throw new ScimError(403, `${who} may not ${right} ${name}`)
  }
  if (!isReachable(resource, access.subtree)) {
    throw new ScimError(403, `${who} is confined to a part of the directory without ${name}`)
  }
}

function nameOf({ endpoint }: ResourceRules['type']): string {
  return endpoint.slice(1)
}
