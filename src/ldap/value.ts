/**
 * A value of an LDAP attribute: text where its octets are valid UTF-8, else the octets. No value is
 * ever escaped in memory; escaping belongs to printing.
 */
export type Value = string | Uint8Array

/** The octets of a value, UTF-8 for text (RFC 4511 §4.1.5). */
export function bytesOf(value: Value): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : value
}

/** The text of a value; octets that are not UTF-8 become replacement characters. */
export function textOf(value: Value): string {
  return typeof value === 'string' ? value : Buffer.from(value).toString('utf8')
}

/** Whether two values are the same octets. Matching rules are the server's business. */
export function sameValue(a: Value, b: Value): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a === b
  return Buffer.from(bytesOf(a)).equals(bytesOf(b))
}

/**
 * The key by which attribute descriptions are compared: RFC 4512 §2.5 ignores the case of the type
 * and of its options.
 */
export function attributeKey(description: string): string {
  return description.toLowerCase()
}
