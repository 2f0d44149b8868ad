import type { Dn } from '../ldap/dn.ts'
import { isWithin } from '../ldap/dn.ts'
import { FALSE } from '../ldap/filter.ts'
import type { ResourceRules, Rules } from './rules.ts'

/** Whether anything of a type can lie in the subtree. */
export function isReachable({ base }: ResourceRules, subtree: Dn | undefined): boolean {
  return subtree === undefined || isWithin(base, subtree) || isWithin(subtree, base)
}

/**
 * The rules as they are for a client that is confined to a subtree: every base is within it, so
 * that searches, ids, references and new names are. What cannot lie there does not exist.
 */
export function confined(rules: Rules, subtree: Dn): Rules {
  const resources = rules.resources.map((resource): ResourceRules => {
    if (isWithin(resource.base, subtree)) return resource
    // Where leavers go is outside of the subtree: who left from elsewhere is not this client's.
    const { leaving } = resource
    const within = {
      ...resource,
      base: subtree,
      ...(leaving !== undefined && { leaving: { ...leaving, reviveBy: [] } }),
    }
    return isWithin(subtree, resource.base)
      ? { ...within, naming: { ...resource.naming, from: resource.base } }
      : { ...within, filter: FALSE }
  })
  return { ...rules, resources }
}

/**
 * The rules as they are for a client that does not get to see resources of some types: no reference
 * leads to one.
 */
export function withoutReferencesTo(rules: Rules, hidden: ReadonlySet<string>): Rules {
  if (hidden.size === 0) return rules
  const resources = rules.resources.map((resource) => ({
    ...resource,
    attributes: resource.attributes.map((rule) =>
      rule.kind === 'reference'
        ? { ...rule, types: rule.types.filter((type) => !hidden.has(type)) }
        : rule,
    ),
  }))
  return { ...rules, resources }
}
