import type { Attribute } from '../scim/attribute.ts'
import type { ResolvedPath } from '../scim/path.ts'
import { findAttribute } from '../scim/schema.ts'
import type { AttributeObject } from './document.ts'

/** How an attribute is mapped, with the options that belong to it besides the characteristics. */
const OPTIONS = {
  value: ['ldap', 'as', 'default', 'allocate', 'perClient', 'omitted', 'onWrite'],
  /** All values of an attribute such as emails in one LDAP attribute. */
  values: ['ldap', 'as', 'onWrite'],
  slots: ['slots', 'unmapped', 'onWrite'],
  reference: ['reference', 'ldap', 'by', 'display', 'placeholder', 'primary', 'onWrite'],
  /** References that others hold. */
  backlink: ['reference', 'backlink', 'display', 'onWrite'],
  activation: ['activation'],
  password: ['password'],
} as const satisfies Readonly<Record<string, readonly (keyof AttributeObject)[]>>

type Kind = keyof typeof OPTIONS

/** Options that belong to one kind alone, and what that is. */
const OWNERS: Readonly<Partial<Record<keyof AttributeObject, string>>> = {
  by: 'references',
  backlink: 'references',
  display: 'references',
  placeholder: 'references',
  primary: 'references',
  unmapped: 'slots',
}

const ALL_OPTIONS = new Set(Object.values(OPTIONS).flat())

/** What is wrong with the options of an attribute taken together; nothing where they fit. */
export function misfit(
  key: string,
  path: ResolvedPath,
  object: AttributeObject,
): string | undefined {
  const { attribute, sub } = path
  if (sub !== undefined && attribute.multiValued) {
    return `${attribute.name} has several values: map ${attribute.name} as a whole, by slots or "as: json"`
  }
  const named = (['activation', 'password', 'reference', 'slots'] as const).filter(
    (name) => object[name] !== undefined,
  )
  if (named.length > 1) return `${named.join(' and ')} exclude each other`
  const subject = sub ?? attribute
  const inParts = subject.type === 'complex' && object.as !== 'json'
  const own = named[0] === 'reference' && object.backlink !== undefined ? 'backlink' : named[0]
  const kind: Kind = own ?? (inParts && subject.multiValued ? 'values' : 'value')
  const stray = [...ALL_OPTIONS].find(
    (name) => object[name] !== undefined && !OPTIONS[kind].some((option) => option === name),
  )
  if (stray !== undefined) return strayOption(key, stray, kind)
  const needsLdap = kind === 'value' || kind === 'values' || kind === 'reference'
  if (needsLdap && object.ldap === undefined) {
    return '"ldap" is missing: the LDAP attribute that holds the value'
  }
  if (object.onWrite !== undefined && !isReadOnly(path)) {
    return `"onWrite" is for readOnly attributes, and ${key} is ${subject.mutability}`
  }
  if (object.by !== undefined && object.placeholder !== undefined) {
    return '"placeholder" is a DN: it has no meaning beside "by"'
  }
  if (kind === 'backlink' && !(isReadOnly(path) && attribute.multiValued)) {
    return `"backlink" shows what others hold: it is for readOnly attributes of several values, and ${key} is ${attribute.multiValued ? subject.mutability : 'one value'}`
  }
  if (object.perClient && (subject.type !== 'string' || object.as !== undefined)) {
    return `"perClient" is for plain text, and ${key} is ${object.as === undefined ? subject.type : 'written otherwise'}`
  }
  if (object.allocate !== undefined) return misfitOfAllocation(key, path, object)
  return inParts && (kind === 'value' || kind === 'values') ? wholeOf(key, subject) : undefined
}

function misfitOfAllocation(
  key: string,
  { attribute, sub }: ResolvedPath,
  object: AttributeObject,
): string | undefined {
  const { type, multiValued, mutability } = sub ?? attribute
  if (object.default !== undefined) return '"allocate" and "default" exclude each other'
  if (type !== 'integer' || multiValued) {
    return `"allocate" is for an integer, and ${key} is ${multiValued ? 'multi-valued' : `a ${type}`}`
  }
  if (mutability === 'readOnly' || mutability === 'immutable') return undefined
  return `"allocate" is for readOnly and immutable attributes, and ${key} is ${mutability}: what an account owns goes by its number`
}

function strayOption(key: string, name: keyof AttributeObject, kind: Kind): string {
  const owner = OWNERS[name]
  if (owner !== undefined) return `"${name}" is for ${owner} only`
  return kind === 'value' || kind === 'values'
    ? `"${name}" has no meaning for ${key}, whose values have parts`
    : `"${name}" has no meaning beside "${kind}"`
}

/** A complex attribute that is given one LDAP attribute as if it were text. */
function wholeOf(key: string, { subAttributes = [], multiValued }: Attribute): string | undefined {
  if (findAttribute(subAttributes, '$ref') !== undefined) {
    return `${key} names resources: it needs "reference", the resource types that "ldap" names`
  }
  if (multiValued) return undefined
  const [example = { name: 'value' }] = subAttributes
  return `${key} is complex: map its sub-attributes, such as ${key}.${example.name}, or keep it "as: json"`
}

function isReadOnly({ attribute, sub }: ResolvedPath): boolean {
  return attribute.mutability === 'readOnly' || sub?.mutability === 'readOnly'
}
