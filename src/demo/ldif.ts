import type { Attribute } from '../ldap/entry.ts'
import type { Dn } from '../ldap/dn.ts'
import { printDn } from '../ldap/dn.ts'
import { ldifLine } from '../ldap/ldif.ts'

/** An entry to load into a new directory. */
export interface NewEntry {
  readonly dn: Dn
  readonly attributes: readonly Attribute[]
}

/** An LDIF content record (RFC 2849) with the blank line that ends it. */
export function ldifOf({ dn, attributes }: NewEntry): string {
  const lines = [ldifLine('dn', printDn(dn))]
  for (const { name, values } of attributes)
    for (const value of values) lines.push(ldifLine(name, value))
  return lines.join('') + '\n'
}
