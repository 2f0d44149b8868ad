import { CLIENT_SCHEMA } from './client-schema.ts'
import { BREAKER_SCHEMA, PROTECT_SCHEMA, UNPROTECTED_SCHEMA } from './guard-schema.ts'
import { count, text } from './schema-words.ts'

/** One SCIM service: a directory, its mapping and its clients. */
export const ENDPOINT_SCHEMA = {
  type: 'object',
  description: 'One SCIM service: a directory, its mapping and its clients.',
  required: ['mapping', 'directory', 'clients'],
  additionalProperties: false,
  properties: {
    mapping: text(
      'Mapping file, relative to this one; or the name of a shipped mapping, e.g. openldap.',
    ),
    directory: { $ref: '#/definitions/directory' },
    lookThrough: {
      ...count(
        'Resources that the gateway looks at, one by one, for a filter that the directory cannot answer by itself; beyond it the filter is refused.',
      ),
      default: 10000,
    },
    protect: PROTECT_SCHEMA,
    dangerouslyUnprotected: UNPROTECTED_SCHEMA,
    breaker: BREAKER_SCHEMA,
    clients: {
      type: 'array',
      description: 'Who may use the endpoint.',
      minItems: 1,
      items: CLIENT_SCHEMA,
    },
  },
}
