import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { CryptoKey, JWK } from 'jose'

export const AUDIENCE = 'https://scim.example'

/** An issuer of JWTs on loopback, with its discovery document and keys. */
export interface TestIssuer {
  readonly issuer: string
  readonly jwksUri: string
  /** How often each path was asked for. */
  readonly asked: Map<string, number>
  /** The key that signs now. */
  readonly key: { readonly kid: string; readonly privateKey: CryptoKey; readonly jwk: JWK }
  /** What the discovery document says besides, or instead. */
  discovery: Record<string, unknown>
  /** What every request is answered with; `hang` never answers. */
  status: number | 'hang'
  /** Another key takes the place of those that are there. */
  rotate(alg?: string): Promise<void>
  /** A good token for an hour, unless the claims or the header say otherwise. */
  sign(
    claims?: Readonly<Record<string, unknown>>,
    header?: Record<string, unknown>,
  ): Promise<string>
  stop(): Promise<void>
}

export async function startIssuer(): Promise<TestIssuer> {
  const asked = new Map<string, number>()
  let jwks: readonly JWK[] = []
  let serial = 0
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.set(path, (asked.get(path) ?? 0) + 1)
    if (issuer.status === 'hang') return
    response.writeHead(issuer.status, { 'content-type': 'application/json' })
    const document = { issuer: url, jwks_uri: `${url}/keys`, ...issuer.discovery }
    response.end(JSON.stringify(path === '/keys' ? { keys: jwks } : document))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const newKey = async (alg: string) => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
    const kid = `key-${serial++}`
    return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
  }
  let key = await newKey('RS256')
  jwks = [key.jwk]
  const issuer: TestIssuer = {
    issuer: url,
    jwksUri: `${url}/keys`,
    asked,
    get key() {
      return key
    },
    discovery: {},
    status: 200,
    rotate: async (alg = 'RS256') => {
      key = await newKey(alg)
      jwks = [key.jwk]
    },
    sign: (claims = {}, header = {}) => {
      const now = Math.floor(Date.now() / 1000)
      const payload = { iss: url, aud: AUDIENCE, iat: now, exp: now + 3600, ...claims }
      return new SignJWT(payload)
        .setProtectedHeader({ alg: key.jwk.alg, kid: key.kid, ...header })
        .sign(key.privateKey)
    },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return issuer
}
