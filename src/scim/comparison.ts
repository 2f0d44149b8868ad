/**
 * A string as it counts where letter case does not: two strings are the same if this is the same.
 * As OpenLDAP prepares it for caseIgnoreMatch (RFC 4518): NFKC, in lower case, spaces trimmed and
 * runs of them made one. Tabs, line feeds and the like are letters to it.
 */
export function caseIgnore(text: string): string {
  return trimmed(foldCase(text))
}

/** A string as it counts where letter case does, too: as `caseIgnore`, but for the lower case. */
export function caseExact(text: string): string {
  return trimmed(keepCase(text))
}

/** Part of a string for "contains": as `caseIgnore`, but spaces at its ends count (RFC 4518 §2.6.1). */
export function foldCase(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase()
  // Letter by letter, for so do directories: ß is no ss to them, and toLowerCase of a whole word
  // makes a Σ at its end another letter than one within.
  const letters = Array.from(text.normalize('NFKC'), (letter) => letter.toLowerCase())
  // Small letters may have a form in one piece that capitals lack: ǰ.
  return keepCase(letters.join(''))
}

/** Part of a string for "contains", as `foldCase`, where letter case counts. */
export function keepCase(text: string): string {
  return PLAIN.test(text) ? text : text.normalize('NFKC').replace(/ +/g, ' ')
}

/** Most text: ASCII words with one blank between them. */
const PLAIN = /^[!-~]+(?: [!-~]+)*$/

/** Of nothing but spaces one is left. */
function trimmed(text: string): string {
  return text === ' ' ? text : text.replace(/^ | $/g, '')
}

const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))?$/

/**
 * Nanoseconds since 1970 of an xsd:dateTime (RFC 7643 §2.3.5); without an offset it is UTC.
 * Digits beyond nanoseconds do not count.
 *
 * @returns `undefined` if the text is not one, e.g. 30 February.
 */
export function instantOf(text: string): bigint | undefined {
  const match = DATE_TIME.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction = '', sign, hours, minutes] = match
  const instant = new Date(0)
  instant.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  if (instant.getUTCMonth() !== Number(month) - 1 || instant.getUTCDate() !== Number(day)) {
    return undefined
  }
  const midnight = hour === '24' && Number(minute) === 0 && Number(second) === 0
  if ((Number(hour) > 23 && !midnight) || Number(minute) > 59 || Number(second) > 59) {
    return undefined
  }
  const offset = Number(hours ?? 0) * 60 + Number(minutes ?? 0)
  if (offset > 14 * 60 || Number(minutes ?? 0) > 59) return undefined
  const shift = sign === '-' ? -offset : offset
  const secondsOfDay = (Number(hour) * 60 + Number(minute) - shift) * 60 + Number(second)
  const millis = BigInt(instant.getTime() + secondsOfDay * 1000)
  return millis * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
}
