import type { Attribute } from '../scim/attribute.ts'
import type { ResourceType } from '../scim/resource-type.ts'
import type { Schema } from '../scim/schema.ts'
import type { ResourceDocument } from './document.ts'
import { endpointOf } from './names.ts'
import type { AttributeRule } from './rules.ts'

/** Sub-attributes that the gateway makes itself beside the `value` of a reference. */
const OF_REFERENCES = ['value', '$ref', 'type']

/**
 * The resource type with what the rules fill and nothing else, so that /Schemas never claims what
 * is not mapped (RFC 7643 §7).
 */
export function prunedType(
  name: string,
  document: Partial<ResourceDocument>,
  core: Schema,
  rules: readonly AttributeRule[],
): ResourceType {
  const schemas = [
    core,
    ...new Set(rules.filter(({ path }) => path.extension).map(({ path }) => path.schema)),
  ]
  const [pruned = core, ...extensions] = schemas.map((schema) => prunedSchema(schema, rules))
  return {
    name,
    description: document.description ?? core.description,
    endpoint: endpointOf(name, document.endpoint),
    schema: pruned,
    extensions: extensions.map((schema) => ({ schema, required: false })),
  }
}

function prunedSchema(schema: Schema, rules: readonly AttributeRule[]): Schema {
  const attributes = schema.attributes.flatMap((attribute) => {
    const own = rules.filter(
      ({ path }) => path.schema === schema && path.attribute.name === attribute.name,
    )
    return own.length === 0 ? [] : [prunedAttribute(attribute, own)]
  })
  return { ...schema, attributes }
}

function prunedAttribute(attribute: Attribute, rules: readonly AttributeRule[]): Attribute {
  const whole = rules.find(({ path }) => path.sub === undefined)
  if (whole === undefined) {
    const subAttributes = (attribute.subAttributes ?? []).flatMap((sub) => {
      const rule = rules.find(({ path }) => path.sub?.name === sub.name)
      return rule?.path.sub === undefined ? [] : [rule.path.sub]
    })
    return { ...attribute, subAttributes }
  }
  const stated = whole.path.attribute
  if (stated.subAttributes === undefined) return stated
  const kept = filledSubAttributes(whole)
  return kept === undefined
    ? stated
    : { ...stated, subAttributes: stated.subAttributes.filter((sub) => kept.has(sub.name)) }
}

/** The sub-attributes that a rule fills; `undefined` = whatever the schema has. */
function filledSubAttributes(rule: AttributeRule): ReadonlySet<string> | undefined {
  if (rule.kind === 'reference' || rule.kind === 'backlink') {
    const named = rule.displayAs === undefined ? [] : [rule.displayAs]
    return new Set([...OF_REFERENCES, ...named])
  }
  if (rule.kind !== 'slots' || rule.rest !== undefined) return undefined
  const names = rule.slots.flatMap(({ parts }) => [...parts.keys()])
  if (rule.slots.some(({ type }) => type !== undefined)) names.push('type')
  if (rule.slots.some(({ primary }) => primary)) names.push('primary')
  return new Set(names)
}
