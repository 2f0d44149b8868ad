import { Ajv } from 'ajv'
import type { ErrorObject } from 'ajv'
import type { ClientOptions } from '../http/options.ts'

/** `gateway.yaml` as it is written; README.md has the table. */
export interface Settings {
  readonly listen: ListenSettings
  readonly admin: { readonly host: string; readonly port: number }
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent' }
  readonly cursors: { readonly key?: string; readonly lifetimeSeconds: number }
  readonly endpoints: Readonly<Record<string, EndpointSettings>>
}

export interface ListenSettings {
  readonly host: string
  readonly port: number
  readonly tls?: { readonly certificate: string; readonly key: string }
  readonly publicUrl?: string
  readonly bodyLimit: number
  readonly bulkLimit: number
  readonly dangerouslyAllowPlainHttp: boolean
}

export interface EndpointSettings {
  readonly mapping: string
  readonly directory: DirectorySettings
  readonly lookThrough: number
  readonly clients: readonly ClientOptions[]
}

export interface DirectorySettings {
  readonly url: string | readonly string[]
  readonly suffix: string
  readonly bind:
    { readonly dn: string; readonly password: string } | { readonly method: 'external' }
  readonly startTls: boolean
  readonly tls: {
    readonly ca?: string
    readonly certificate?: string
    readonly key?: string
    readonly servername?: string
    readonly dangerouslyAllowUnverified: boolean
  }
  readonly connectTimeoutMs?: number
  readonly operationTimeoutMs?: number
  readonly poolSize?: number
  readonly searchPoolSize?: number
  readonly maxQueue?: number
  readonly dangerouslyAllowPlainLdap: boolean
}

const PROFILES = ['lenient', 'strict', 'entra', 'okta'] as const satisfies readonly NonNullable<
  ClientOptions['profile']
>[]

const text = (description: string) => ({ type: 'string', minLength: 1, description })
const milliseconds = (description: string) => ({ type: 'integer', minimum: 1, description })
const count = (description: string) => ({ type: 'integer', minimum: 1, description })
const flag = (description: string) => ({ type: 'boolean', default: false, description })
const port = { type: 'integer', minimum: 0, maximum: 65535 }

/** The JSON Schema of the settings; shipped as `gateway.schema.json`. Every default stands here. */
export const SETTINGS_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'scim2ldap settings',
  type: 'object',
  required: ['endpoints'],
  additionalProperties: false,
  properties: {
    $schema: { type: 'string', description: 'For editors: where this schema is.' },
    listen: {
      type: 'object',
      description: 'Where SCIM is served.',
      additionalProperties: false,
      default: {},
      properties: {
        host: { ...text('Address that SCIM is served on.'), default: '127.0.0.1' },
        port: { ...port, default: 8443, description: 'Port that SCIM is served on.' },
        tls: {
          type: 'object',
          description: 'Serve HTTPS; needed beyond loopback.',
          required: ['certificate', 'key'],
          additionalProperties: false,
          properties: {
            certificate: text('PEM file: the certificate and what leads to its CA.'),
            key: text('PEM file: the private key.'),
          },
        },
        publicUrl: {
          type: 'string',
          pattern: '^https?://[^/\\s]+$',
          description:
            'Scheme and host that clients use, without a path, where a proxy stands in between.',
        },
        bodyLimit: { ...count('Largest request body, in bytes.'), default: 5242880 },
        bulkLimit: { ...count('Most operations in a bulk request.'), default: 1000 },
        dangerouslyAllowPlainHttp: flag(
          'Serve HTTP without TLS beyond loopback: tokens and data can be read on the way.',
        ),
      },
    },
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
    endpoints: {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: '^/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-]$' },
      description: 'SCIM endpoints by base path, e.g. /scim/v2.',
      additionalProperties: { $ref: '#/definitions/endpoint' },
    },
  },
  definitions: {
    endpoint: {
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
        clients: {
          type: 'array',
          description: 'Who may use the endpoint.',
          minItems: 1,
          items: {
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
              user: text('userName of the person that the client stands for: /Me.'),
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
                      pattern:
                        '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2})?(Z|[+-]\\d{2}:\\d{2}))?$',
                      description:
                        'Date, or date and time with offset, from which on the token is refused.',
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
    directory: {
      type: 'object',
      description: 'The LDAP servers, and how to connect and bind.',
      required: ['url', 'suffix', 'bind'],
      additionalProperties: false,
      properties: {
        url: {
          type: ['string', 'array'],
          items: { type: 'string' },
          minItems: 1,
          description:
            'ldaps://host[:port] or ldap://host[:port]; ldaps+srv://domain for the servers that DNS knows; several in order of preference.',
        },
        suffix: text('The DN that {{ suffix }} in the mapping stands for.'),
        bind: {
          type: 'object',
          description: 'How the gateway authenticates: dn and password, or method: external.',
          additionalProperties: false,
          properties: {
            dn: text('The service account.'),
            password: text('Its password; best ${file:…} or ${VAR}.'),
            method: {
              enum: ['external'],
              description: 'SASL EXTERNAL by client certificate, instead.',
            },
          },
        },
        startTls: flag('Turn ldap:// connections to TLS before anything else is sent.'),
        tls: {
          type: 'object',
          description: 'TLS to the LDAP servers.',
          additionalProperties: false,
          default: {},
          properties: {
            ca: text('PEM file with the CAs to trust instead of the system’s.'),
            certificate: text('PEM file: client certificate.'),
            key: text('PEM file: key of the client certificate.'),
            servername: text(
              'The name in the server’s certificate, where it is not the URL’s host.',
            ),
            dangerouslyAllowUnverified: flag(
              'Take any certificate: anyone on the way can read and change everything.',
            ),
          },
        },
        connectTimeoutMs: milliseconds('For TCP, TLS and bind together. Default 5000.'),
        operationTimeoutMs: milliseconds('For one LDAP operation. Default 30000.'),
        poolSize: count('Connections that many operations share. Default 4.'),
        searchPoolSize: count('Connections for paged searches. Default 2.'),
        maxQueue: count('Operations that may wait for a connection. Default 1000.'),
        dangerouslyAllowPlainLdap: flag(
          'Bind without TLS beyond loopback: the password and all data can be read on the way.',
        ),
      },
    },
  },
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
