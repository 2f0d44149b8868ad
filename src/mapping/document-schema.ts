import { Ajv } from 'ajv'
import type { ErrorObject } from 'ajv'
import { DIALECTS } from '../ldap/dialects.ts'
import { ATTRIBUTE_DEFINITIONS } from './attribute-schema.ts'
import { RESOURCE_DEFINITIONS } from './resource-schema.ts'
import { characteristics } from './schema-words.ts'

/** The JSON Schema of mapping files; shipped as `mappings/mapping.schema.json`. */
export const MAPPING_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'scim2ldap mapping',
  description: 'How SCIM resources live in an LDAP directory.',
  type: 'object',
  required: ['dialect', 'resources'],
  additionalProperties: false,
  properties: {
    $schema: { type: 'string', description: 'For editors: where this schema is.' },
    dialect: { enum: Object.keys(DIALECTS), description: 'The directory product.' },
    schemas: {
      type: 'object',
      description: 'Extension schemas of your own, by the alias that attributes are prefixed with.',
      propertyNames: { pattern: '^[A-Za-z][A-Za-z0-9]*$' },
      additionalProperties: { $ref: '#/definitions/schema' },
    },
    resources: {
      type: 'object',
      description: 'The resource types, by name: User, Group or one of your own.',
      propertyNames: { pattern: '^[A-Za-z][A-Za-z0-9]*$' },
      minProperties: 1,
      additionalProperties: { $ref: '#/definitions/resource' },
    },
  },
  definitions: {
    schema: {
      type: 'object',
      description: 'A schema: URN, name and attributes.',
      required: ['id', 'name', 'attributes'],
      additionalProperties: false,
      properties: {
        id: { type: 'string', pattern: '^urn:[^\\s]+$', description: 'The URN of the schema.' },
        name: { type: 'string', description: 'Its name, as /Schemas shows it.' },
        description: { type: 'string', description: 'What it is for, as /Schemas shows it.' },
        attributes: { $ref: '#/definitions/schemaAttributes' },
      },
    },
    schemaAttributes: {
      type: 'object',
      description: 'SCIM attributes by name.',
      minProperties: 1,
      propertyNames: { pattern: '^([A-Za-z][A-Za-z0-9_$-]*|\\$ref)$' },
      additionalProperties: { $ref: '#/definitions/schemaAttribute' },
    },
    schemaAttribute: {
      type: 'object',
      description: 'A SCIM attribute: its type and characteristics (RFC 7643 §7).',
      additionalProperties: false,
      properties: {
        type: {
          enum: [
            'string',
            'boolean',
            'decimal',
            'integer',
            'dateTime',
            'binary',
            'reference',
            'complex',
          ],
          default: 'string',
          description: 'The SCIM type of its values; complex where there are subAttributes.',
        },
        multiValued: {
          type: 'boolean',
          default: false,
          description: 'Whether it is a list of values.',
        },
        description: { type: 'string', description: 'What it holds, as /Schemas shows it.' },
        referenceTypes: {
          type: 'array',
          items: { type: 'string' },
          description: 'Of type reference: what the URL leads to (RFC 7643 §7).',
        },
        subAttributes: { $ref: '#/definitions/schemaAttributes' },
        ...characteristics,
      },
    },
    ...RESOURCE_DEFINITIONS,
    ...ATTRIBUTE_DEFINITIONS,
  },
}

const validate = new Ajv({
  allErrors: true,
  verbose: true,
  strict: true,
  allowUnionTypes: true,
}).compile(MAPPING_SCHEMA)

/** What ajv finds wrong with the shape of a mapping; nothing where it is a `MappingDocument`. */
export function shapeErrors(value: unknown): readonly ErrorObject[] {
  return validate(value) ? [] : [...(validate.errors ?? [])]
}
