import type { Filter } from '../ldap/filter.ts'
import { and, equal, FALSE, not, or, present } from '../ldap/filter.ts'
import type { AttributeType } from '../ldap/schema.ts'
import { parseInteger } from '../ldap/syntax.ts'
import type { Value } from '../ldap/value.ts'
import type { Transform } from '../mapping/transform.ts'
import { instantOf } from '../scim/comparison.ts'
import type { Comparand, Operator } from '../scim/filter.ts'
import type { Bounds } from './bounds.ts'
import { exactly, within } from './bounds.ts'

/** An LDAP attribute and how SCIM sees it. */
export interface Compared {
  readonly ldap: string
  readonly type: AttributeType
  readonly transform: Transform
  readonly caseExact: boolean
}

/** Equality and substring rules that ignore letter case, and those that do not (RFC 4517 §4.2). */
const IGNORES_CASE = /^caseIgnore(IA5)?(Substrings)?Match$/
const MINDS_CASE = /^caseExact(IA5)?(Substrings)?Match$/
/** Rules that take values for equal which differ in blanks and hyphens, and never less than SCIM does. */
const COARSE = /^(telephoneNumber|numericString)(Substrings)?Match$/
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*[A-Za-z0-9][A-Za-z0-9 '()+,\-./:=?]*$/

const ASCII = /^[\0-\x7f]*$/
/**
 * What LDAP can say of one comparison. An attribute's own matching rules decide (RFC 4517): where
 * they know too little, the extensible match names one; else whoever has a value at all may match.
 */
export function boundsOfComparison(
  operator: Operator,
  value: Comparand,
  compared: Compared,
): Bounds {
  const { ldap, type, transform } = compared
  switch (transform.compares) {
    case 'nothing':
      return within(present(ldap))
    case 'state': {
      const state = booleanOf(value)
      if (operator !== 'eq' || typeof state !== 'boolean') return exactly(FALSE)
      const found = transform.finds?.(state, ldap, type)
      return found === undefined ? within(present(ldap)) : exactly(found)
    }
    case 'text':
      if (transform.tag !== undefined) {
        const bounds = boundsOfTagged(operator, value, transform.tag, compared)
        return transform.tagMindsCase === true ? within(bounds.upper) : bounds
      }
      return typeof value === 'string' ? boundsOfText(operator, value, compared) : exactly(FALSE)
    default: {
      const form = storedForm(value, transform)
      const stored = typeof form === 'string' ? (type.asserted?.(form) ?? form) : form
      if (operator === 'eq') {
        if (stored === undefined) return exactly(FALSE)
        if (type.equality === undefined) return within(present(ldap))
        return type.coarse ? within(equal(ldap, stored)) : exactly(equal(ldap, stored))
      }
      return transform.compares === 'order' && typeof stored === 'string'
        ? boundsOfOrder(operator, stored, compared)
        : within(present(ldap))
    }
  }
}

/** What stands behind a tag is the whole, or its beginning is the beginning of the whole. */
function boundsOfTagged(
  operator: Operator,
  value: Comparand,
  tag: string,
  compared: Compared,
): Bounds {
  if (typeof value !== 'string') return exactly(FALSE)
  if (operator === 'eq' || operator === 'sw') return boundsOfText(operator, tag + value, compared)
  return within(present(compared.ldap))
}

function boundsOfText(operator: Operator, value: string, compared: Compared): Bounds {
  switch (operator) {
    case 'eq':
      return boundsOfEquality(value, compared)
    case 'co':
    case 'sw':
    case 'ew':
      return boundsOfSubstring(operator, value, compared)
    default:
      // SCIM orders UTF-16 as it is; servers order octets of UTF-8 that matching has prepared.
      return within(present(compared.ldap))
  }
}

function boundsOfEquality(value: string, { ldap, type, caseExact }: Compared): Bounds {
  const rule = type.equality ?? ''
  if (value === '') return exactly(FALSE)
  if (type.coarse) {
    const forms = formsOf(value).map((form) => equal(ldap, form))
    return within(value.trim() === '' ? present(ldap) : or(forms))
  }
  if (COARSE.test(rule) && PRINTABLE.test(value)) return within(equal(ldap, value))
  // What is no value of the syntax makes a server's answer undefined, and that of the negation.
  if (rule.includes('IA5') && !ASCII.test(value)) return within(present(ldap))
  // Every number has one text.
  if (rule === 'integerMatch') {
    return exactly(parseInteger(value) === undefined ? FALSE : equal(ldap, value))
  }
  if ((caseExact ? MINDS_CASE : IGNORES_CASE).test(rule)) return exactly(equal(ldap, value))
  if (!MINDS_CASE.test(rule) && !IGNORES_CASE.test(rule)) return within(present(ldap))
  const ia5 = rule.includes('IA5') ? 'IA5' : ''
  const wanted = caseExact ? `caseExact${ia5}Match` : `caseIgnore${ia5}Match`
  return exactly({ kind: 'extensible', attribute: ldap, rule: wanted, value })
}

function boundsOfSubstring(
  operator: 'co' | 'sw' | 'ew',
  value: string,
  { ldap, type, caseExact }: Compared,
): Bounds {
  if (value === '') return exactly(present(ldap))
  const rule = type.substring ?? ''
  // Matching prepares blanks (RFC 4518 §2.6): at the edge of a piece they do not count.
  const blanks = /^\s|\s$|\s\s/.test(value.normalize('NFKC'))
  const known = MINDS_CASE.test(rule) || IGNORES_CASE.test(rule)
  const coarse = COARSE.test(rule) && PRINTABLE.test(value)
  const odd = rule.includes('IA5') && !ASCII.test(value)
  if (blanks || odd || !(known || coarse)) return within(present(ldap))
  const filterOf = (form: string): Filter => ({
    kind: 'substrings',
    attribute: ldap,
    ...piecesOf(operator, form),
  })
  if (type.coarse) return within(or(formsOf(value).map(filterOf)))
  const filter = filterOf(value)
  if ((caseExact ? MINDS_CASE : IGNORES_CASE).test(rule)) return exactly(filter)
  return within(caseExact || coarse ? filter : present(ldap))
}

function piecesOf(operator: 'co' | 'sw' | 'ew', value: string) {
  const pieces = {
    co: { any: [value] },
    sw: { initial: value, any: [] },
    ew: { any: [], final: value },
  }
  return pieces[operator]
}

/** A text as it came and as it counts (RFC 4518 §2.3), for a server that does not prepare what it compares. */
function formsOf(value: string): readonly string[] {
  return [...new Set([value, value.normalize('NFKC')])]
}

function boundsOfOrder(operator: Operator, stored: string, { ldap, type }: Compared): Bounds {
  if (type.ordering === undefined) return within(present(ldap))
  const atLeast: Filter = { kind: 'greaterOrEqual', attribute: ldap, value: stored }
  const atMost: Filter = { kind: 'lessOrEqual', attribute: ldap, value: stored }
  if (type.coarse) return boundsOfCoarseOrder(operator, atLeast, atMost, ldap)
  // Of several values one may be equal and another one beyond.
  const beyond = (filter: Filter): Bounds => {
    const strictly = and([filter, not(equal(ldap, stored))])
    return type.singleValue ? exactly(strictly) : { upper: filter, lower: strictly }
  }
  switch (operator) {
    case 'ge':
      return exactly(atLeast)
    case 'le':
      return exactly(atMost)
    case 'gt':
      return beyond(atLeast)
    case 'lt':
      return beyond(atMost)
    default:
      return within(present(ldap))
  }
}

/** What is equal to the server may be greater or less to us. */
function boundsOfCoarseOrder(
  operator: Operator,
  atLeast: Filter,
  atMost: Filter,
  ldap: string,
): Bounds {
  if (operator === 'ge' || operator === 'gt') return within(atLeast)
  return within(operator === 'le' || operator === 'lt' ? atMost : present(ldap))
}

/** The value as the directory writes it; `undefined` where no value of this kind is equal to it. */
function storedForm(value: Comparand, transform: Transform): Value | undefined {
  try {
    if (transform.type === 'dateTime' && !isWholeMillis(value)) return undefined
    const coerced = transform.type === 'boolean' ? booleanOf(value) : value
    return transform.toLdap(coerced)
  } catch {
    return undefined
  }
}

function booleanOf(value: Comparand): Comparand {
  if (typeof value !== 'string') return value
  const word = value.toLowerCase()
  return word === 'true' ? true : word === 'false' ? false : value
}

/** The directory's times are read to the millisecond; what lies between two of them is equal to none. */
function isWholeMillis(value: Comparand): boolean {
  const instant = typeof value === 'string' ? instantOf(value) : undefined
  return instant !== undefined && instant % 1_000_000n === 0n
}
