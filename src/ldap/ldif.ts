import type { Attribute } from './entry.ts'
import { printDn, printRdn } from './dn.ts'
import type { Modify, Write } from './operation.ts'
import type { Value } from './value.ts'
import { bytesOf } from './value.ts'

/** RFC 2849 SAFE-STRING, and no blank at the end, which would be lost on the way. */
const SAFE = /^(?![ :<])[\x01-\x09\x0b\x0c\x0e-\x7f]*(?<! )$/

/** `name: value` with its line feed, in base64 where the value wants that (RFC 2849). */
export function ldifLine(name: string, value: Value): string {
  if (typeof value === 'string' && SAFE.test(value)) return `${name}: ${value}\n`
  return `${name}:: ${Buffer.from(bytesOf(value)).toString('base64')}\n`
}

/** What is said in the place of a value that shall not be shown; `undefined` shows it. */
export type Omission = (attribute: string, value: Value) => string | undefined

/**
 * The LDIF change record of a write (RFC 2849), without the blank line that ends it. Controls are
 * left out, and what is omitted is a comment; a password modify operation, which LDIF does not
 * know, is nothing but one.
 */
export function changeRecord(write: Write, omitted: Omission): string {
  const values = ({ name, values }: Attribute) =>
    values.map((value) => {
      const instead = omitted(name, value)
      return instead === undefined ? ldifLine(name, value) : `# ${name}: ${instead}\n`
    })
  const lines = (changetype: string, ...more: readonly string[]) =>
    [ldifLine('dn', printDn(write.dn)), `changetype: ${changetype}\n`, ...more].join('')
  switch (write.kind) {
    case 'add':
      return lines('add', ...write.attributes.flatMap(values))
    case 'modify':
      return lines(
        'modify',
        ...write.changes.flatMap(({ kind, attribute, values: some }) => [
          `${kind}: ${attribute}\n`,
          ...values({ name: attribute, values: some }),
          '-\n',
        ]),
        ...incremented(write),
      )
    case 'rename':
      return lines(
        'modrdn',
        ldifLine('newrdn', printRdn(write.rdn)),
        `deleteoldrdn: ${write.keepsOldRdn ? 0 : 1}\n`,
        ...(write.superior ? [ldifLine('newsuperior', printDn(write.superior))] : []),
      )
    case 'delete':
      return lines('delete')
    case 'password':
      return `${ldifLine('dn', printDn(write.dn))}# password modify operation (RFC 3062)\n`
  }
}

/** RFC 4525 §3. */
function incremented({ increment }: Modify): readonly string[] {
  if (increment === undefined) return []
  const { attribute, by } = increment
  return [`increment: ${attribute}\n`, ldifLine(attribute, String(by)), '-\n']
}
