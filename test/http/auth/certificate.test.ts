import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { certificateIn, isMeant, staleness } from '../../../src/http/auth/certificate.ts'
import type { TestCa } from '../../support/client-certificates.ts'
import { makeCa } from '../../support/client-certificates.ts'

let ca: TestCa
let pem: string
let agent: X509Certificate
beforeAll(async () => {
  ca = await makeCa('clients')
  const { cert } = await ca.issue('/C=DE/O=Corp, Inc. Ä/CN=agent', {
    san: 'DNS:Agent.example,URI:spiffe://corp/Agent,email:agent@corp.example,IP:192.0.2.7',
  })
  pem = cert
  agent = new X509Certificate(cert)
})
afterAll(() => ca.remove())

describe('a certificate is meant', () => {
  test.each([
    [{ subject: 'CN=agent,O=Corp\\, Inc. Ä,C=DE' }],
    [{ subject: 'c=DE, o=Corp\\, Inc. Ä, cn=agent' }],
    [{ san: 'DNS:agent.EXAMPLE' }],
    [{ san: 'URI:spiffe://corp/Agent' }],
    [{ san: 'email:agent@corp.example' }],
    [{ san: 'IP:192.0.2.7' }],
    [{ subject: 'CN=agent,O=Corp\\, Inc. Ä,C=DE', san: 'DNS:agent.example' }],
  ])('by %j', (options) => {
    expect(isMeant(agent, options)).toBe(true)
  })

  test('by its fingerprint, with or without colons, in any letter case', () => {
    const { fingerprint256 } = agent
    for (const text of [fingerprint256, fingerprint256.replaceAll(':', '').toLowerCase()]) {
      expect(isMeant(agent, { fingerprint256: text })).toBe(true)
    }
    expect(isMeant(agent, { fingerprint256: fingerprint256.replace(/^../, '00') })).toBe(false)
  })

  test.each([
    [{ subject: 'CN=agent' }],
    [{ subject: 'CN=agent,O=Corp\\, Inc. Ä' }],
    [{ subject: 'CN=Agent,O=Corp\\, Inc. Ä,C=DE' }],
    [{ subject: 'CN=agent,O=Corp,C=DE' }],
    [{ san: 'DNS:example' }],
    [{ san: 'DNS:agent.example.evil' }],
    [{ san: 'URI:spiffe://corp/agent' }],
    [{ san: 'DNS:192.0.2.7' }],
    [{ subject: 'CN=agent,O=Corp\\, Inc. Ä,C=DE', san: 'DNS:other.example' }],
  ])('not by %j', (options) => {
    expect(isMeant(agent, options)).toBe(false)
  })

  test('names with commas are not taken apart', async () => {
    const { cert } = await ca.issue('/CN=x', { san: 'URI:https://a.example/?x=1%2CDNS:evil' })
    const odd = new X509Certificate(cert)
    expect(isMeant(odd, { san: 'DNS:evil' })).toBe(false)
    expect(isMeant(odd, { san: 'URI:https://a.example/?x=1%2CDNS:evil' })).toBe(true)
  })
})

test('one that is expired, or not valid yet, is stale', () => {
  const day = 86_400_000
  expect(staleness(agent, Date.now())).toBeUndefined()
  expect(staleness(agent, Date.now() + 2 * day)).toBe('an expired certificate')
  expect(staleness(agent, Date.now() - 2 * day)).toBe('a certificate that is not valid yet')
})

describe('a header of a proxy', () => {
  const der = () => agent.raw.toString('base64')
  test.each([
    ['nginx: PEM, percent-encoded', () => encodeURIComponent(pem)],
    ['PEM with blanks for line ends', () => pem.trim().replaceAll('\n', ' ')],
    ['AWS: percent-encoded, plus signs as they are', () => encodeURI(pem).replaceAll('\n', '%0A')],
    ['HAProxy, Caddy: DER in base64', der],
    ['RFC 9440: between colons', () => `:${der()}:`],
    ['Traefik: percent-encoded base64', () => encodeURIComponent(der())],
    ['Envoy', () => `By=spiffe://x;Hash=00;Cert="${encodeURIComponent(pem)}";Subject="CN=evil"`],
  ])('%s', (_, header) => {
    expect(certificateIn(header())?.fingerprint256).toBe(agent.fingerprint256)
  })

  test.each(['', 'x', '(null)', '-', '%', 'Subject="CN=agent"', ':AAAA:'])(
    '%j has no certificate',
    (header) => {
      expect(certificateIn(header)).toBeUndefined()
    },
  )
})
