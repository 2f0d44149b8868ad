import { bytesOf, textOf } from '../ldap/value.ts'
import {
  formatFileTime,
  formatGuid,
  formatSid,
  parseFileTime,
  parseGuid,
  parseSid,
} from '../ldap/windows-syntax.ts'
import { instantOf } from '../scim/comparison.ts'
import type { Transform } from './transform.ts'
import { expected, expectText } from './transform.ts'

/** Not to be compared by the server: to it, "never" is a time, the last one or the first. */
export const fileTime: Transform = {
  type: 'dateTime',
  compares: 'nothing',
  toLdap(value) {
    const instant = instantOf(expectText(value))
    const millis = instant === undefined ? NaN : Number(instant / 1_000_000n)
    if (!(millis > FIRST_MS))
      throw expected('a date and time after 1601, such as 2026-01-31T08:00:00Z')
    return formatFileTime(millis)
  },
  toScim(value) {
    const millis = parseFileTime(textOf(value))
    return millis === undefined ? undefined : new Date(millis).toISOString()
  },
}

const FIRST_MS = Date.UTC(1601, 0)

export const guid: Transform = {
  type: 'string',
  compares: 'equality',
  toLdap(value) {
    const octets = parseGuid(expectText(value))
    if (octets === undefined) throw expected('a GUID such as 01234567-89ab-cdef-0123-456789abcdef')
    return octets
  },
  toScim: (value) => formatGuid(bytesOf(value)),
}

export const sid: Transform = {
  type: 'string',
  compares: 'equality',
  toLdap(value) {
    const octets = parseSid(expectText(value))
    if (octets === undefined) throw expected('a security identifier such as S-1-5-21-1-2-3-1104')
    return octets
  },
  toScim: (value) => formatSid(bytesOf(value)),
}
