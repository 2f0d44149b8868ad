import { defineAttribute } from '../attribute.ts'
import { EXTERNAL_ID } from '../common-attributes.ts'
import { GROUP_SCHEMA } from '../urn.ts'
import type { Schema } from '../schema.ts'

/** The core Group schema (RFC 7643 §4.2, §8.7.1). A mapping keeps of it what it fills. */
export const GROUP: Schema = {
  id: GROUP_SCHEMA,
  name: 'Group',
  description: 'Group of users and groups',
  attributes: [
    EXTERNAL_ID,
    // Required by §4.2, optional in §8.7.1.
    defineAttribute('displayName', 'Name of the group as shown to people.', { required: true }),
    defineAttribute('members', 'Members of the group.', {
      type: 'complex',
      multiValued: true,
      subAttributes: [
        // An id: caseExact (§3.1), against §8.7.1.
        defineAttribute('value', 'Id of the member.', { caseExact: true, mutability: 'immutable' }),
        defineAttribute('$ref', 'URL of the member.', {
          type: 'reference',
          caseExact: true,
          mutability: 'immutable',
          referenceTypes: ['User', 'Group'],
        }),
        // Clients send their own idea of it; ours is the member's.
        defineAttribute('display', 'Name of the member.', { mutability: 'readOnly' }),
        defineAttribute('type', 'Resource type of the member.', {
          mutability: 'immutable',
          canonicalValues: ['User', 'Group'],
        }),
      ],
    }),
  ],
}
