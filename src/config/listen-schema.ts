import { count, flag, port, text } from './schema-words.ts'

/** `listen`: where SCIM is served. */
export const LISTEN_SCHEMA = {
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
        clientCa: text(
          'PEM file: the CAs of client certificates; clients are asked for one, and what another CA has signed is refused.',
        ),
      },
    },
    publicUrl: {
      type: 'string',
      pattern: '^https?://[^/\\s]+$',
      description:
        'Scheme and host that clients use, without a path, where a proxy stands in between.',
    },
    trustedProxies: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      default: [],
      description:
        'Addresses or networks of proxies whose X-Forwarded-For and clientCertificateHeader are believed.',
    },
    clientCertificateHeader: {
      type: 'string',
      pattern: '^[A-Za-z0-9-]+$',
      description:
        'Header by which trusted proxies hand on the whole certificate of a client (docs/clients.md).',
    },
    bodyLimit: { ...count('Largest request body, in bytes.'), default: 5242880 },
    bulkLimit: { ...count('Most operations in a bulk request.'), default: 1000 },
    dangerouslyAllowPlainHttp: flag(
      'Serve HTTP without TLS beyond loopback: tokens and data can be read on the way.',
    ),
  },
}
