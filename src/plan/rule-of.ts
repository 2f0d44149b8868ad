import type { AttributeRule, ResourceRules } from '../mapping/rules.ts'
import type { ResolvedPath } from '../scim/path.ts'

/** The rule that fills an attribute, or the whole that a sub-attribute is part of. */
export function ruleFor(resource: ResourceRules, path: ResolvedPath): AttributeRule | undefined {
  return resource.attributes.find(
    (rule) =>
      isOfAttribute(rule, path) &&
      (rule.path.sub === undefined || rule.path.sub.name === path.sub?.name),
  )
}

/** The rules of the sub-attributes of a complex attribute that has none of its own. */
export function rulesBelow(resource: ResourceRules, path: ResolvedPath): readonly AttributeRule[] {
  return resource.attributes.filter((rule) => isOfAttribute(rule, path))
}

function isOfAttribute({ path: own }: AttributeRule, path: ResolvedPath): boolean {
  return own.schema.id === path.schema.id && own.attribute.name === path.attribute.name
}
