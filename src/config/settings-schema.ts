import { Ajv } from 'ajv'
import type { ErrorObject } from 'ajv'
import { COUNTERS_SCHEMA } from './counters-schema.ts'
import { DIRECTORY_SCHEMA } from './directory-schema.ts'
import { ENDPOINT_SCHEMA } from './endpoint-schema.ts'
import { LIMITS_SCHEMA } from './limits-schema.ts'
import { LISTEN_SCHEMA } from './listen-schema.ts'
import { count, port, text } from './schema-words.ts'

/** The JSON Schema of the settings; shipped as `gateway.schema.json`. Every default stands here. */
export const SETTINGS_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'scim2ldap settings',
  type: 'object',
  required: ['endpoints'],
  additionalProperties: false,
  properties: {
    $schema: { type: 'string', description: 'For editors: where this schema is.' },
    listen: LISTEN_SCHEMA,
    admin: {
      type: 'object',
      description:
        'Where health and metrics are served, apart from SCIM and without TLS or tokens.',
      additionalProperties: false,
      default: {},
      properties: {
        host: { ...text('Address of /healthz, /readyz and /metrics.'), default: '127.0.0.1' },
        port: { ...port, default: 9090, description: 'Port of /healthz, /readyz and /metrics.' },
      },
    },
    log: {
      type: 'object',
      description: 'The log, JSON lines on standard output.',
      additionalProperties: false,
      default: {},
      properties: {
        level: {
          enum: ['debug', 'info', 'warn', 'error', 'silent'],
          default: 'info',
          description: 'The least severe lines that are written.',
        },
        tokenExpiryDays: {
          ...count('How many days before a token expires the log begins to warn, once a day.'),
          default: 30,
        },
      },
    },
    audit: {
      type: 'object',
      description: 'The record of writes, JSON lines (docs/observability.md).',
      additionalProperties: false,
      default: {},
      properties: {
        file: text('File that records are appended to; standard output unless given.'),
        ldif: {
          type: 'boolean',
          description:
            'Whether records hold the values that were written, as LDIF; passwords never. Default: in a file, and not on standard output.',
        },
      },
    },
    cursors: {
      type: 'object',
      additionalProperties: false,
      default: {},
      description: 'Cursors of long lists (RFC 9865).',
      properties: {
        key: {
          type: 'string',
          minLength: 32,
          writeOnly: true,
          description:
            'Secret by which replicas read each other’s cursors, 32 characters or more; best ${file:…} or ${VAR}. Without it each process has its own.',
        },
        lifetimeSeconds: {
          ...count('How long a cursor is good, in seconds.'),
          default: 3600,
        },
      },
    },
    limits: LIMITS_SCHEMA,
    counters: COUNTERS_SCHEMA,
    endpoints: {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: '^/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-]$' },
      description: 'SCIM endpoints by base path, e.g. /scim/v2.',
      additionalProperties: { $ref: '#/definitions/endpoint' },
    },
  },
  definitions: { endpoint: ENDPOINT_SCHEMA, directory: DIRECTORY_SCHEMA },
}

// Texts become numbers and booleans, because what comes from the environment is text.
const validate = new Ajv({
  allErrors: true,
  verbose: true,
  strict: true,
  allowUnionTypes: true,
  coerceTypes: true,
  useDefaults: true,
}).compile(SETTINGS_SCHEMA)

/** What ajv finds wrong with settings; nothing where the value, defaults filled in, is `Settings`. */
export function settingsErrors(value: unknown): readonly ErrorObject[] {
  return validate(value) ? [] : [...(validate.errors ?? [])]
}
