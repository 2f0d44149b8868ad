import type { Attribute } from '../ldap/entry.ts'
import type { Dn } from '../ldap/dn.ts'
import type { Value } from '../ldap/value.ts'
import { printDn } from '../ldap/dn.ts'
import { bytesOf } from '../ldap/value.ts'

/** An entry to load into a new directory. */
export interface NewEntry {
  readonly dn: Dn
  readonly attributes: readonly Attribute[]
}

/** RFC 2849 SAFE-STRING, and no blank at the end, which would be lost on the way. */
const SAFE = /^(?![ :<])[\x01-\x09\x0b\x0c\x0e-\x7f]*(?<! )$/

/** An LDIF content record (RFC 2849) with the blank line that ends it. */
export function ldifOf({ dn, attributes }: NewEntry): string {
  const lines = [line('dn', printDn(dn))]
  for (const { name, values } of attributes)
    for (const value of values) lines.push(line(name, value))
  return lines.join('') + '\n'
}

function line(name: string, value: Value): string {
  if (typeof value === 'string' && SAFE.test(value)) return `${name}: ${value}\n`
  return `${name}:: ${Buffer.from(bytesOf(value)).toString('base64')}\n`
}
