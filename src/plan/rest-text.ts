import { defaultTransform } from '../mapping/transforms.ts'
import type { Json } from '../scim/resource.ts'

/**
 * What would be a quotation mark or a backslash; and İ, which OpenLDAP takes for i (slapd 2.5.13)
 * where SCIM takes it for i with a dot above.
 */
const AMBIGUOUS = /["\\İ]/

const json = defaultTransform('complex')

/** JSON with sorted keys as an LDAP attribute keeps it. */
export function restText(value: Json): string {
  return escapedText(json.toLdap(value) as string) // which JSON is
}

/** The text of a string in such JSON, without the quotation marks around it. */
export function stringText(value: string): string {
  return escapedText(JSON.stringify(value).slice(1, -1))
}

/** Whether what is the same to SCIM as this text may be escaped in several ways, or not at all. */
export function hasManyTexts(value: string): boolean {
  return AMBIGUOUS.test(value) || /i\u0307/i.test(value)
}

/**
 * Matching prepares text (RFC 4518). No character of a string may become a quotation mark or a
 * backslash by that, for then a string could look like members of the object; and what SCIM tells
 * apart must be two values.
 */
function escapedText(text: string): string {
  return text.replaceAll(/[^\0-\x7f]/gu, (character) =>
    AMBIGUOUS.test(character.normalize('NFKC')) ? escaped(character) : character,
  )
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
