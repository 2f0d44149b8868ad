import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { expect, test } from 'vitest'
import { isCertificate } from '../../src/ldap/certificate.ts'
import { randomFrom } from '../support/random.ts'

const CERTIFICATES = rootCertificates.map((pem) => new X509Certificate(pem).raw)
const [SAMPLE = Buffer.of()] = CERTIFICATES

test('every certificate is one', () => {
  expect(CERTIFICATES.length).toBeGreaterThan(50)
  expect(CERTIFICATES.filter((octets) => !isCertificate(octets))).toEqual([])
})

test.each([
  ['nothing', Buffer.of()],
  ['text', Buffer.from('aGVsbG8')],
  ['a certificate and more', Buffer.concat([SAMPLE, Buffer.of(0)])],
  ['two of them', Buffer.concat([SAMPLE, SAMPLE])],
  ['PEM', Buffer.from(rootCertificates[0] ?? '')],
  ['an empty sequence', Buffer.of(0x30, 0)],
  ['an indefinite length', Buffer.of(0x30, 0x80, 0, 0)],
  ['a length in too many octets', Buffer.of(0x30, 0x81, 2, 5, 0)],
  ['the signed part alone', SAMPLE.subarray(4)],
])('%s is none', (_, octets) => expect(isCertificate(octets)).toBe(false))

test('a piece of a certificate is none', () => {
  for (let length = 0; length < SAMPLE.length; length++) {
    expect(isCertificate(SAMPLE.subarray(0, length))).toBe(false)
  }
})

test('octets that were garbled never do harm', () => {
  const random = randomFrom(5)
  for (let round = 0; round < 5_000; round++) {
    const octets = Uint8Array.from(SAMPLE)
    octets[random(round % 2 === 0 ? 64 : octets.length)] = random(256)
    expect(typeof isCertificate(octets)).toBe('boolean')
  }
})
