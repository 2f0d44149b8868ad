import type { ClientOptions } from '../http/options.ts'
import { CLIENT_BREAKER_SCHEMA } from './guard-schema.ts'
import { count, flag, text } from './schema-words.ts'
import { RATE_SCHEMA } from './limits-schema.ts'

const PROFILES = ['lenient', 'strict', 'entra', 'okta'] as const satisfies readonly NonNullable<
  ClientOptions['profile']
>[]

const RIGHTS = ['read', 'create', 'update', 'delete'] as const satisfies readonly NonNullable<
  ClientOptions['rights']
>[string][number][]

/** What an issuer may sign with: a public key alone can verify it. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

const TOKENS = {
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
}

const CLAIM_VALUE = { type: ['string', 'number', 'boolean'] }

const JWT = {
  type: 'object',
  description: 'Tokens that an identity provider issues, as JWT.',
  required: ['issuer', 'audience'],
  additionalProperties: false,
  properties: {
    issuer: text('The iss that tokens must have.'),
    audience: {
      type: ['string', 'array'],
      minLength: 1,
      items: { type: 'string', minLength: 1 },
      minItems: 1,
      description: 'The aud that tokens must have: this, or one of these.',
    },
    jwksUri: text(
      'Where the issuer’s keys are; found by its OpenID discovery document unless given.',
    ),
    algorithms: {
      type: 'array',
      items: { enum: ALGORITHMS },
      minItems: 1,
      default: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      description: 'The algorithms of signatures that are accepted.',
    },
    claims: {
      type: 'object',
      minProperties: 1,
      description:
        'Claims that tokens must have, by name: the value, or one of several. Lists must have it among theirs; scope and scp are lists in one text.',
      additionalProperties: {
        anyOf: [CLAIM_VALUE, { type: 'array', items: CLAIM_VALUE, minItems: 1 }],
      },
    },
    clockSkewSeconds: {
      type: 'integer',
      minimum: 0,
      maximum: 600,
      default: 60,
      description: 'By how much the clocks of issuer and gateway may differ, in seconds.',
    },
  },
}

const CERTIFICATE = {
  type: 'object',
  description: 'Certificate of the client, by all that is given.',
  minProperties: 1,
  additionalProperties: false,
  properties: {
    subject: text(
      'Its subject as RFC 4514 writes it, e.g. CN=agent,O=Corp; the order does not matter.',
    ),
    san: {
      type: 'string',
      pattern: '^(DNS|URI|email|IP):.+$',
      description: 'One of its subject alternative names: DNS:…, URI:…, email:… or IP:….',
    },
    fingerprint256: {
      type: 'string',
      pattern: '^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$',
      description: 'SHA-256 of it, hexadecimal, with or without colons.',
    },
    together: flag(
      'The certificate counts only together with another credential of the client, and that only with it.',
    ),
  },
}

const BASIC = {
  type: 'object',
  description: 'HTTP Basic, for clients that can do nothing better.',
  required: ['user', 'scrypt'],
  additionalProperties: false,
  properties: {
    user: { type: 'string', pattern: '^[^:]+$', description: 'The user name.' },
    scrypt: {
      type: 'string',
      // At most 256 MiB for a verification.
      pattern:
        '^\\$scrypt\\$ln=1[0-7],r=([1-9]|1[0-6]),p=[1-4]\\$[A-Za-z0-9+/]{11,86}\\$[A-Za-z0-9+/]{22,86}$',
      writeOnly: true,
      description: 'Hash of the password: $scrypt$ln=15,r=8,p=1$… (scim2ldap password).',
    },
  },
}

/** A client of an endpoint. */
export const CLIENT_SCHEMA = {
  type: 'object',
  required: ['name'],
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
    tokens: TOKENS,
    jwt: JWT,
    certificate: CERTIFICATE,
    basic: BASIC,
    rights: {
      type: 'object',
      description:
        'What the client may do, by endpoint, e.g. Users: [read]; what is not named, nothing. Without it, everything.',
      additionalProperties: { type: 'array', items: { enum: [...RIGHTS] } },
    },
    subtree: text(
      'DN of the part of the directory that the client sees and writes; {{ suffix }} stands for the suffix.',
    ),
    rate: RATE_SCHEMA,
    concurrency: count('Requests of the client at the same time, instead of limits.concurrency.'),
  },
}
