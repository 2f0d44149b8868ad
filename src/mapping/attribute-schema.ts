import { characteristics, LDAP_NAME, typeIs } from './schema-words.ts'
import { TRANSFORMS } from './transforms.ts'

/** What systems take as the number of a user or group: 0 is root's. */
const NUMBER = { type: 'integer', minimum: 1, maximum: 2 ** 32 - 2 }

/** Definitions of the JSON Schema of mappings: how a SCIM attribute lives in LDAP. */
export const ATTRIBUTE_DEFINITIONS = {
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
      allocate: {
        type: 'object',
        description: 'A new entry is given the next number of a counter that all gateways share.',
        required: ['counter', 'from', 'to'],
        additionalProperties: false,
        properties: {
          counter: {
            type: 'string',
            description: 'DN of the entry that counts; {{ suffix }} may be used.',
          },
          attribute: {
            ...LDAP_NAME,
            description: 'Where that entry has the next number; as `ldap` unless given.',
          },
          from: { ...NUMBER, description: 'The first number that may be given.' },
          to: { ...NUMBER, description: 'The last one.' },
        },
      },
      perClient: {
        const: true,
        description:
          'Each client has a value of its own, told apart in `ldap` by the name of the client.',
      },
      omitted: {
        enum: ['clear', 'keep'],
        default: 'clear',
        description: 'What becomes of the value where a PUT does not have the attribute.',
      },
      activation: { const: true, description: 'The dialect switches the account on and off.' },
      password: { const: true, description: 'The dialect sets the password; never read.' },
      reference: {
        type: ['string', 'array'],
        items: { type: 'string' },
        minItems: 1,
        description: 'Resource type or types that the values in `ldap` name.',
      },
      by: {
        ...LDAP_NAME,
        description:
          'The LDAP attribute of what is meant whose values `ldap` has; DNs unless given.',
      },
      backlink: {
        type: 'string',
        description: 'The SCIM attribute of those resource types that names this resource.',
      },
      display: {
        type: 'string',
        default: 'displayName',
        description: 'The SCIM attribute of what is meant that is shown as its name.',
      },
      placeholder: {
        type: 'string',
        description: 'DN that stands in where the object class wants a value; hidden from clients.',
      },
      primary: {
        const: true,
        description: 'The group that the account itself names is one of the groups.',
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
}
