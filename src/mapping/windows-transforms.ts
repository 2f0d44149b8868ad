import { and, equal, not, present } from '../ldap/filter.ts'
import type { Filter } from '../ldap/filter.ts'
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

/**
 * pwdLastSet: 0 where the password must be changed at the next logon. No other time can be written
 * but "now", as −1 (MS-SAMR §3.1.1.8.8).
 */
export const mustChange: Transform = {
  type: 'boolean',
  compares: 'state',
  toLdap(value) {
    if (typeof value !== 'boolean') throw expected('true or false')
    return value ? '0' : '-1'
  },
  toScim: (value) => textOf(value) === '0',
  finds(state, attribute) {
    const now = equal(attribute, '0')
    return state ? now : and([present(attribute), not(now)])
  },
}

/** lockoutTime: when failed logons locked the account, else 0 or nothing. Only 0 can be written. */
export const lockout: Transform = {
  type: 'boolean',
  compares: 'state',
  absent: false,
  toLdap(value) {
    if (value !== false) throw expected('false: nothing but failed logons locks an account')
    return '0'
  },
  toScim: (value) => textOf(value) !== '0',
  finds(state, attribute) {
    const locked: Filter = { kind: 'greaterOrEqual', attribute, value: '1' }
    return state ? locked : not(locked)
  },
}
