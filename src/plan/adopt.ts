import type { ResourceRules } from '../mapping/rules.ts'
import { equalJson } from '../scim/json.ts'
import { getAttribute } from '../scim/resource.ts'
import type { Resource } from '../scim/resource.ts'
import { contradicts } from './immutable.ts'

/**
 * Whether a resource may be taken for the one that a client wants to create: by every key of the
 * mapping, each with the same value on both sides, and no immutable attribute that says otherwise.
 * Whatever else must keep an entry from being adopted belongs here.
 */
export function isAdoptable(
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
