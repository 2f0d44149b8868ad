import type { Value } from './value.ts'
import { bytesOf } from './value.ts'

/** A search filter (RFC 4511 §4.5.1.7) with the absolute true and false of RFC 4526. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | {
      readonly kind: 'equal' | 'greaterOrEqual' | 'lessOrEqual' | 'approximate'
      readonly attribute: string
      readonly value: Value
    }
  | {
      readonly kind: 'substrings'
      readonly attribute: string
      readonly initial?: string
      readonly any: readonly string[]
      readonly final?: string
    }
  | { readonly kind: 'present'; readonly attribute: string }
  | {
      readonly kind: 'extensible'
      readonly attribute?: string
      readonly rule?: string
      readonly dnAttributes?: boolean
      readonly value: Value
    }
  | { readonly kind: 'true' | 'false' }

export const TRUE: Filter = { kind: 'true' }
export const FALSE: Filter = { kind: 'false' }

export function equal(attribute: string, value: Value): Filter {
  return { kind: 'equal', attribute, value }
}

export function present(attribute: string): Filter {
  return { kind: 'present', attribute }
}

/** Conjunction, simplified: absolute truths vanish, an absolute falsehood decides, nesting is flattened. */
export function and(filters: readonly Filter[]): Filter {
  return junction('and', filters)
}

/** Disjunction, simplified likewise. */
export function or(filters: readonly Filter[]): Filter {
  return junction('or', filters)
}

export function not(filter: Filter): Filter {
  if (filter.kind === 'true') return FALSE
  if (filter.kind === 'false') return TRUE
  return filter.kind === 'not' ? filter.filter : { kind: 'not', filter }
}

/** The string form of RFC 4515, for logs and for `explain`; requests carry the object itself. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${filter.kind === 'and' ? '&' : '|'}${filter.filters.map(printFilter).join('')})`
    case 'not':
      return `(!${printFilter(filter.filter)})`
    case 'equal':
      return `(${filter.attribute}=${escapeAssertion(filter.value)})`
    case 'greaterOrEqual':
      return `(${filter.attribute}>=${escapeAssertion(filter.value)})`
    case 'lessOrEqual':
      return `(${filter.attribute}<=${escapeAssertion(filter.value)})`
    case 'approximate':
      return `(${filter.attribute}~=${escapeAssertion(filter.value)})`
    case 'present':
      return `(${filter.attribute}=*)`
    case 'substrings': {
      const pieces = [filter.initial ?? '', ...filter.any, filter.final ?? '']
      return `(${filter.attribute}=${pieces.map(escapeAssertion).join('*')})`
    }
    case 'extensible': {
      const dn = filter.dnAttributes ? ':dn' : ''
      const rule = filter.rule === undefined ? '' : `:${filter.rule}`
      return `(${filter.attribute ?? ''}${dn}${rule}:=${escapeAssertion(filter.value)})`
    }
    case 'true':
      return '(&)'
    case 'false':
      return '(|)'
  }
}

function junction(kind: 'and' | 'or', filters: readonly Filter[]): Filter {
  const neutral = kind === 'and' ? 'true' : 'false'
  const deciding = kind === 'and' ? 'false' : 'true'
  const kept: Filter[] = []
  for (const filter of filters) {
    if (filter.kind === deciding) return filter
    if (filter.kind === kind) kept.push(...filter.filters)
    else if (filter.kind !== neutral) kept.push(filter)
  }
  if (kept.length === 0) return { kind: neutral }
  return kept.length === 1 && kept[0] !== undefined ? kept[0] : { kind, filters: kept }
}

function escapeAssertion(value: Value): string {
  if (typeof value === 'string') {
    return value.replace(
      /[\\*()\0]/g,
      (char) => '\\' + char.charCodeAt(0).toString(16).padStart(2, '0'),
    )
  }
  return Array.from(bytesOf(value), (octet) => '\\' + octet.toString(16).padStart(2, '0')).join('')
}
