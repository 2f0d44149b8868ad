/** An attribute type of the server's schema (RFC 4512 §4.1.2), its supertype's rules inherited. */
export interface AttributeType {
  readonly oid: string
  readonly names: readonly string[]
  readonly equality: string | undefined
  readonly ordering: string | undefined
  readonly substring: string | undefined
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
