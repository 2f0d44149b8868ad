import { isAllocating } from '../mapping/allocation.ts'
import type { AttributeRule } from '../mapping/rules.ts'
import { getAttribute, withAttribute } from '../scim/resource.ts'
import type { Resource } from '../scim/resource.ts'
import { isReadOnly } from './attributes.ts'

/**
 * What PUT leaves as it is although it is omitted: what is readOnly, numbers that were given,
 * whether the account is on, and what the mapping says.
 */
export function withKept(
  rules: readonly AttributeRule[],
  before: Resource,
  wanted: Resource,
): Resource {
  return rules
    .filter(
      (rule) =>
        rule.kind === 'activation' || isReadOnly(rule) || isAllocating(rule) || isKept(rule),
    )
    .filter(({ path }) => getAttribute(wanted, path) === undefined)
    .reduce((kept, { path }) => withAttribute(kept, path, getAttribute(before, path)), wanted)
}

function isKept(rule: AttributeRule): boolean {
  return rule.kind === 'value' && rule.kept
}
