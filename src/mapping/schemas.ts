import type { Attribute } from '../scim/attribute.ts'
import type { Schema } from '../scim/schema.ts'
import { findAttribute } from '../scim/schema.ts'
import { ENTERPRISE_USER } from '../scim/schemas/enterprise-user.ts'
import { GROUP } from '../scim/schemas/group.ts'
import { USER } from '../scim/schemas/user.ts'
import type {
  Characteristics,
  MappingDocument,
  SchemaAttributeDocument,
  SchemaDocument,
} from './document.ts'

/** Aliases of the extensions of RFC 7643, as mappings prefix attributes with them. */
const EXTENSIONS: ReadonlyMap<string, Schema> = new Map([['enterprise', ENTERPRISE_USER]])

/** Core schemas by the resource type that has them. */
const CORE: ReadonlyMap<string, Schema> = new Map([
  ['User', USER],
  ['Group', GROUP],
])

/** Every schema that a mapping can speak of: core by resource type, others by alias. */
export interface Catalogue {
  readonly core: ReadonlyMap<string, Schema>
  readonly aliases: ReadonlyMap<string, Schema>
}

export function catalogueOf(document: Partial<MappingDocument>): Catalogue {
  const aliases = new Map(EXTENSIONS)
  for (const [alias, schema] of Object.entries(document.schemas ?? {})) {
    aliases.set(alias, schemaOf(schema))
  }
  return { core: CORE, aliases }
}

/** An attribute of a schema by its dotted name, in the schema's spelling only. */
export function findExactly(
  schema: Schema,
  name: string,
): { readonly attribute: Attribute; readonly sub?: Attribute } | undefined {
  const [first = '', second, ...rest] = name.split('.')
  const attribute = findAttribute(schema.attributes, first)
  if (attribute?.name !== first || rest.length > 0) return undefined
  if (second === undefined) return { attribute }
  const sub = findAttribute(attribute.subAttributes ?? [], second)
  return sub?.name === second ? { attribute, sub } : undefined
}

/** `a`, `name`, `name.givenName` … of a schema, for suggestions. */
export function dottedNames(schema: Schema): readonly string[] {
  return schema.attributes.flatMap(({ name, subAttributes }) => [
    name,
    ...(subAttributes ?? []).map((sub) => `${name}.${sub.name}`),
  ])
}

/** An attribute with what the mapping says otherwise of it. */
export function withCharacteristics(attribute: Attribute, changes: Characteristics): Attribute {
  const { mutability, required, returned, uniqueness, caseExact, canonicalValues } = changes
  return {
    ...attribute,
    ...(mutability !== undefined && { mutability }),
    ...(required !== undefined && { required }),
    ...(returned !== undefined && { returned }),
    ...(uniqueness !== undefined && { uniqueness }),
    ...(caseExact !== undefined && { caseExact }),
    ...(canonicalValues !== undefined && { canonicalValues }),
  }
}

/** Of a document whose missing parts have been reported, too. */
function schemaOf({
  id = '',
  name = '',
  description = '',
  attributes = {},
}: Partial<SchemaDocument>): Schema {
  return { id, name, description, attributes: attributesOf(attributes) }
}

function attributesOf(
  documents: Readonly<Record<string, SchemaAttributeDocument>>,
): readonly Attribute[] {
  return Object.entries(documents).map(([name, document]) => {
    const { type = document.subAttributes === undefined ? 'string' : 'complex' } = document
    const attribute: Attribute = {
      name,
      type,
      multiValued: document.multiValued ?? false,
      description: document.description ?? '',
      required: false,
      caseExact: type === 'binary' || type === 'reference',
      mutability: 'readWrite',
      returned: 'default',
      uniqueness: 'none',
      ...(document.referenceTypes !== undefined && { referenceTypes: document.referenceTypes }),
      ...(document.subAttributes !== undefined && {
        subAttributes: attributesOf(document.subAttributes),
      }),
    }
    return withCharacteristics(attribute, document)
  })
}
