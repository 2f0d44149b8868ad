import { createHmac, generateKeyPairSync } from 'node:crypto'
import { exportSPKI, importJWK } from 'jose'
import type { CryptoKey } from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { compileClients } from '../../../src/http/auth/clients.ts'
import type { Verdict } from '../../../src/http/auth/method.ts'
import type { JwtOptions } from '../../../src/http/options.ts'
import { ScimError } from '../../../src/scim/error.ts'
import type { TestIssuer } from '../../support/issuer.ts'
import { AUDIENCE, startIssuer } from '../../support/issuer.ts'

let issuer: TestIssuer
let lines: Record<string, unknown>[]
beforeEach(async () => {
  issuer = await startIssuer()
  lines = []
})
afterEach(async () => {
  vi.useRealTimers()
  await issuer.stop()
})

const log = { warn: (fields: object) => void lines.push(fields as Record<string, unknown>) }

const options = (more: Partial<JwtOptions> = {}): JwtOptions => ({
  issuer: issuer.issuer,
  audience: AUDIENCE,
  algorithms: ['RS256', 'ES256'],
  clockSkewSeconds: 60,
  ...more,
})

/** A client that is let in by tokens as the options say. */
function client(more: Partial<JwtOptions> = {}) {
  const clients = compileClients([{ name: 'idp', jwt: options(more) }], log)
  return (credentials: string): Promise<Verdict> =>
    clients.identify({ authorization: { scheme: 'bearer', credentials } })
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const in_ = (seconds: number) => Math.floor(Date.now() / 1000) + seconds

test('a good token lets its client in; the keys are found by discovery, once', async () => {
  const identify = client()
  const tokens = await Promise.all([issuer.sign(), issuer.sign({ jti: '2' })])
  for (const token of [...tokens, ...tokens]) {
    expect(await identify(token)).toEqual({ client: 'idp' })
  }
  expect([...issuer.asked]).toEqual([
    ['/.well-known/openid-configuration', 1],
    ['/keys', 1],
  ])
})

test('keys whose place is known need no discovery', async () => {
  const identify = client({ jwksUri: issuer.jwksUri })
  expect(await identify(await issuer.sign())).toEqual({ client: 'idp' })
  expect([...issuer.asked.keys()]).toEqual(['/keys'])
})

describe('a token', () => {
  test.each([
    ['of another audience', { aud: 'https://other.example' }, 'the JWT\'s claim "aud" is wrong'],
    ['without audience', { aud: undefined }, 'the JWT\'s claim "aud" is missing'],
    ['of another issuer', { iss: 'https://evil.example' }, 'a JWT of an issuer that no client has'],
    ['without issuer', { iss: undefined }, 'a JWT of an issuer that no client has'],
    ['without expiry', { exp: undefined }, 'the JWT\'s claim "exp" is missing'],
    ['that is expired', { exp: in_(-61) }, 'the JWT is expired'],
    ['that is not good yet', { nbf: in_(120) }, 'the JWT\'s claim "nbf" is wrong'],
  ])('%s is refused in words', async (_, claims, refused) => {
    expect(await client()(await issuer.sign(claims))).toEqual({ refused })
  })

  test('whose clock is a little off is taken', async () => {
    const token = await issuer.sign({ exp: in_(-30), nbf: in_(30) })
    expect(await client()(token)).toEqual({ client: 'idp' })
    expect(await client({ clockSkewSeconds: 0 })(token)).toHaveProperty('refused')
  })

  test('for several audiences is taken where one is the gateway', async () => {
    const token = await issuer.sign({ aud: ['https://other.example', AUDIENCE] })
    expect(await client()(token)).toEqual({ client: 'idp' })
    expect(await client({ audience: ['a', 'b'] })(token)).toHaveProperty('refused')
  })

  test('that was changed is refused', async () => {
    const [head, , signature] = (await issuer.sign()).split('.')
    const forged = `${head}.${encoded({ iss: issuer.issuer, aud: AUDIENCE, exp: in_(3600), sub: 'admin' })}.${signature}`
    expect(await client()(forged)).toEqual({ refused: "the JWT's signature is wrong" })
  })

  test('without a signature is refused (alg none)', async () => {
    const payload = encoded({ iss: issuer.issuer, aud: AUDIENCE, exp: in_(3600) })
    for (const alg of ['none', 'None', 'NONE']) {
      expect(await client()(`${encoded({ alg })}.${payload}.`)).toEqual({
        refused: 'the JWT has an algorithm that the client does not list',
      })
    }
  })

  test('signed by the public key as if it were a secret is refused (HS256)', async () => {
    const publicKey = (await importJWK(issuer.key.jwk, 'RS256', { extractable: true })) as CryptoKey
    const pem = await exportSPKI(publicKey)
    const head = encoded({ alg: 'HS256', kid: issuer.key.kid })
    const body = `${head}.${encoded({ iss: issuer.issuer, aud: AUDIENCE, exp: in_(3600) })}`
    for (const secret of [pem, pem.trim(), JSON.stringify(issuer.key.jwk)]) {
      const signature = createHmac('sha256', secret).update(body).digest('base64url')
      expect(await client()(`${body}.${signature}`)).toEqual({
        refused: 'the JWT has an algorithm that the client does not list',
      })
    }
  })

  test('signed by an algorithm that is good but not listed is refused', async () => {
    expect(await client({ algorithms: ['ES256'] })(await issuer.sign())).toEqual({
      refused: 'the JWT has an algorithm that the client does not list',
    })
  })

  test('that brings its own key is refused', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const { SignJWT } = await import('jose')
    const token = await new SignJWT({ iss: issuer.issuer, aud: AUDIENCE, exp: in_(3600) })
      .setProtectedHeader({
        alg: 'RS256',
        kid: issuer.key.kid,
        jwk: publicKey.export({ format: 'jwk' }),
      })
      .sign(privateKey)
    expect(await client()(token)).toEqual({ refused: "the JWT's signature is wrong" })
  })

  test.each(['a.b.c', `${encoded({ alg: 'RS256' })}.${encoded('text')}.x`, '..'])(
    'that is %s is nobody',
    async (token) => {
      expect(await client()(token)).toHaveProperty('refused')
    },
  )

  test('without the name of its key is tried with all of them', async () => {
    const token = await issuer.sign({}, { kid: undefined })
    expect(await client()(token)).toEqual({ client: 'idp' })
  })
})

describe('claims', () => {
  test.each([
    ['text', { azp: 'app-1' }, { azp: 'app-1' }],
    ['one of several', { azp: ['app-1', 'app-2'] }, { azp: 'app-2' }],
    ['one of a list', { roles: 'Write' }, { roles: ['Read', 'Write'] }],
    ['one of the scopes', { scope: 'scim.write' }, { scope: 'openid scim.write' }],
    ['one of the scp', { scp: 'scim' }, { scp: 'a scim' }],
    ['a number', { level: 3 }, { level: 3 }],
    ['yes', { trusted: true }, { trusted: true }],
  ])('%s fits', async (_, claims, given) => {
    expect(await client({ claims })(await issuer.sign(given))).toEqual({ client: 'idp' })
  })

  test.each([
    ['another text', { azp: 'app-1' }, { azp: 'app-10' }],
    ['a part of a scope', { scope: 'scim' }, { scope: 'scim.read' }],
    ['blanks in a text that is no scope', { roles: 'Write' }, { roles: 'Read Write' }],
    ['none', { azp: 'app-1' }, {}],
    ['the number as text', { level: 3 }, { level: '3' }],
    ['one of two', { azp: 'app-1', roles: 'Write' }, { azp: 'app-1', roles: [] }],
    ['what every object has', { constructor: 'x' }, {}],
  ])('%s does not', async (_, claims, given) => {
    const verdict = await client({ claims: claims })(await issuer.sign(given))
    expect(verdict).toEqual({ refused: expect.stringMatching(/^the JWT's claim "\w+" is not the/) })
  })

  test('tell apart the clients of one issuer', async () => {
    const clients = compileClients(
      [
        { name: 'writer', jwt: options({ claims: { roles: 'Write' } }) },
        { name: 'reader', jwt: options({ claims: { roles: 'Read' } }) },
      ],
      log,
    )
    const who = async (roles: readonly string[]) =>
      clients.identify({
        authorization: { scheme: 'bearer', credentials: await issuer.sign({ roles }) },
      })
    expect(await who(['Read'])).toEqual({ client: 'reader' })
    expect(await who(['Read', 'Write'])).toEqual({ client: 'writer' })
    expect(await who(['Other'])).toHaveProperty('refused')
    expect(issuer.asked.get('/keys')).toBe(1)
  })
})

describe('keys', () => {
  const later = (ms: number) => {
    vi.setSystemTime(Date.now() + ms)
  }
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
  })

  test('that are new are fetched after the cool-down, and old ones are no good then', async () => {
    const identify = client()
    const old = await issuer.sign()
    expect(await identify(old)).toEqual({ client: 'idp' })
    await issuer.rotate('ES256')
    const fresh = await issuer.sign()
    expect(await identify(fresh)).toEqual({
      refused: 'the JWT names a key that its issuer does not have',
    })
    later(31_000)
    expect(await identify(fresh)).toEqual({ client: 'idp' })
    expect(await identify(old)).toHaveProperty('refused')
    expect(issuer.asked.get('/keys')).toBe(2)
  })

  test('that nobody has are asked for once in a while, however many tokens name them', async () => {
    const identify = client()
    await identify(await issuer.sign())
    later(31_000)
    const tokens = await Promise.all(
      Array.from({ length: 200 }, (_, index) => issuer.sign({}, { kid: `unknown-${index}` })),
    )
    await Promise.all(tokens.map(identify))
    for (const token of tokens) expect(await identify(token)).toHaveProperty('refused')
    expect(issuer.asked.get('/keys')).toBe(2)
  })

  test('are fetched again after a while although they fit', async () => {
    const identify = client()
    await identify(await issuer.sign())
    later(601_000)
    expect(await identify(await issuer.sign())).toEqual({ client: 'idp' })
    expect(issuer.asked.get('/keys')).toBe(2)
  })
})

describe('an issuer that does not answer', () => {
  const unavailable = async (asking: Promise<unknown>) => {
    const error: unknown = await asking.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ScimError)
    const { status, headers, message } = error as ScimError
    expect([status, headers]).toEqual([503, { 'Retry-After': '10' }])
    expect(message).toBe('the keys of the issuer of the token cannot be had now')
  }

  test.each([
    ['fails', 'status 500', () => (issuer.status = 500)],
    ['is not there', 'ECONNREFUSED', () => issuer.stop().then(startIssuerAnew)],
  ])('because it %s is 503, told once, and left alone for a while', async (_, reason, breakIt) => {
    const token = await issuer.sign()
    const identify = client()
    await breakIt()
    for (let index = 0; index < 20; index++) await unavailable(identify(token))
    expect(lines).toEqual([{ issuer: expect.any(String) as string, reason }])
    expect([...issuer.asked.values()].reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(1)
  })

  /** Only so that there is something to stop. */
  async function startIssuerAnew(): Promise<void> {
    issuer = await startIssuer()
  }

  test('does not keep a request for longer than a few seconds', async () => {
    issuer.status = 'hang'
    const token = await issuer.sign()
    const began = performance.now()
    await unavailable(client()(token))
    expect(performance.now() - began).toBeLessThan(8_000)
  })

  test('is asked again afterwards', async () => {
    const identify = client()
    issuer.status = 500
    const token = await issuer.sign()
    await unavailable(identify(token))
    issuer.status = 200
    await vi.waitFor(async () => expect(await identify(token)).toEqual({ client: 'idp' }), {
      timeout: 8_000,
      interval: 500,
    })
  })

  test.each([
    ['of another issuer', { issuer: 'https://evil.example' }],
    ['with keys in the clear', { jwks_uri: 'http://keys.example/keys' }],
    ['without keys', { jwks_uri: undefined }],
  ])('with a discovery document %s is of no use', async (_, discovery) => {
    issuer.discovery = discovery
    await unavailable(client()(await issuer.sign()))
    expect(lines).toHaveLength(1)
  })
})
