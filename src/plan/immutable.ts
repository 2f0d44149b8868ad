import type { AttributeRule } from '../mapping/rules.ts'
import { equalJson } from '../scim/json.ts'
import { getAttribute, withAttribute } from '../scim/resource.ts'
import type { Resource } from '../scim/resource.ts'

/** Whether an immutable attribute has one value here and another one there: then they are not the same. */
export function contradicts(
  rules: readonly AttributeRule[],
  held: Resource,
  wanted: Resource,
): boolean {
  return immutable(rules).some(({ path }) => {
    const [own, given] = [getAttribute(held, path), getAttribute(wanted, path)]
    return own !== undefined && given !== undefined && !equalJson(own, given)
  })
}

/** What is wanted, and the immutable attributes that it does not speak of. */
export function withImmutable(
  rules: readonly AttributeRule[],
  held: Resource,
  wanted: Resource,
): Resource {
  return immutable(rules)
    .filter(({ path }) => getAttribute(wanted, path) === undefined)
    .reduce((kept, { path }) => withAttribute(kept, path, getAttribute(held, path)), wanted)
}

function immutable(rules: readonly AttributeRule[]): readonly AttributeRule[] {
  return rules.filter(({ path }) => (path.sub ?? path.attribute).mutability === 'immutable')
}
