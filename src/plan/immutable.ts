import type { AttributeRule } from '../mapping/rules.ts'
import { ScimError } from '../scim/error.ts'
import { equalJson } from '../scim/json.ts'
import { printResolved } from '../scim/path.ts'
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

/** @throws {ScimError} mutability, where an immutable attribute that has a value would get another. */
export function refuseImmutable(
  rules: readonly AttributeRule[],
  before: Resource,
  after: Resource,
): void {
  for (const { path } of immutable(rules)) {
    const held = getAttribute(before, path)
    if (held !== undefined && !equalJson(held, getAttribute(after, path))) {
      throw new ScimError('mutability', `${printResolved(path)} is immutable`)
    }
  }
}

function immutable(rules: readonly AttributeRule[]): readonly AttributeRule[] {
  return rules.filter(({ path }) => (path.sub ?? path.attribute).mutability === 'immutable')
}
