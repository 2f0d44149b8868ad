import type { Description } from './description.ts'
import { parseDescription } from './description.ts'

/** How the server compares the values of an attribute type. */
export interface MatchingRules {
  readonly equality?: string | undefined
  readonly ordering?: string | undefined
  readonly substring?: string | undefined
  /** It takes for equal, or for in order, all that the rules of these names do, and more. */
  readonly coarse?: boolean
  /** A value as the server wants it to be asserted, where that is not as others do. */
  asserted?(value: string): string
}

/** An attribute type of the server's schema (RFC 4512 §4.1.2), its supertype's rules inherited. */
export interface AttributeType extends MatchingRules {
  readonly oid: string
  readonly names: readonly string[]
  readonly syntax: string | undefined
  readonly singleValue: boolean
  /** The server maintains it; nobody may write it. */
  readonly readOnly: boolean
}

/** An object class of the server's schema (RFC 4512 §4.1.1). */
export interface ObjectClass {
  readonly oid: string
  readonly names: readonly string[]
  readonly superiors: readonly string[]
  readonly kind: 'abstract' | 'structural' | 'auxiliary'
  readonly must: readonly string[]
  readonly may: readonly string[]
}

/** The server's schema; look-ups take any name or OID in any case, options such as `;binary` set aside. */
export interface LdapSchema {
  attributeType(description: string): AttributeType | undefined
  objectClass(name: string): ObjectClass | undefined
}

/**
 * The schema that a subschema subentry publishes (RFC 4512 §4.2). Descriptions that cannot be read
 * are left out: what they describe is unknown to us then.
 */
export function schemaOf(
  attributeTypes: readonly string[],
  objectClasses: readonly string[],
): LdapSchema {
  const types = indexed(described(attributeTypes).map(attributeTypeOf), inherited)
  const classes = indexed(described(objectClasses).map(objectClassOf), (objectClass) => objectClass)
  return {
    attributeType: (description) => types.get(typeName(description)),
    objectClass: (name) => classes.get(name.toLowerCase()),
  }
}

/** The schema with rules for those attribute types that it gives none. */
export function withMatchingRules(
  schema: LdapSchema,
  rulesOf: (syntax: string) => MatchingRules,
): LdapSchema {
  return {
    ...schema,
    attributeType(description) {
      const type = schema.attributeType(description)
      return type?.equality !== undefined || type?.syntax === undefined
        ? type
        : { ...type, ...rulesOf(type.syntax) }
    },
  }
}

interface DeclaredType extends AttributeType {
  readonly superior: string | undefined
}

function attributeTypeOf({ oid, words }: Description): DeclaredType {
  const first = (word: string) => words.get(word)?.[0]
  return {
    oid,
    names: words.get('NAME') ?? [],
    superior: first('SUP'),
    equality: first('EQUALITY'),
    ordering: first('ORDERING'),
    substring: first('SUBSTR'),
    syntax: first('SYNTAX')?.replace(/\{\d+\}$/, ''),
    singleValue: words.has('SINGLE-VALUE'),
    readOnly: words.has('NO-USER-MODIFICATION'),
  }
}

function objectClassOf({ oid, words }: Description): ObjectClass {
  return {
    oid,
    names: words.get('NAME') ?? [],
    superiors: words.get('SUP') ?? [],
    kind: words.has('ABSTRACT') ? 'abstract' : words.has('AUXILIARY') ? 'auxiliary' : 'structural',
    must: words.get('MUST') ?? [],
    may: words.get('MAY') ?? [],
  }
}

/** RFC 4512 §2.5.1: a subtype has its supertype's matching rules and syntax unless it says otherwise. */
function inherited(
  { superior, ...type }: DeclaredType,
  types: ReadonlyMap<string, DeclaredType>,
): AttributeType {
  const seen = new Set<DeclaredType>()
  let result: AttributeType = type
  let above = superior === undefined ? undefined : types.get(superior.toLowerCase())
  while (above !== undefined && !seen.has(above)) {
    seen.add(above)
    result = {
      ...result,
      equality: result.equality ?? above.equality,
      ordering: result.ordering ?? above.ordering,
      substring: result.substring ?? above.substring,
      syntax: result.syntax ?? above.syntax,
    }
    above = above.superior === undefined ? undefined : types.get(above.superior.toLowerCase())
  }
  return result
}

/** What was declared by every name and OID in lower case, each made `complete` with the others in sight. */
function indexed<Declared extends { oid: string; names: readonly string[] }, Complete>(
  declared: readonly Declared[],
  complete: (each: Declared, all: ReadonlyMap<string, Declared>) => Complete,
): ReadonlyMap<string, Complete> {
  const all = new Map<string, Declared>()
  for (const each of declared) {
    for (const name of [each.oid, ...each.names]) all.set(name.toLowerCase(), each)
  }
  const done = new Map<Declared, Complete>(declared.map((each) => [each, complete(each, all)]))
  const index = new Map<string, Complete>()
  for (const [name, each] of all) {
    const found = done.get(each)
    if (found !== undefined) index.set(name, found)
  }
  return index
}

function described(texts: readonly string[]): readonly Description[] {
  return texts.flatMap((text) => {
    try {
      return [parseDescription(text)]
    } catch {
      return []
    }
  })
}

/** The type of an attribute description, its options set aside. */
function typeName(description: string): string {
  const semicolon = description.indexOf(';')
  return (semicolon < 0 ? description : description.slice(0, semicolon)).toLowerCase()
}
