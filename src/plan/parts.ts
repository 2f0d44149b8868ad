import type { Dereferenced, Entry } from '../ldap/entry.ts'
import { valuesOf } from '../ldap/entry.ts'
import type { Value } from '../ldap/value.ts'
import { attributeKey } from '../ldap/value.ts'
import type { AttributeRule, ReferenceRule } from '../mapping/rules.ts'

/** References of an entry that are worked off at once; whole batches, where names are looked up. */
const PART = 400

/** The rules among `wanted` for which an entry has so many references that they are worked off in parts. */
export function rulesInParts(
  entry: Entry,
  wanted: readonly AttributeRule[],
): readonly ReferenceRule[] {
  return wanted.filter(
    (rule): rule is ReferenceRule =>
      rule.kind === 'reference' &&
      rule.primary === undefined &&
      rule.path.attribute.multiValued &&
      valuesOf(entry, rule.ldap).length > PART,
  )
}

/** The entry without what is worked off in parts. */
export function remainderOf(entry: Entry, rules: readonly ReferenceRule[]): Entry {
  const keys = new Set(rules.map(({ ldap }) => attributeKey(ldap)))
  const without = <T>(map: ReadonlyMap<string, T>) =>
    new Map([...map].filter(([key]) => !keys.has(key)))
  const { dn, attributes, dereferenced } = entry
  return {
    dn,
    attributes: without(attributes),
    ...(dereferenced && { dereferenced: without(dereferenced) }),
  }
}

/**
 * The references of one rule as entries that have a part of them each. Where the server has told
 * what they name, each part has that, too; what it has left out of that is no resource.
 */
export function* partsOf(entry: Entry, { ldap }: ReferenceRule): Generator<Entry> {
  const key = attributeKey(ldap)
  const { dn } = entry
  const told = entry.dereferenced?.get(key)
  if (told === undefined) {
    for (const values of slicesOf(valuesOf(entry, ldap))) {
      yield { dn, attributes: new Map([[key, values]]) }
    }
    return
  }
  for (const some of slicesOf<Dereferenced>(told)) {
    const values: readonly Value[] = some.map((each) => each.dn)
    yield { dn, attributes: new Map([[key, values]]), dereferenced: new Map([[key, some]]) }
  }
}

function* slicesOf<T>(items: Iterable<T>): Generator<readonly T[]> {
  let slice: T[] = []
  for (const item of items) {
    slice.push(item)
    if (slice.length < PART) continue
    yield slice
    slice = []
  }
  if (slice.length > 0) yield slice
}
