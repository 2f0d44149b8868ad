export type AttributeKind =
  'string' | 'boolean' | 'decimal' | 'integer' | 'dateTime' | 'binary' | 'reference' | 'complex'

export type Mutability = 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly'
export type Returned = 'always' | 'never' | 'default' | 'request'
export type Uniqueness = 'none' | 'server' | 'global'

/** An attribute definition with its characteristics (RFC 7643 §7), names in the schema's spelling. */
export interface Attribute {
  readonly name: string
  readonly type: AttributeKind
  readonly multiValued: boolean
  readonly description: string
  readonly required: boolean
  readonly caseExact: boolean
  readonly mutability: Mutability
  readonly returned: Returned
  readonly uniqueness: Uniqueness
  readonly canonicalValues?: readonly string[]
  readonly referenceTypes?: readonly string[]
  /** Of complex attributes alone. */
  readonly subAttributes?: readonly Attribute[]
}

/**
 * An attribute definition where whatever is not said has its default (RFC 7643 §2.2): a string,
 * single-valued, optional, not caseExact, readWrite, returned by default, not unique.
 */
export function defineAttribute(
  name: string,
  description: string,
  characteristics: Partial<Omit<Attribute, 'name' | 'description'>> = {},
): Attribute {
  return { name, description, ...DEFAULTS, ...characteristics }
}

const DEFAULTS = {
  type: 'string',
  multiValued: false,
  required: false,
  caseExact: false,
  mutability: 'readWrite',
  returned: 'default',
  uniqueness: 'none',
} as const
