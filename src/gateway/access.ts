import type { Dn } from '../ldap/dn.ts'
import { confined, isReachable, withoutReferencesTo } from '../mapping/confine.ts'
import type { ResourceRules, Rules } from '../mapping/rules.ts'
import { rulesOfClient } from '../mapping/rules.ts'
import { ScimError } from '../scim/error.ts'

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

export const ALL: Access = {}

/** The rules as they are for one client. */
export function rulesFor(rules: Rules, client: string, access: Access): Rules {
  const own = rulesOfClient(rules, client)
  const within = access.subtree === undefined ? own : confined(own, access.subtree)
  const hidden = own.resources.filter((resource) => !mayDo(access, 'read', resource))
  return withoutReferencesTo(within, new Set(hidden.map(({ type }) => type.name)))
}

export function mayDo({ rights }: Access, right: Right, { type }: ResourceRules): boolean {
  if (rights === undefined) return true
  const name = nameOf(type)
  return Object.hasOwn(rights, name) && (rights[name] ?? []).includes(right)
}

/**
 * @param resource As it is for all clients.
 * @throws {ScimError} 403
 */
export function requireRight(
  client: string,
  access: Access,
  right: Right,
  resource: ResourceRules,
): void {
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
