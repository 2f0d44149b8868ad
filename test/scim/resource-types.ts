import { defineAttribute } from '../../src/scim/attribute.ts'
import { ENTERPRISE_USER } from '../../src/scim/schemas/enterprise-user.ts'
import { GROUP } from '../../src/scim/schemas/group.ts'
import { USER } from '../../src/scim/schemas/user.ts'
import type { ResolvedPath } from '../../src/scim/path.ts'
import { parseAttributePath, resolvePath } from '../../src/scim/path.ts'
import type { ResourceType } from '../../src/scim/resource-type.ts'

/** The resource types of RFC 7643, whole. */
export const USERS: ResourceType = {
  name: 'User',
  description: 'Users',
  endpoint: '/Users',
  schema: USER,
  extensions: [{ schema: ENTERPRISE_USER, required: false }],
}

export const GROUPS: ResourceType = {
  name: 'Group',
  description: 'Groups',
  endpoint: '/Groups',
  schema: GROUP,
  extensions: [],
}

export const DEVICE_SCHEMA = 'urn:example:schemas:2.0:Device'
export const ASSET_SCHEMA = 'urn:example:schemas:2.0:Asset'

/** A resource type with the characteristics that Users and Groups do not have. */
export const DEVICES: ResourceType = {
  name: 'Device',
  description: 'Devices',
  endpoint: '/Devices',
  schema: {
    id: DEVICE_SCHEMA,
    name: 'Device',
    description: 'Device',
    attributes: [
      defineAttribute('serial', 'Serial number.', {
        required: true,
        caseExact: true,
        mutability: 'immutable',
        returned: 'always',
      }),
      defineAttribute('pin', 'Number to unlock it.', {
        required: true,
        mutability: 'writeOnly',
        returned: 'never',
      }),
      defineAttribute('tags', 'Labels.', { multiValued: true }),
      defineAttribute('ports', 'Open ports.', { type: 'integer', multiValued: true }),
      defineAttribute('weight', 'Kilograms.', { type: 'decimal' }),
      defineAttribute('bought', 'When it was bought.', { type: 'dateTime' }),
      defineAttribute('locked', 'Whether it is locked.', { type: 'boolean' }),
      defineAttribute('notes', 'Remarks, long.', { returned: 'request' }),
      defineAttribute('firmware', 'Software on it.', {
        type: 'complex',
        subAttributes: [
          defineAttribute('vendor', 'Who made it.', { returned: 'always' }),
          defineAttribute('version', 'Which one.', { required: true }),
          defineAttribute('log', 'What it did.', { returned: 'request' }),
          defineAttribute('key', 'Key to sign with.', { returned: 'never' }),
        ],
      }),
    ],
  },
  extensions: [
    {
      schema: {
        id: ASSET_SCHEMA,
        name: 'Asset',
        description: 'Asset',
        attributes: [
          defineAttribute('costCenter', 'Who pays.', { required: true }),
          defineAttribute('tags', 'Labels of accounting.', { multiValued: true }),
        ],
      },
      required: true,
    },
  ],
}

/** The attribute of a path that must be there. */
export function at(type: ResourceType, path: string): ResolvedPath {
  const resolved = resolvePath(type, parseAttributePath(path))
  if (resolved === undefined) throw new Error(`no ${path} in ${type.name}`)
  return resolved
}
