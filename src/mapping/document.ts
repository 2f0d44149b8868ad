import type { DialectName } from '../ldap/dialects.ts'
import type { Mutability, Returned, Uniqueness } from '../scim/attribute.ts'

/** A mapping file as it is written; docs/mapping.md explains each part. */
export interface MappingDocument {
  readonly dialect: DialectName
  readonly schemas?: Readonly<Record<string, SchemaDocument>>
  readonly resources: Readonly<Record<string, ResourceDocument>>
}

export interface SchemaDocument {
  readonly id: string
  readonly name: string
  readonly description?: string
  readonly attributes: Readonly<Record<string, SchemaAttributeDocument>>
}

export interface SchemaAttributeDocument extends Characteristics {
  readonly type?:
    'string' | 'boolean' | 'decimal' | 'integer' | 'dateTime' | 'binary' | 'reference' | 'complex'
  readonly multiValued?: boolean
  readonly description?: string
  readonly referenceTypes?: readonly string[]
  readonly subAttributes?: Readonly<Record<string, SchemaAttributeDocument>>
}

export interface Characteristics {
  readonly mutability?: Mutability
  readonly required?: boolean
  readonly returned?: Returned
  readonly uniqueness?: Uniqueness
  readonly caseExact?: boolean
  readonly canonicalValues?: readonly string[]
}

export interface ResourceDocument {
  readonly schema?: string
  readonly endpoint?: string
  readonly description?: string
  readonly base: string
  readonly filter: string
  readonly dn: string
  readonly rename?: 'follow' | 'never'
  readonly delete?: 'entry' | LeavingDocument
  readonly onConflict?: 'refuse' | { readonly adopt: readonly string[] }
  readonly objectClass: readonly string[]
  readonly attributes: Readonly<Record<string, AttributeDocument>>
  readonly write?: Readonly<Record<string, WriteDocument>>
}

export interface LeavingDocument {
  readonly move: string
  readonly disable?: boolean
  readonly leaveGroups?: boolean
  readonly reviveBy?: string | readonly string[]
}

export type AttributeDocument = string | AttributeObject | readonly SlotDocument[]

export interface AttributeObject extends Characteristics {
  readonly ldap?: string
  readonly as?: TransformDocument
  readonly default?: string
  readonly allocate?: AllocationDocument
  readonly perClient?: true
  readonly omitted?: 'clear' | 'keep'
  readonly activation?: true
  readonly password?: true
  readonly reference?: string | readonly string[]
  readonly by?: string
  readonly backlink?: string
  readonly display?: string
  readonly placeholder?: string
  readonly primary?: true
  readonly slots?: readonly SlotDocument[]
  readonly unmapped?: 'refuse' | 'ignore'
  readonly onWrite?: 'ignore' | 'refuse'
}

export interface AllocationDocument {
  readonly counter: string
  readonly attribute?: string
  readonly from: number
  readonly to: number
}

export interface SlotDocument {
  readonly type?: string
  readonly primary?: boolean
  readonly each?: SlotPartDocument
  readonly rest?: string
  readonly [subAttribute: string]: SlotPartDocument | boolean | undefined
}

export type SlotPartDocument = string | { readonly ldap: string; readonly as?: TransformDocument }
export type TransformDocument = string | Readonly<Record<string, unknown>>

export interface WriteDocument {
  readonly on: 'create' | 'always'
  readonly value: string
}
