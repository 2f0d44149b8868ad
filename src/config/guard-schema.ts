import { count, text } from './schema-words.ts'

const many = (description: string) => ({ type: 'integer', minimum: 0, description })

/** `protect`: what is never changed or joined. */
export const PROTECT_SCHEMA = {
  type: 'array',
  description:
    'Entries that are never changed and groups that nobody joins or leaves, besides those that every directory of the kind has (docs/guards.md). {{ suffix }} may be used.',
  default: [],
  items: {
    type: 'object',
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
    properties: {
      entry: text('DN of an entry or a group.'),
      subtree: text('DN of an entry that is protected with all that is below it.'),
      filter: text('LDAP filter: whatever it finds.'),
    },
  },
}

export const UNPROTECTED_SCHEMA = {
  type: 'array',
  description:
    'DNs of entries that clients may change and groups that they may join although they have special rights: whoever controls the client gets these rights.',
  default: [],
  items: text('DN of the entry. {{ suffix }} may be used.'),
}

const KINDS = {
  deletes: 'Resources that a client may delete in a window.',
  disables: 'Accounts that a client may switch off in a window.',
  memberRemovals: 'Members that a client may take out of groups in a window.',
} as const

/** `breaker` of an endpoint, with its defaults. */
export const BREAKER_SCHEMA = {
  type: 'object',
  description:
    'When writes are refused as a mass change, until an operator resets (docs/guards.md).',
  additionalProperties: false,
  default: {},
  properties: {
    windowMinutes: { ...count('How long the window is, from its first write on.'), default: 60 },
    deletes: { ...many(KINDS.deletes), default: 50 },
    disables: { ...many(KINDS.disables), default: 50 },
    memberRemovals: { ...many(KINDS.memberRemovals), default: 200 },
  },
}

/** `breaker` of a client: what differs from the endpoint's. */
export const CLIENT_BREAKER_SCHEMA = {
  type: 'object',
  description: 'Limits of this client instead of the endpoint’s.',
  additionalProperties: false,
  properties: {
    windowMinutes: count('How long the window is.'),
    deletes: many(KINDS.deletes),
    disables: many(KINDS.disables),
    memberRemovals: many(KINDS.memberRemovals),
  },
}
