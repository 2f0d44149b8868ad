import type { Filter } from '../ldap/filter.ts'
import { and, equal, FALSE, not, present } from '../ldap/filter.ts'
import type { AttributeType } from '../ldap/schema.ts'
import type { Transform } from '../mapping/transforms.ts'
import type { Comparand, Operator } from '../scim/filter.ts'

/** An LDAP attribute and how SCIM sees it. */
export interface Compared {
  readonly ldap: string
  readonly type: AttributeType
  readonly transform: Transform
  readonly caseExact: boolean
}

type Pushed = { readonly filter: Filter } | { readonly because: string }

/** Equality and substring rules that ignore letter case, and those that do not (RFC 4517 §4.2). */
const IGNORES_CASE = /^caseIgnore(IA5)?(Substrings)?Match$/
const MINDS_CASE = /^caseExact(IA5)?(Substrings)?Match$/
/** Rules under which values of other syntaxes are equal exactly if SCIM says so. */
const TYPED = new Set(['integerMatch', 'booleanMatch', 'generalizedTimeMatch', 'UUIDMatch'])

/**
 * One comparison as an LDAP filter that says the same, or why LDAP cannot say it. An attribute's
 * own matching rules decide (RFC 4517): where they know too little, the extensible match names
 * one.
 */
export function pushedComparison(operator: Operator, value: Comparand, compared: Compared): Pushed {
  const { transform } = compared
  if (transform.compares === 'nothing')
    return { because: 'its form in the directory cannot be compared' }
  if (transform.compares === 'text') {
    return typeof value === 'string' ? compareText(operator, value, compared) : { filter: FALSE }
  }
  const stored = storedForm(value, transform)
  if (stored === undefined) return { filter: FALSE }
  if (operator === 'eq') {
    const exact = compared.type.equality !== undefined
    return exact
      ? { filter: equal(compared.ldap, stored) }
      : { because: 'its attribute type has no equality rule' }
  }
  if (transform.compares === 'order') return compareOrder(operator, stored, compared)
  return { because: `its values cannot be compared with ${operator}` }
}

function compareText(operator: Operator, value: string, compared: Compared): Pushed {
  const { ldap, type } = compared
  if (operator === 'eq') return compareEqual(value, compared)
  if (operator !== 'co' && operator !== 'sw' && operator !== 'ew') {
    const ordering = type.ordering ?? 'none'
    const same = compared.caseExact ? /^caseExact/ : /^caseIgnore/
    return same.test(ordering)
      ? compareOrder(operator, value, compared)
      : { because: `its attribute type has no ordering rule for ${operator}` }
  }
  if (value === '') return { filter: present(ldap) }
  const rule = compared.caseExact ? MINDS_CASE : IGNORES_CASE
  if (!rule.test(type.substring ?? '')) {
    return {
      because: `its attribute type has no ${compared.caseExact ? 'case-exact' : 'case-ignoring'} substring rule`,
    }
  }
  // Matching prepares blanks (RFC 4518 §2.6): at the edge of a piece they do not count.
  if (/^\s|\s$|\s\s/.test(value)) return { because: 'blanks at an edge are not matched literally' }
  const pieces = {
    co: { any: [value] },
    sw: { initial: value, any: [] },
    ew: { any: [], final: value },
  }
  return { filter: { kind: 'substrings', attribute: ldap, ...pieces[operator] } }
}

function compareEqual(value: string, { ldap, type, caseExact }: Compared): Pushed {
  const rule = type.equality ?? ''
  if (value === '') return { filter: FALSE }
  if (TYPED.has(rule) || (caseExact ? MINDS_CASE : IGNORES_CASE).test(rule)) {
    return { filter: equal(ldap, value) }
  }
  if (MINDS_CASE.test(rule) || IGNORES_CASE.test(rule)) {
    const ia5 = rule.includes('IA5') ? 'IA5' : ''
    const wanted = caseExact ? `caseExact${ia5}Match` : `caseIgnore${ia5}Match`
    return { filter: { kind: 'extensible', attribute: ldap, rule: wanted, value } }
  }
  return { because: `its attribute type compares by ${rule === '' ? 'no rule' : rule}` }
}

function compareOrder(operator: Operator, stored: string, { ldap, type }: Compared): Pushed {
  if (type.ordering === undefined) return { because: 'its attribute type has no ordering rule' }
  const atLeast: Filter = { kind: 'greaterOrEqual', attribute: ldap, value: stored }
  const atMost: Filter = { kind: 'lessOrEqual', attribute: ldap, value: stored }
  const differs = not(equal(ldap, stored))
  switch (operator) {
    case 'ge':
      return { filter: atLeast }
    case 'le':
      return { filter: atMost }
    case 'gt':
      return { filter: and([atLeast, differs]) }
    case 'lt':
      return { filter: and([atMost, differs]) }
    default:
      return { because: `its values cannot be compared with ${operator}` }
  }
}

/** The value as the directory writes it; `undefined` where no value of this kind is equal to it. */
function storedForm(value: Comparand, transform: Transform): string | undefined {
  try {
    const coerced = transform.type === 'boolean' ? booleanOf(value) : value
    const stored = transform.toLdap(coerced)
    return typeof stored === 'string' ? stored : undefined
  } catch {
    return undefined
  }
}

function booleanOf(value: Comparand): Comparand {
  if (typeof value !== 'string') return value
  const word = value.toLowerCase()
  return word === 'true' ? true : word === 'false' ? false : value
}
