import { flag, text } from './schema-words.ts'

/** `counters`: where replicas share what they count. */
export const COUNTERS_SCHEMA = {
  type: ['string', 'object'],
  minLength: 1,
  description:
    'Redis or Valkey by which replicas count together (limits, mass changes): redis://host[:port][/database] or rediss://… for TLS; or an object. Without it each process counts for itself.',
  // A URL may hold a password by mistake.
  writeOnly: true,
  required: ['url'],
  additionalProperties: false,
  properties: {
    url: { ...text('redis://host[:port][/database], or rediss://… for TLS.'), writeOnly: true },
    username: text('Name of the user, where the server has an ACL.'),
    password: { ...text('Password; best ${file:…} or ${VAR}.'), writeOnly: true },
    ca: text('PEM file with the CAs to trust instead of the system’s.'),
    dangerouslyAllowPlainRedis: flag(
      'Connect without TLS beyond loopback: who is on the way reads the password and can reset limits.',
    ),
  },
}
