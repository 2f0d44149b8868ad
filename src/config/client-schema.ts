import type { ClientOptions } from '../http/options.ts'
import { CLIENT_BREAKER_SCHEMA } from './guard-schema.ts'
import { text } from './schema-words.ts'

const PROFILES = ['lenient', 'strict', 'entra', 'okta'] as const satisfies readonly NonNullable<
  ClientOptions['profile']
>[]

/** A client of an endpoint. */
export const CLIENT_SCHEMA = {
  type: 'object',
  required: ['name', 'tokens'],
  additionalProperties: false,
  properties: {
    name: text('Name of the client in logs.'),
    profile: {
      enum: [...PROFILES],
      description:
        'Which deviations from the RFCs are tolerated (docs/clients.md). Default lenient.',
    },
    unknownReferences: {
      enum: ['refuse', 'skip'],
      description:
        'Whether a request that names members or managers that do not exist is refused, or carried out without them. Default: as the profile says.',
    },
    breaker: CLIENT_BREAKER_SCHEMA,
    user: text('userName of the person that the client stands for: /Me.'),
    actAs: {
      type: 'string',
      pattern: '^(dn:.+|u:.+)$',
      description:
        'Whose rights the client has in the directory, by proxied authorization (RFC 4370): dn:cn=…,dc=… or u:name. Default: the service account’s.',
    },
    tokens: {
      type: 'array',
      description: 'Bearer tokens of the client; several while one replaces another.',
      minItems: 1,
      items: {
        type: 'object',
        required: ['sha256'],
        additionalProperties: false,
        properties: {
          sha256: {
            type: 'string',
            pattern: '^[0-9A-Fa-f]{64}$',
            // Who mistakes the token for its hash shall not find it in a log.
            writeOnly: true,
            description: 'SHA-256 of the token, 64 hexadecimal digits (scim2ldap token).',
          },
          expires: {
            type: 'string',
            pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2})?(Z|[+-]\\d{2}:\\d{2}))?$',
            description: 'Date, or date and time with offset, from which on the token is refused.',
          },
        },
      },
    },
  },
}
