import { isCertificate } from './certificate.ts'
import type { Value } from './value.ts'
import { bytesOf } from './value.ts'

/** Boolean (RFC 4517 §3.3.3); `undefined` for any other text. */
export function parseBoolean(text: string): boolean | undefined {
  if (text === 'TRUE') return true
  return text === 'FALSE' ? false : undefined
}

export function formatBoolean(value: boolean): string {
  return value ? 'TRUE' : 'FALSE'
}

/** Integer (RFC 4517 §3.3.16), which has no bounds; `undefined` for any other text. */
export function parseInteger(text: string): bigint | undefined {
  return /^(?:0|-?[1-9][0-9]*)$/.test(text) ? BigInt(text) : undefined
}

const TIME =
  /^(\d{4})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])(?:([0-5]\d)([0-5]\d|60)?)?(?:[.,](\d+))?(?:Z|([+-])([01]\d|2[0-3])([0-5]\d)?)$/
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const SECOND_MS = 1_000

/**
 * Milliseconds since 1970 of a Generalized Time (RFC 4517 §3.3.13): minutes and seconds may be
 * missing, the fraction is of the smallest unit that is there, further digits are cut off.
 *
 * @returns `undefined` for any other text and for days that no month has.
 */
export function parseGeneralizedTime(text: string): number | undefined {
  const match = TIME.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction, sign, offsetHour, offsetMinute] = match
  const midnight = new Date(0)
  midnight.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  if (midnight.getUTCDate() !== Number(day)) return undefined
  const unit = second !== undefined ? SECOND_MS : minute !== undefined ? MINUTE_MS : HOUR_MS
  const local =
    midnight.getTime() +
    Number(hour) * HOUR_MS +
    Number(minute ?? 0) * MINUTE_MS +
    Number(second ?? 0) * SECOND_MS +
    // Rounded first: 0.285 * 1000 is 284.99999999999994.
    Math.trunc(Math.round(Number(`0.${fraction ?? 0}`) * unit * 1e6) / 1e6)
  const offset = Number(offsetHour ?? 0) * HOUR_MS + Number(offsetMinute ?? 0) * MINUTE_MS
  return sign === '-' ? local + offset : local - offset
}

/**
 * A Generalized Time in UTC of milliseconds since 1970, with a fraction only where there is one.
 *
 * @throws {RangeError} Outside of the years 0 to 9999.
 */
export function formatGeneralizedTime(millis: number): string {
  const iso = new Date(millis).toISOString()
  if (iso.length !== 24) throw new RangeError(`${iso}: no Generalized Time has such a year`)
  const fraction = iso.slice(20, 23).replace(/0+$/, '')
  const whole = iso.slice(0, 19).replace(/[-:T]/g, '')
  return fraction === '' ? `${whole}Z` : `${whole}.${fraction}Z`
}

/** The lines of a Postal Address (RFC 4517 §3.3.28). */
export function parsePostalAddress(text: string): string[] {
  return text
    .split('$')
    .map((line) => line.replace(/\\(24|5[Cc])/g, (_, code) => (code === '24' ? '$' : '\\')))
}

export function formatPostalAddress(lines: readonly string[]): string {
  return lines.map((line) => line.replace(/\\/g, '\\5C').replace(/\$/g, '\\24')).join('$')
}

/** Whether the text is a UUID (RFC 4530 §2.1), in either case. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text)
}

/** PrintableString (RFC 4517 §3.3.29). */
const PRINTABLE = /^[A-Za-z0-9'()+,\-./:=? ]+$/

/** What text must be to have a syntax, by the syntax's OID (RFC 4517 §3.3); others take whatever comes. */
const TEXT_OF_SYNTAX: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['1.3.6.1.4.1.1466.115.121.1.11', (text) => /^[A-Za-z]{2}$/.test(text)], // Country String
  ['1.3.6.1.4.1.1466.115.121.1.15', (text) => text !== ''], // Directory String
  ['1.3.6.1.4.1.1466.115.121.1.22', (text) => PRINTABLE.test(text)], // Facsimile Telephone Number
  ['1.3.6.1.4.1.1466.115.121.1.26', (text) => /^[\0-\x7f]+$/.test(text)], // IA5 String
  ['1.3.6.1.4.1.1466.115.121.1.27', (text) => parseInteger(text) !== undefined], // Integer
  ['1.3.6.1.4.1.1466.115.121.1.36', (text) => /^[0-9 ]+$/.test(text)], // Numeric String
  ['1.3.6.1.4.1.1466.115.121.1.41', (text) => text.replaceAll('$', '') !== ''], // Postal Address
  ['1.3.6.1.4.1.1466.115.121.1.44', (text) => PRINTABLE.test(text)],
  // Telephone Number; matching leaves blanks and hyphens out, and something must be left.
  ['1.3.6.1.4.1.1466.115.121.1.50', (text) => PRINTABLE.test(text) && /[^ -]/.test(text)],
])

const CERTIFICATE = '1.3.6.1.4.1.1466.115.121.1.8' // RFC 4523 §2.1

/** Whether a server takes the value for an attribute of this syntax. Of most octets it is to say. */
export function isOfSyntax(oid: string, value: Value): boolean {
  if (oid === CERTIFICATE) return isCertificate(bytesOf(value))
  return typeof value !== 'string' || (TEXT_OF_SYNTAX.get(oid)?.(value) ?? true)
}
