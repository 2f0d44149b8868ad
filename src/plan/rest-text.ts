import type { AttributeType } from '../ldap/schema.ts'
import { defaultTransform } from '../mapping/transforms.ts'
import type { Json } from '../scim/resource.ts'

/**
 * What would be a quotation mark or a backslash; and İ, which OpenLDAP takes for i (slapd 2.5.13)
 * where SCIM takes it for i with a dot above.
 */
const AMBIGUOUS = /["\\İ]/

const json = defaultTransform('complex')

/** Whether an attribute type tells letters apart by their case. */
export function mindsCase(type: AttributeType | undefined): boolean {
  return type?.equality?.startsWith('caseExact') ?? false
}

/**
 * JSON with sorted keys as an LDAP attribute keeps it. Matching prepares text (RFC 4518): no
 * character of a string may become a quotation mark or a backslash by that, for then a string could
 * look like members of the object. Where case matters, nothing at all may become something else:
 * strings that SCIM tells apart must be two values.
 */
export function restText(value: Json, type: AttributeType | undefined): string {
  const text = json.toLdap(value) as string // which JSON is
  return escapedText(text, mindsCase(type))
}

/** The text of a string in such JSON, without the quotation marks around it. */
export function stringText(value: string, type: AttributeType | undefined): string {
  return escapedText(JSON.stringify(value).slice(1, -1), mindsCase(type))
}

/** Whether what is the same to SCIM as this text may be escaped in several ways, or not at all. */
export function hasManyTexts(value: string): boolean {
  return AMBIGUOUS.test(value) || /i\u0307/i.test(value)
}

function escapedText(text: string, exact: boolean): string {
  const safe = text.replaceAll(/[^\0-\x7f]/gu, (character) =>
    isUnsafe(character, exact) ? escaped(character) : character,
  )
  return exact ? safe.replaceAll(/(?<= ) /g, escaped) : safe
}

function isUnsafe(character: string, exact: boolean): boolean {
  const prepared = character.normalize('NFKC')
  if (AMBIGUOUS.test(prepared)) return true
  // Marks and the letters of Hangul join what stands before them.
  return exact && (prepared !== character || /[\p{M}\u1100-\u11ff]/u.test(character))
}

function escaped(characters: string): string {
  return Array.from({ length: characters.length }, (_, index) => {
    const unit = characters.charCodeAt(index).toString(16)
    return `\\u${unit.padStart(4, '0')}`
  }).join('')
}
