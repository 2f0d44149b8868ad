/** An LDAP attribute, in the JSON Schema of mappings. */
export const LDAP_NAME = {
  type: 'string',
  pattern: '^([A-Za-z][A-Za-z0-9-]*|[0-9]+(\\.[0-9]+)*)(;[A-Za-z0-9-]+)*$',
  description: 'An LDAP attribute, by name or OID, with options such as ;binary.',
}

/** What a mapping or a schema in it says of a SCIM attribute (RFC 7643 §7). */
export const characteristics = {
  mutability: {
    enum: ['readWrite', 'readOnly', 'immutable', 'writeOnly'],
    description: 'Whether clients may set it; as the schema of the attribute says unless given.',
  },
  required: {
    type: 'boolean',
    description: 'Whether a client must send it; as the schema of the attribute says unless given.',
  },
  returned: {
    enum: ['always', 'never', 'default', 'request'],
    description: 'When it is returned; as the schema of the attribute says unless given.',
  },
  uniqueness: {
    enum: ['none', 'server', 'global'],
    description: 'Whether no two resources have the same value: none, or server, or global.',
  },
  caseExact: {
    type: 'boolean',
    description: 'Whether letter case counts when values are compared.',
  },
  canonicalValues: {
    type: 'array',
    items: { type: 'string' },
    minItems: 1,
    description: 'Values that clients are told to use; others are not refused.',
  },
}

/** For `if`: the value is of this JSON type. */
export const typeIs = (type: string) => ({ type })
