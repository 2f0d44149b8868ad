import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { bearerTokens } from '../../src/http/auth/bearer.ts'

const sha256 = (token: string) => createHash('sha256').update(token).digest('hex')
const NOON = Date.parse('2026-06-30T12:00:00Z')

describe('bearer tokens', () => {
  const verdictOf = bearerTokens(
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
    expect(verdictOf('old')).toEqual({ client: 'entra' })
    expect(verdictOf('new')).toEqual({ client: 'entra' })
  })

  test.each([
    ['an empty token', ''],
    ['a part of a token', 'ol'],
    ['more than a token', 'old old'],
    ['the hash instead of the token', sha256('old')],
  ])('%s is nobody', (_, token) => {
    expect(verdictOf(token)).toBeUndefined()
  })

  test('a token is good until its expiry and not from then on', () => {
    const at = (now: number) =>
      bearerTokens(
        [{ name: 'okta', tokens: [{ sha256: sha256('short'), expires: '2026-06-30T12:00:00Z' }] }],
        () => now,
      )('short')
    expect(at(NOON - 1)).toEqual({ client: 'okta' })
    expect(at(NOON)).toEqual({
      refused: `the token ${sha256('short').slice(0, 8)} of okta is expired since 2026-06-30T12:00:00.000Z`,
    })
  })

  test('a date alone expires when that day begins, in UTC', () => {
    const at = (now: string) =>
      bearerTokens(
        [{ name: 'okta', tokens: [{ sha256: sha256('short'), expires: '2026-06-30' }] }],
        () => Date.parse(now),
      )('short')
    expect(at('2026-06-29T23:59:59Z')).toEqual({ client: 'okta' })
    expect(at('2026-06-30T00:00:00Z')).toHaveProperty('refused')
  })
})
