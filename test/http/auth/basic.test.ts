import { describe, expect, test } from 'vitest'
import { basicClients, newScryptHash } from '../../../src/http/auth/basic.ts'
import { ScimError } from '../../../src/scim/error.ts'

const pair = (user: string, password: string) =>
  Buffer.from(`${user}:${password}`).toString('base64')

const clientsWith = async (password: string) =>
  basicClients([
    { name: 'okta', basic: { user: 'agent', scrypt: await newScryptHash(password) } },
    { name: 'other', basic: { user: 'other', scrypt: await newScryptHash('another') } },
  ])

describe('Basic', () => {
  test.each(['pass', 'with:colons:in it', 'ümläut €', ''])(
    'the password %j belongs to its client, again and again',
    async (password) => {
      const verdictOf = await clientsWith(password)
      for (let index = 0; index < 3; index++) {
        expect(await verdictOf(pair('agent', password))).toEqual({ client: 'okta' })
      }
    },
  )

  test.each([
    ['a wrong password', pair('agent', 'wrong'), 'a wrong password for okta'],
    ['the password of another', pair('agent', 'another'), 'a wrong password for okta'],
    ['an unknown user', pair('nobody', 'right'), 'an unknown user name'],
    ['a user in another letter case', pair('Agent', 'right'), 'an unknown user name'],
    ['no colon', Buffer.from('agent').toString('base64'), 'Basic credentials that cannot be read'],
    ['no base64', '***', 'Basic credentials that cannot be read'],
    ['nothing', '', 'Basic credentials that cannot be read'],
  ])('%s is nobody, also after the right one', async (_, credentials, refused) => {
    const verdictOf = await clientsWith('right')
    await verdictOf(pair('agent', 'right'))
    expect(await verdictOf(credentials)).toEqual({ refused })
  })

  test('hashes have a salt of their own', async () => {
    expect(await newScryptHash('x')).not.toBe(await newScryptHash('x'))
    expect(await newScryptHash('x')).toMatch(
      /^\$scrypt\$ln=15,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    )
  })

  test('what was right once costs next to nothing', async () => {
    const verdictOf = await clientsWith('right')
    const timed = async (times: number) => {
      const began = performance.now()
      for (let index = 0; index < times; index++) await verdictOf(pair('agent', 'right'))
      return performance.now() - began
    }
    const once = await timed(1)
    expect((await timed(100)) / 100).toBeLessThan(once / 10)
  })

  test('few are verified at a time; more than can wait are told to come back', async () => {
    const verdictOf = await clientsWith('right')
    const asked = await Promise.allSettled(
      Array.from({ length: 60 }, (_, index) => verdictOf(pair('agent', `guess ${index}`))),
    )
    const refused = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    expect(refused).toHaveLength(60 - 2 - 16)
    for (const error of refused) {
      expect(error).toBeInstanceOf(ScimError)
      expect((error as ScimError).status).toBe(503)
      expect((error as ScimError).headers).toEqual({ 'Retry-After': '1' })
    }
    expect(await verdictOf(pair('agent', 'right'))).toEqual({ client: 'okta' })
  })
})
