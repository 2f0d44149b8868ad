import type { Dn } from '../ldap/dn.ts'
import { dnKey, printDn } from '../ldap/dn.ts'
import type { Entry } from '../ldap/entry.ts'
import { textsOf } from '../ldap/entry.ts'
import { keyOfDnText } from '../ldap/match.ts'
import { attributeKey } from '../ldap/value.ts'
import type { ReferenceRule, Rules } from '../mapping/rules.ts'

/** A value of a reference attribute that names an entry, and the key by which such values are compared. */
export interface ReferenceName {
  readonly text: string
  readonly key: string
}

/** How a reference attribute names entries: by their DN, or by an attribute of theirs. */
type Way = Pick<ReferenceRule, 'by'>

/**
 * The key of a value. Of an attribute's values letter case counts, as in `memberUid` (RFC 2307): what
 * other systems would not take for the name is none here.
 */
export function keyOfName({ by }: Way, text: string): string {
  return by === undefined ? keyOfDnText(text) : `${attributeKey(by)}\0${text}`
}

/** The values that name an entry, the one to be written first; none where it has none. */
export function namesOf(
  way: Way,
  entry: Pick<Entry, 'dn' | 'attributes'>,
): readonly ReferenceName[] {
  const { by } = way
  return by === undefined
    ? [nameOfDn(entry.dn)]
    : textsOf(entry, by).map((text) => ({ text, key: keyOfName(way, text) }))
}

export function nameOfDn(dn: Dn): ReferenceName {
  return { text: printDn(dn), key: dnKey(dn) }
}

/** Every key by which some reference attribute may name an entry of a type. */
export function keysOfEntry(
  rules: Rules,
  type: string,
  entry: Pick<Entry, 'dn' | 'attributes'>,
): readonly string[] {
  return [{}, ...attributesThatName(rules, type).map((by) => ({ by }))].flatMap((way: Way) =>
    namesOf(way, entry).map(({ key }) => key),
  )
}

/** The LDAP attributes by which entries of a type are named. */
export function attributesThatName(rules: Rules, type: string): readonly string[] {
  let byType = naming.get(rules)
  if (byType === undefined) naming.set(rules, (byType = new Map<string, readonly string[]>()))
  let names = byType.get(type)
  if (names === undefined) {
    const all = rules.resources.flatMap(({ attributes }) =>
      attributes.flatMap((rule) =>
        rule.kind === 'reference' && rule.types.includes(type) ? (rule.by ?? []) : [],
      ),
    )
    byType.set(type, (names = [...new Set(all.map(attributeKey))]))
  }
  return names
}

const naming = new WeakMap<Rules, Map<string, readonly string[]>>()
