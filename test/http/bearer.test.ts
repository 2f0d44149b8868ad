import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { bearerTokens } from '../../src/http/auth/bearer.ts'

const sha256 = (token: string) => createHash('sha256').update(token).digest('hex')
const NOON = Date.parse('2026-06-30T12:00:00Z')

describe('bearer tokens', () => {
  const clientOf = bearerTokens(
    [
      {
        name: 'entra',
        tokens: [{ sha256: sha256('old') }, { sha256: sha256('new').toUpperCase() }],
      },
      { name: 'okta', tokens: [{ sha256: sha256('short'), expires: '2026-06-30T12:00:00Z' }] },
    ],
    () => NOON,
  )

  test('several tokens belong to one client', () => {
    expect(clientOf('Bearer old')).toBe('entra')
    expect(clientOf('Bearer new')).toBe('entra')
  })

  test('the scheme is read in any case, and blanks around the token are none of it', () => {
    expect(clientOf('bearer  old ')).toBe('entra')
    expect(clientOf('BEARER old')).toBe('entra')
  })

  test.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['a scheme alone', 'Bearer'],
    ['an empty token', 'Bearer '],
    ['another scheme', 'Basic old'],
    ['a token without its scheme', 'old'],
    ['a part of a token', 'Bearer ol'],
    ['more than a token', 'Bearer old old'],
    ['the hash instead of the token', `Bearer ${sha256('old')}`],
  ])('%s is nobody', (_, header) => {
    expect(clientOf(header)).toBeUndefined()
  })

  test('a token is good until its expiry and not from then on', () => {
    const at = (now: number) =>
      bearerTokens(
        [{ name: 'okta', tokens: [{ sha256: sha256('short'), expires: '2026-06-30T12:00:00Z' }] }],
        () => now,
      )('Bearer short')
    expect(at(NOON - 1)).toBe('okta')
    expect(at(NOON)).toBeUndefined()
  })

  test('a date alone expires when that day begins, in UTC', () => {
    const at = (now: string) =>
      bearerTokens(
        [{ name: 'okta', tokens: [{ sha256: sha256('short'), expires: '2026-06-30' }] }],
        () => Date.parse(now),
      )('Bearer short')
    expect(at('2026-06-29T23:59:59Z')).toBe('okta')
    expect(at('2026-06-30T00:00:00Z')).toBeUndefined()
  })
})
