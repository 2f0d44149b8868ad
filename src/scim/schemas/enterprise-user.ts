import { defineAttribute } from '../attribute.ts'
import { ENTERPRISE_USER_SCHEMA } from '../urn.ts'
import type { Schema } from '../schema.ts'

/** The Enterprise User extension (RFC 7643 §4.3, §8.7.1). A mapping keeps of it what it fills. */
export const ENTERPRISE_USER: Schema = {
  id: ENTERPRISE_USER_SCHEMA,
  name: 'EnterpriseUser',
  description: 'What an organisation knows of a user who works for it',
  attributes: [
    defineAttribute('employeeNumber', 'Identifier that the organisation gave the person.'),
    defineAttribute('costCenter', 'Name of a cost center.'),
    defineAttribute('organization', 'Name of an organization.'),
    defineAttribute('division', 'Name of a division.'),
    defineAttribute('department', 'Name of a department.'),
    defineAttribute('manager', "The user's manager.", {
      type: 'complex',
      subAttributes: [
        defineAttribute('value', 'Id of the manager.', { caseExact: true }),
        defineAttribute('$ref', 'URL of the manager.', {
          type: 'reference',
          caseExact: true,
          referenceTypes: ['User'],
        }),
        defineAttribute('displayName', 'Name of the manager.', { mutability: 'readOnly' }),
      ],
    }),
  ],
}
