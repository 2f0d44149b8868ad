import { printDn } from '../ldap/dn.ts'
import type { Write } from '../ldap/operation.ts'
import type { LdapSchema } from '../ldap/schema.ts'
import { attributeKey } from '../ldap/value.ts'
import { isDenied } from '../mapping/denied.ts'
import type { Rules } from '../mapping/rules.ts'
import { Forbidden } from '../scim/error.ts'

/**
 * The last look before a write is sent: the compiler refuses mappings that write denied attributes
 * by name; here the server's schema tells whether a name is another one for such an attribute.
 *
 * @throws {Forbidden} deniedAttribute
 */
export function requireAllowed({ dialect }: Rules, write: Write, schema: LdapSchema): void {
  const own = [dialect.password.attribute, dialect.activation.attribute].map(attributeKey)
  for (const name of attributesOf(write)) {
    if (own.includes(attributeKey(name))) continue
    const type = schema.attributeType(name)
    const denied = [name, ...(type?.names ?? [])].find(isDenied)
    if (denied === undefined) continue
    throw new Forbidden(
      'deniedAttribute',
      `the mapping writes the attribute ${denied}, by which accounts can be taken over: the gateway never does`,
      { dn: printDn(write.dn), attribute: denied },
    )
  }
}

function attributesOf(write: Write): readonly string[] {
  switch (write.kind) {
    case 'add':
      // What an entry is was settled by the mapping.
      return write.attributes
        .map(({ name }) => name)
        .filter((name) => attributeKey(name) !== 'objectclass')
    case 'modify':
      return write.changes.map(({ attribute }) => attribute)
    case 'rename':
      return write.rdn.map(({ type }) => type)
    default:
      return []
  }
}
