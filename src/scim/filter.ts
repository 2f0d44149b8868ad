import type { AttributePath } from './path.ts'

export type Operator = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le'

/** The value of a comparison (RFC 7644 §3.4.2.2: JSON false, null, true, number or string). */
export type Comparand = string | number | boolean | null

/** A filter (RFC 7644 §3.4.2.2). In a value path the inner paths name sub-attributes. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | {
      readonly kind: 'compare'
      readonly path: AttributePath
      readonly operator: Operator
      readonly value: Comparand
    }
  | { readonly kind: 'present'; readonly path: AttributePath }
  | { readonly kind: 'valuePath'; readonly path: AttributePath; readonly filter: Filter }
