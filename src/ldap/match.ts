import type { Dn } from './dn.ts'
import { dnKey, parseDn } from './dn.ts'
import type { Entry } from './entry.ts'
import { textsOf, valuesOf } from './entry.ts'
import type { Filter } from './filter.ts'
import { sameValue } from './value.ts'

/** Whether `satisfies` can decide this filter: what needs the server's ordering or matching rules cannot. */
export function isDecidable(filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.filters.every(isDecidable)
    case 'not':
      return isDecidable(filter.filter)
    case 'equal':
    case 'present':
    case 'substrings':
    case 'true':
    case 'false':
      return true
    default:
      return false
  }
}

/**
 * Whether an entry satisfies a filter, by case-ignoring comparison of text; octets as they are. For the small filters
 * that say which entries are of a resource type.
 *
 * @throws {Error} Where the filter is not decidable.
 */
export function satisfies(filter: Filter, entry: Pick<Entry, 'attributes'>): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.every((inner) => satisfies(inner, entry))
    case 'or':
      return filter.filters.some((inner) => satisfies(inner, entry))
    case 'not':
      return !satisfies(filter.filter, entry)
    case 'present':
      return valuesOf(entry, filter.attribute).length > 0
    case 'equal': {
      const { value } = filter
      if (typeof value !== 'string') {
        return valuesOf(entry, filter.attribute).some((held) => sameValue(held, value))
      }
      const wanted = fold(value)
      return textsOf(entry, filter.attribute).some((text) => fold(text) === wanted)
    }
    case 'substrings':
      return textsOf(entry, filter.attribute).some((text) => hasPieces(fold(text), filter))
    case 'true':
      return true
    case 'false':
      return false
    default:
      throw new Error(`a filter of kind ${filter.kind} is the server's to decide`)
  }
}

/** The attributes that a filter looks at. */
export function attributesIn(filter: Filter): readonly string[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return [...new Set(filter.filters.flatMap(attributesIn))]
    case 'not':
      return attributesIn(filter.filter)
    case 'true':
    case 'false':
      return []
    default:
      return filter.attribute === undefined ? [] : [filter.attribute]
  }
}

/** `dnKey` of a DN in text; of what is no DN, the text itself. */
export function keyOfDnText(text: string): string {
  if (PLAIN_DN.test(text)) return text.toLowerCase()
  let dn: Dn
  try {
    dn = parseDn(text, { from: 'server' })
  } catch {
    return text
  }
  return dnKey(dn)
}

/** DNs, most of those that there are, whose key is plain to see: ASCII, nothing escaped, no odd blanks. */
const PLAIN_DN = (() => {
  const character = '[!$-*./0-9:?@A-Z[\\]^_`a-z{|}~-]'
  const rdn = `[A-Za-z][A-Za-z0-9-]*=${character}(?:#|${character})*(?: (?:#|${character})+)*`
  return new RegExp(`^${rdn}(?:,${rdn})*$`)
})()

function hasPieces(text: string, filter: Extract<Filter, { kind: 'substrings' }>): boolean {
  const initial = fold(filter.initial ?? '')
  const final = fold(filter.final ?? '')
  if (!text.startsWith(initial)) return false
  let position = initial.length
  for (const piece of filter.any) {
    const at = text.indexOf(fold(piece), position)
    if (at < 0) return false
    position = at + fold(piece).length
  }
  return text.length - position >= final.length && text.endsWith(final)
}

function fold(text: string): string {
  return text.trim().replace(/ +/g, ' ').toLowerCase()
}
