import { defineAttribute } from './attribute.ts'
import type { Attribute } from './attribute.ts'

/** The identifier that the service provider gives (RFC 7643 §3.1). */
export const ID = defineAttribute('id', 'Identifier of the resource, given by this service.', {
  caseExact: true,
  mutability: 'readOnly',
  returned: 'always',
  uniqueness: 'server',
})

/**
 * The identifier that the client gives (RFC 7643 §3.1). Not in `COMMON_ATTRIBUTES`: it exists for a
 * resource type whose core schema lists it, because a mapping may have no place for it.
 */
export const EXTERNAL_ID = defineAttribute(
  'externalId',
  'Identifier of the resource in the system of the client that provisions it.',
  { caseExact: true },
)

/** The schemas that a resource has attributes of (RFC 7643 §3). Derived, so nobody writes it. */
export const SCHEMAS = defineAttribute(
  'schemas',
  'URNs of the schemas whose attributes are present.',
  {
    type: 'reference',
    multiValued: true,
    caseExact: true,
    mutability: 'readOnly',
    returned: 'always',
    referenceTypes: ['uri'],
  },
)

const readOnly = { mutability: 'readOnly' } as const

/** Metadata of a resource (RFC 7643 §3.1). */
export const META = defineAttribute('meta', 'What the service knows about the resource.', {
  ...readOnly,
  type: 'complex',
  subAttributes: [
    defineAttribute('resourceType', 'Name of the resource type.', { ...readOnly, caseExact: true }),
    defineAttribute('created', 'When the resource was created.', {
      ...readOnly,
      type: 'dateTime',
    }),
    defineAttribute('lastModified', 'When the resource was last changed.', {
      ...readOnly,
      type: 'dateTime',
    }),
    defineAttribute('location', 'URL of the resource.', {
      ...readOnly,
      type: 'reference',
      caseExact: true,
      referenceTypes: ['uri'],
    }),
    defineAttribute('version', 'Version of the resource: its weak entity tag.', {
      ...readOnly,
      caseExact: true,
    }),
  ],
})

/** What every resource has beside the attributes of its schemas (RFC 7643 §3). */
export const COMMON_ATTRIBUTES: readonly Attribute[] = [ID, SCHEMAS, META]
