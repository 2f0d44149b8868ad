import type { Entry } from '../ldap/entry.ts'
import type { ResourceRules, Rules } from '../mapping/rules.ts'
import { equalJson } from '../scim/json.ts'
import { getAttribute } from '../scim/resource.ts'
import type { Resource } from '../scim/resource.ts'
import { contradicts } from './immutable.ts'
import { requireUnprotected } from './protection.ts'

/**
 * Whether a resource may be taken for the one that a client wants to create: by every key of the
 * mapping, each with the same value on both sides, and no immutable attribute that says otherwise.
 * Whatever else must keep an entry from being adopted belongs here.
 *
 * @throws {Forbidden} protectedEntry, where it is that resource and has special rights.
 */
export function isAdoptable(
  rules: Rules,
  resource: ResourceRules,
  entry: Pick<Entry, 'dn' | 'attributes'>,
  held: Resource,
  wanted: Resource,
): boolean {
  if (!isMeant(resource, held, wanted)) return false
  requireUnprotected(rules, resource, undefined, entry)
  return true
}

function isMeant(
  { attributes, adoptBy }: ResourceRules,
  held: Resource,
  wanted: Resource,
): boolean {
  if (adoptBy.length === 0 || contradicts(attributes, held, wanted)) return false
  return adoptBy.every((key) => {
    const rule = attributes.find((one) => one.key === key)
    if (rule === undefined) return false
    const [own, given] = [getAttribute(held, rule.path), getAttribute(wanted, rule.path)]
    return own !== undefined && own !== '' && given !== undefined && equalJson(own, given)
  })
}
