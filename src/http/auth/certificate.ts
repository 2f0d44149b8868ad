import { X509Certificate } from 'node:crypto'
import type { CertificateOptions, ClientOptions } from '../options.ts'

/** Whether a certificate is the one that the options mean, by everything that they say. */
export function isMeant(
  certificate: X509Certificate,
  { subject, san, fingerprint256 }: CertificateOptions,
): boolean {
  return (
    (subject === undefined || sameParts(partsOfSubject(subject), subjectOf(certificate))) &&
    (san === undefined || namesOf(certificate).includes(normalName(san))) &&
    (fingerprint256 === undefined || bare(fingerprint256) === bare(certificate.fingerprint256))
  )
}

/** Whose certificate it is; the first in the order of the settings. */
export function certificateClient(
  clients: readonly ClientOptions[],
): (certificate: X509Certificate) => ClientOptions | undefined {
  return (certificate) =>
    clients.find((client) => client.certificate && isMeant(certificate, client.certificate))
}

/** Why a certificate counts for nothing now, in words for the log. */
export function staleness(certificate: X509Certificate, now: number): string | undefined {
  if (now > certificate.validToDate.getTime()) return 'an expired certificate'
  if (now < certificate.validFromDate.getTime()) return 'a certificate that is not valid yet'
  return undefined
}

/**
 * The certificate in a header of a proxy, in any of the ways of the usual ones: PEM, percent-encoded
 * (nginx, AWS) or not; DER in base64 (HAProxy, Caddy, Traefik), between colons (RFC 9440); the
 * element `Cert` of `X-Forwarded-Client-Cert` (Envoy).
 */
export function certificateIn(header: string): X509Certificate | undefined {
  const envoy = /(?:^|[;,])\s*Cert="([^"]+)"/i.exec(header)
  const text = decoded((envoy?.[1] ?? header).trim())
  const base64 = text
    .replaceAll(/-----(BEGIN|END) CERTIFICATE-----/g, ' ')
    .trim()
    .replace(/^:(.*):$/s, '$1')
  // A chain begins with the client's own.
  const [first = ''] = text.includes('-----BEGIN') ? base64.split(/\s{2,}(?=MII)/) : [base64]
  try {
    return new X509Certificate(Buffer.from(first.replaceAll(/\s/g, ''), 'base64'))
  } catch {
    return undefined
  }
}

function decoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The parts of a subject as RFC 4514 writes them, e.g. `CN=agent`, `O=Corp\, Inc.`. */
export function partsOfSubject(text: string): readonly string[] {
  return text.split(/(?<!\\)[,+]/).map(normalPart)
}

/** Node has a part a line, values escaped as RFC 4514 does. */
function subjectOf({ subject }: X509Certificate): readonly string[] {
  return subject.split(/\n| \+ /).map(normalPart)
}

function normalPart(part: string): string {
  const equals = part.indexOf('=')
  return `${part.slice(0, equals).trim().toUpperCase()}=${part.slice(equals + 1).trim()}`
}

function sameParts(left: readonly string[], right: readonly string[]): boolean {
  return JSON.stringify([...left].sort()) === JSON.stringify([...right].sort())
}

/** Node separates names by commas, and quotes as JSON what would be mistaken for more than one. */
function namesOf({ subjectAltName = '' }: X509Certificate): readonly string[] {
  const names = subjectAltName.match(/[A-Za-z ]+:(?:"(?:[^"\\]|\\.)*"|[^,]*)/g) ?? []
  return names.map((name) => {
    const colon = name.indexOf(':')
    const value = name.slice(colon + 1)
    const plain = value.startsWith('"') ? (JSON.parse(value) as string) : value
    return normalName(`${name.slice(0, colon)}:${plain}`)
  })
}

/** Kinds and host names have no letter case; of a mail address and a URI it counts. */
function normalName(name: string): string {
  const colon = name.indexOf(':')
  const kind = name.slice(0, colon).trim().toUpperCase().replace('IP ADDRESS', 'IP')
  const value = name.slice(colon + 1)
  return `${kind}:${kind === 'DNS' ? value.toLowerCase() : value}`
}

function bare(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toUpperCase()
}
