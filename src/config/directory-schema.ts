import { count, flag, milliseconds, text } from './schema-words.ts'

/** The LDAP servers, and how to connect and bind. */
export const DIRECTORY_SCHEMA = {
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
        servername: text('The name in the server’s certificate, where it is not the URL’s host.'),
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
}
