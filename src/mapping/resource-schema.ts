import { LDAP_NAME, typeIs } from './schema-words.ts'

/** Definitions of the JSON Schema of mappings: a resource type, its naming and lifecycle. */
export const RESOURCE_DEFINITIONS = {
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
}
