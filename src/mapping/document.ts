import { Ajv } from 'ajv'
import type { ErrorObject } from 'ajv'
import { DIALECTS } from '../ldap/dialects.ts'
import type { DialectName } from '../ldap/dialects.ts'
import type { Mutability, Returned, Uniqueness } from '../scim/attribute.ts'
import { TRANSFORMS } from './transforms.ts'

/** A mapping file as it is written; docs/mapping.md explains each part. */
export interface MappingDocument {
  readonly dialect: DialectName
  readonly schemas?: Readonly<Record<string, SchemaDocument>>
  readonly resources: Readonly<Record<string, ResourceDocument>>
}

export interface SchemaDocument {
  readonly id: string
  readonly name: string
  readonly description?: string
  readonly attributes: Readonly<Record<string, SchemaAttributeDocument>>
}

export interface SchemaAttributeDocument extends Characteristics {
  readonly type?:
    'string' | 'boolean' | 'decimal' | 'integer' | 'dateTime' | 'binary' | 'reference' | 'complex'
  readonly multiValued?: boolean
  readonly description?: string
  readonly referenceTypes?: readonly string[]
  readonly subAttributes?: Readonly<Record<string, SchemaAttributeDocument>>
}

export interface Characteristics {
  readonly mutability?: Mutability
  readonly required?: boolean
  readonly returned?: Returned
  readonly uniqueness?: Uniqueness
  readonly caseExact?: boolean
  readonly canonicalValues?: readonly string[]
}

export interface ResourceDocument {
  readonly schema?: string
  readonly endpoint?: string
  readonly description?: string
  readonly base: string
  readonly filter: string
  readonly dn: string
  readonly rename?: 'follow' | 'never'
  readonly delete?: 'entry' | LeavingDocument
  readonly onConflict?: 'refuse' | { readonly adopt: readonly string[] }
  readonly objectClass: readonly string[]
  readonly attributes: Readonly<Record<string, AttributeDocument>>
  readonly write?: Readonly<Record<string, WriteDocument>>
}

export interface LeavingDocument {
  readonly move: string
  readonly disable?: boolean
  readonly leaveGroups?: boolean
  readonly reviveBy?: string | readonly string[]
}

export type AttributeDocument = string | AttributeObject | readonly SlotDocument[]

export interface AttributeObject extends Characteristics {
  readonly ldap?: string
  readonly as?: TransformDocument
  readonly default?: string
  readonly perClient?: true
  readonly activation?: true
  readonly password?: true
  readonly reference?: string | readonly string[]
  readonly display?: string
  readonly placeholder?: string
  readonly slots?: readonly SlotDocument[]
  readonly unmapped?: 'refuse' | 'ignore'
  readonly onWrite?: 'ignore' | 'refuse'
}

export interface SlotDocument {
  readonly type?: string
  readonly primary?: boolean
  readonly each?: SlotPartDocument
  readonly rest?: string
  readonly [subAttribute: string]: SlotPartDocument | boolean | undefined
}

export type SlotPartDocument = string | { readonly ldap: string; readonly as?: TransformDocument }
export type TransformDocument = string | Readonly<Record<string, unknown>>

export interface WriteDocument {
  readonly on: 'create' | 'always'
  readonly value: string
}

const LDAP_NAME = {
  type: 'string',
  pattern: '^([A-Za-z][A-Za-z0-9-]*|[0-9]+(\\.[0-9]+)*)(;[A-Za-z0-9-]+)*$',
  description: 'An LDAP attribute, by name or OID, with options such as ;binary.',
}

const characteristics = {
  mutability: {
    enum: ['readWrite', 'readOnly', 'immutable', 'writeOnly'],
    description: 'Whether clients may set it; as the schema of the attribute says unless given.',
  },
  required: {
    type: 'boolean',
    description: 'Whether a client must send it; as the schema of the attribute says unless given.',
  },
  returned: {
    enum: ['always', 'never', 'default', 'request'],
    description: 'When it is returned; as the schema of the attribute says unless given.',
  },
  uniqueness: {
    enum: ['none', 'server', 'global'],
    description: 'Whether no two resources have the same value: none, or server, or global.',
  },
  caseExact: {
    type: 'boolean',
    description: 'Whether letter case counts when values are compared.',
  },
  canonicalValues: {
    type: 'array',
    items: { type: 'string' },
    minItems: 1,
    description: 'Values that clients are told to use; others are not refused.',
  },
}

const typeIs = (type: string) => ({ type })

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
    resource: {
      type: 'object',
      description: 'A SCIM resource type and the entries that are its resources.',
      required: ['base', 'filter', 'dn', 'objectClass', 'attributes'],
      additionalProperties: false,
      properties: {
        schema: {
          type: 'string',
          description: 'Alias of its core schema; User and Group have theirs from RFC 7643.',
        },
        endpoint: {
          type: 'string',
          pattern: '^/[A-Za-z][A-Za-z0-9_-]*$',
          description: 'A path such as /Devices; the name with an s unless given.',
        },
        description: { type: 'string', description: 'What it is, as /ResourceTypes shows it.' },
        base: {
          type: 'string',
          description: 'DN below which the entries are; {{ suffix }} may be used.',
        },
        filter: {
          type: 'string',
          description: 'LDAP filter that tells these entries from others.',
        },
        dn: { type: 'string', description: 'Liquid template: the DN of a new entry.' },
        rename: {
          enum: ['follow', 'never'],
          default: 'follow',
          description: 'Whether a change to what `dn` reads renames or moves the entry.',
        },
        delete: {
          description: 'What DELETE does: take the entry away, or move it to where leavers are.',
          default: 'entry',
          type: ['string', 'object'],
          allOf: [
            { if: typeIs('string'), then: { enum: ['entry'] } },
            { if: typeIs('object'), then: { $ref: '#/definitions/leaving' } },
          ],
        },
        onConflict: {
          description: 'What becomes of a POST whose unique value is taken.',
          default: 'refuse',
          type: ['string', 'object'],
          allOf: [
            { if: typeIs('string'), then: { enum: ['refuse'] } },
            { if: typeIs('object'), then: { $ref: '#/definitions/adoption' } },
          ],
        },
        objectClass: {
          type: 'array',
          items: { type: 'string', minLength: 1 },
          minItems: 1,
          uniqueItems: true,
          description: 'Object classes of a new entry.',
        },
        attributes: {
          type: 'object',
          minProperties: 1,
          description: 'SCIM attribute → how it lives in LDAP, e.g. name.givenName: givenName.',
          additionalProperties: { $ref: '#/definitions/attribute' },
        },
        write: {
          type: 'object',
          description: 'LDAP attributes that no SCIM attribute carries.',
          propertyNames: LDAP_NAME,
          additionalProperties: {
            type: 'object',
            description: 'When the LDAP attribute is written, and with what.',
            required: ['on', 'value'],
            additionalProperties: false,
            properties: {
              on: {
                enum: ['create', 'always'],
                description:
                  'create: with a new entry. always: also when an update changes what `value` reads.',
              },
              value: { type: 'string', description: 'Liquid template of its one value.' },
            },
          },
        },
      },
    },
    leaving: {
      type: 'object',
      description: 'Where the entries of deleted resources go, and in which state.',
      required: ['move'],
      additionalProperties: false,
      properties: {
        move: {
          type: 'string',
          description: 'DN that they are moved below, outside of `base`; {{ suffix }} may be used.',
        },
        disable: {
          type: 'boolean',
          default: true,
          description: 'Whether the account is switched off, as `active: false` does.',
        },
        leaveGroups: {
          type: 'boolean',
          default: true,
          description: 'Whether it is taken out of the groups that the mapping knows.',
        },
        reviveBy: {
          type: ['string', 'array'],
          items: { type: 'string' },
          minItems: 1,
          uniqueItems: true,
          description: 'SCIM attributes by which a later POST finds it and brings it back.',
        },
      },
    },
    adoption: {
      type: 'object',
      description: 'The resource that is there is taken for the one that is sent.',
      required: ['adopt'],
      additionalProperties: false,
      properties: {
        adopt: {
          type: 'array',
          items: { type: 'string' },
          minItems: 1,
          uniqueItems: true,
          description: 'Immutable SCIM attributes; both sides must have the same value of each.',
        },
      },
    },
    attribute: {
      description: 'An LDAP attribute, or a map that says more, or a list of slots.',
      type: ['string', 'object', 'array'],
      allOf: [
        { if: typeIs('string'), then: LDAP_NAME },
        { if: typeIs('object'), then: { $ref: '#/definitions/attributeObject' } },
        { if: typeIs('array'), then: { $ref: '#/definitions/slots' } },
      ],
    },
    attributeObject: {
      type: 'object',
      additionalProperties: false,
      properties: {
        ldap: LDAP_NAME,
        as: { $ref: '#/definitions/transform' },
        default: { type: 'string', description: 'Liquid template for a resource without a value.' },
        perClient: {
          const: true,
          description:
            'Each client has a value of its own, told apart in `ldap` by the name of the client.',
        },
        activation: { const: true, description: 'The dialect switches the account on and off.' },
        password: { const: true, description: 'The dialect sets the password; never read.' },
        reference: {
          type: ['string', 'array'],
          items: { type: 'string' },
          minItems: 1,
          description: 'Resource type or types that the DNs in `ldap` name.',
        },
        display: {
          type: 'string',
          default: 'displayName',
          description: 'The SCIM attribute of what is meant that is shown as its name.',
        },
        placeholder: {
          type: 'string',
          description:
            'DN that stands in where the object class wants a value; hidden from clients.',
        },
        slots: { $ref: '#/definitions/slots' },
        unmapped: {
          enum: ['refuse', 'ignore'],
          default: 'refuse',
          description: 'What happens to a value that fits no slot.',
        },
        onWrite: {
          enum: ['ignore', 'refuse'],
          default: 'ignore',
          description: 'What happens to a value that a client sends for a readOnly attribute.',
        },
        ...characteristics,
      },
    },
    slots: {
      description: 'Places for the values of a multi-valued attribute.',
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        minProperties: 1,
        properties: {
          type: { type: 'string', description: 'The `type` of the values kept here.' },
          primary: {
            type: 'boolean',
            default: false,
            description: 'Whether the value kept here is shown as the primary one.',
          },
          each: { $ref: '#/definitions/slotPart' },
          rest: LDAP_NAME,
        },
        additionalProperties: { $ref: '#/definitions/slotPart' },
      },
    },
    slotPart: {
      description: 'The LDAP attribute of a sub-attribute; or {ldap, as}.',
      type: ['string', 'object'],
      allOf: [
        { if: typeIs('string'), then: LDAP_NAME },
        {
          if: typeIs('object'),
          then: {
            type: 'object',
            required: ['ldap'],
            additionalProperties: false,
            properties: { ldap: LDAP_NAME, as: { $ref: '#/definitions/transform' } },
          },
        },
      ],
    },
    transform: {
      description: `How a value is written and read. ${Object.entries(TRANSFORMS)
        .map(([name, { description }]) => `${name}: ${description}.`)
        .join(' ')}`,
      type: ['string', 'object'],
      allOf: [
        {
          if: typeIs('string'),
          then: {
            enum: Object.keys(TRANSFORMS).filter((name) => !TRANSFORMS[name]?.argumentRequired),
          },
        },
        {
          if: typeIs('object'),
          then: {
            type: 'object',
            minProperties: 1,
            maxProperties: 1,
            additionalProperties: false,
            properties: Object.fromEntries(
              Object.entries(TRANSFORMS).flatMap(([name, { argument, description }]) =>
                argument === undefined ? [] : [[name, { description, ...argument }]],
              ),
            ),
          },
        },
      ],
    },
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
