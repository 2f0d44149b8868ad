import type { ResourceRules, Rules } from '../mapping/rules.ts'
import type { Attribute } from '../scim/attribute.ts'
import { EXTERNAL_ID } from '../scim/common-attributes.ts'
import type { Json, JsonObject } from '../scim/resource.ts'
import type { ResourceType } from '../scim/resource-type.ts'
import type { Schema } from '../scim/schema.ts'
import {
  RESOURCE_TYPE_SCHEMA,
  SCHEMA_SCHEMA,
  sameUrn,
  SERVICE_PROVIDER_CONFIG_SCHEMA,
} from '../scim/urn.ts'
import { PAGE } from './list.ts'

/** What `/ServiceProviderConfig` tells that is set. */
export interface Limits {
  /** How long a cursor is good, in s. */
  readonly cursorTimeout: number
  readonly bulk: {
    readonly maxOperations: number
    /** In bytes. */
    readonly maxPayloadSize: number
  }
}

/** What the gateway can do (RFC 7643 §5): no more than is true. */
export function serviceProviderConfig(
  baseUrl: string,
  { cursorTimeout, bulk }: Limits,
): JsonObject {
  return {
    schemas: [SERVICE_PROVIDER_CONFIG_SCHEMA],
    documentationUri: 'https://www.rfc-editor.org/rfc/rfc7644',
    patch: { supported: true },
    bulk: { supported: true, ...bulk },
    filter: { supported: true, maxResults: PAGE.most },
    changePassword: { supported: true },
    sort: { supported: true },
    etag: { supported: true },
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: 'index',
      defaultPageSize: PAGE.default,
      maxPageSize: PAGE.most,
      cursorTimeout,
    },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'A token in the Authorization header (RFC 6750)',
        specUri: 'https://www.rfc-editor.org/rfc/rfc6750',
        primary: true,
      },
    ],
    meta: {
      resourceType: 'ServiceProviderConfig',
      location: `${baseUrl}/ServiceProviderConfig`,
    },
  }
}

/** RFC 7643 §6. */
export function resourceTypes(rules: Rules, baseUrl: string): readonly JsonObject[] {
  return rules.resources.map(({ type }) => resourceTypeDocument(type, baseUrl))
}

/** RFC 7643 §7: what the mapping fills, in every schema that it fills anything of. */
export function schemas(rules: Rules, baseUrl: string): readonly JsonObject[] {
  return schemasIn(rules.resources).map((schema) => schemaDocument(schema, baseUrl))
}

/** One of a list of discovery documents, by name or URN. */
export function findDocument(documents: readonly JsonObject[], id: string): JsonObject | undefined {
  return documents.find((document) => typeof document.id === 'string' && sameUrn(document.id, id))
}

function resourceTypeDocument(type: ResourceType, baseUrl: string): JsonObject {
  return {
    schemas: [RESOURCE_TYPE_SCHEMA],
    id: type.name,
    name: type.name,
    description: type.description,
    endpoint: type.endpoint,
    schema: type.schema.id,
    schemaExtensions: type.extensions.map(({ schema, required }) => ({
      schema: schema.id,
      required,
    })),
    meta: { resourceType: 'ResourceType', location: `${baseUrl}/ResourceTypes/${type.name}` },
  }
}

function schemasIn(resources: readonly ResourceRules[]): readonly Schema[] {
  const all = new Map<string, Schema>()
  for (const { type } of resources) {
    for (const schema of [type.schema, ...type.extensions.map((one) => one.schema)]) {
      if (!all.has(schema.id)) all.set(schema.id, schema)
    }
  }
  return [...all.values()]
}

function schemaDocument(schema: Schema, baseUrl: string): JsonObject {
  return {
    schemas: [SCHEMA_SCHEMA],
    id: schema.id,
    name: schema.name,
    description: schema.description,
    attributes: schema.attributes
      // Common to all resources and part of no schema (RFC 7643 §3.1).
      .filter(({ name }) => name !== EXTERNAL_ID.name)
      .map(attributeDocument),
    meta: { resourceType: 'Schema', location: `${baseUrl}/Schemas/${schema.id}` },
  }
}

function attributeDocument(attribute: Attribute): JsonObject {
  const { name, type, multiValued, description, required, subAttributes } = attribute
  const { canonicalValues, referenceTypes } = attribute
  const document: Record<string, Json> = { name, type, multiValued, description, required }
  if (canonicalValues !== undefined) document.canonicalValues = canonicalValues
  if (type !== 'complex') document.caseExact = attribute.caseExact
  document.mutability = attribute.mutability
  document.returned = attribute.returned
  if (type !== 'complex') document.uniqueness = attribute.uniqueness
  if (referenceTypes !== undefined) document.referenceTypes = referenceTypes
  if (subAttributes !== undefined) document.subAttributes = subAttributes.map(attributeDocument)
  return document
}
