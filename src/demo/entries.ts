import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Attribute } from '../ldap/entry.ts'
import type { Dn } from '../ldap/dn.ts'
import type { NewEntry } from './ldif.ts'
import { childOf, dnKey, parseDn, printDn } from '../ldap/dn.ts'
import { textOf } from '../ldap/value.ts'
import { ldifOf } from './ldif.ts'

/** An entry from plain values. */
export function plain(
  dn: Dn,
  attributes: Readonly<Record<string, string | readonly string[]>>,
): NewEntry {
  return {
    dn,
    attributes: Object.entries(attributes).map(([name, value]) => ({
      name,
      values: typeof value === 'string' ? [value] : value,
    })),
  }
}

/**
 * What every directory begins with: the suffix, and the folders for people and groups.
 *
 * @param attributes More for the suffix, such as access control.
 * @throws {SyntaxError} Where the first RDN of the suffix is not a `dc`, `o` or `ou`.
 */
export function* foundation(
  suffix: Dn,
  attributes: readonly Attribute[] = [],
): Generator<NewEntry> {
  yield { dn: suffix, attributes: [...suffixAttributes(suffix), ...attributes] }
  for (const ou of ['people', 'groups']) {
    yield plain(childNamed(suffix, `ou=${ou}`), { objectClass: 'organizationalUnit', ou })
  }
}

/** The DN of an entry below another one, by its RDN as text. */
export function childNamed(parent: Dn, rdn: string): Dn {
  return childOf(parent, parseDn(rdn).rdns[0] ?? [])
}

/**
 * Loading into a server that is not up runs none of its code: what it would have written when the
 * groups came over LDAP is written here. Members that are not among `entries` dangle.
 *
 * @param objectClass What an entry with `memberOf` needs besides.
 */
export function* withMemberOf(
  entries: readonly NewEntry[],
  objectClass?: string,
): Generator<NewEntry> {
  const groupsOf = new Map<string, string[]>()
  for (const { dn, attributes } of entries) {
    for (const member of attributes.find(({ name }) => name === 'member')?.values ?? []) {
      const key = dnKey(parseDn(textOf(member)))
      const groups = groupsOf.get(key)
      if (groups === undefined) groupsOf.set(key, [printDn(dn)])
      else groups.push(printDn(dn))
    }
  }
  const more =
    objectClass === undefined ? [] : [{ name: 'objectClass', values: [objectClass] } as const]
  for (const entry of entries) {
    const values = groupsOf.size > 0 ? groupsOf.get(dnKey(entry.dn)) : undefined
    if (values === undefined) yield entry
    else {
      const attributes = [...entry.attributes, ...more, { name: 'memberOf', values }]
      yield { dn: entry.dn, attributes }
    }
  }
}

/** Writes an LDIF file that nobody else may read. */
export async function writeLdif(file: string, entries: Iterable<NewEntry>): Promise<void> {
  await pipeline(Readable.from(pieces(entries)), createWriteStream(file, { mode: 0o600 }))
}

/** LDIF in pieces of some size: one write per entry is slow. */
function* pieces(entries: Iterable<NewEntry>): Generator<string> {
  let piece = ''
  for (const entry of entries) {
    piece += ldifOf(entry)
    if (piece.length > 1 << 16) {
      yield piece
      piece = ''
    }
  }
  yield piece
}

function suffixAttributes(suffix: Dn): readonly Attribute[] {
  const [assertion] = suffix.rdns[0] ?? []
  const type = assertion?.type.toLowerCase()
  const value = assertion === undefined ? '' : textOf(assertion.value)
  switch (type) {
    case 'dc':
      return plain(suffix, { objectClass: ['organization', 'dcObject'], dc: value, o: value })
        .attributes
    case 'o':
      return plain(suffix, { objectClass: 'organization', o: value }).attributes
    case 'ou':
      return plain(suffix, { objectClass: 'organizationalUnit', ou: value }).attributes
    default:
      throw new SyntaxError(`the suffix "${printDn(suffix)}" does not begin with dc=, o= or ou=`)
  }
}
