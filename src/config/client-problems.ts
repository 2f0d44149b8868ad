import type { ClientOptions } from '../http/options.ts'
import { isReachable } from '../mapping/confine.ts'
import { parseSuffix } from '../mapping/compile.ts'
import type { DocumentPath } from '../mapping/problem.ts'
import { suggestion } from '../mapping/problem.ts'
import type { Rules } from '../mapping/rules.ts'
import { isLoopback } from './loopback.ts'
import type { Report } from './pem.ts'
import type { ListenSettings } from './settings.ts'

/** A parsed DN. */
export type Subtree = NonNullable<ReturnType<typeof parseSuffix>>

/** What is wrong with the clients of an endpoint, as far as they and `listen` tell. */
export function reportClients(
  clients: readonly ClientOptions[],
  listen: ListenSettings,
  at: DocumentPath,
  report: Report,
): void {
  clients.forEach((client, index) => {
    const { name, tokens = [], jwt, certificate, basic } = client
    const here = [...at, index]
    if (clients.findIndex((other) => other.name === name) < index) {
      report([...here, 'name'], 'is the name of an earlier client, too')
    }
    tokens.forEach(({ expires }, token) => {
      if (expires === undefined || isCalendarDate(expires)) return
      report([...here, 'tokens', token, 'expires'], 'is no date of the calendar')
    })
    const others = [client.tokens, jwt, basic].filter((one) => one !== undefined)
    if (others.length === 0 && certificate === undefined) {
      report(here, 'has no way to show who it is: needs tokens, jwt, certificate or basic')
    }
    reportActAs(client.actAs, [...here, 'actAs'], report)
    if (jwt !== undefined) reportJwt(jwt, [...here, 'jwt'], report)
    if (certificate !== undefined) {
      const { subject, san, fingerprint256, together = false } = certificate
      if ([subject, san, fingerprint256].every((one) => one === undefined)) {
        report([...here, 'certificate'], 'needs subject, san or fingerprint256')
      }
      if (together && others.length === 0) {
        report(
          [...here, 'certificate', 'together'],
          'needs another credential: tokens, jwt or basic',
        )
      }
      if (listen.tls?.clientCa === undefined && listen.clientCertificateHeader === undefined) {
        report(
          [...here, 'certificate'],
          'can never come: needs listen.tls.clientCa, or listen.clientCertificateHeader behind a proxy',
        )
      }
    }
    const earlier = clients.findIndex(
      (other) => basic !== undefined && other.basic?.user === basic.user,
    )
    if (earlier >= 0 && earlier < index) {
      report([...here, 'basic', 'user'], 'is the user of an earlier client, too')
    }
  })
}

function reportActAs(actAs: string | undefined, at: DocumentPath, report: Report): void {
  const [, dn] = /^dn:(.*)$/.exec(actAs ?? '') ?? []
  if (dn !== undefined && parseSuffix(dn) === undefined) report(at, 'has no DN behind "dn:"')
}

function reportJwt(
  { issuer, jwksUri }: NonNullable<ClientOptions['jwt']>,
  at: DocumentPath,
  report: Report,
): void {
  if (jwksUri !== undefined) {
    if (!isSafeUrl(jwksUri)) report([...at, 'jwksUri'], 'must be an https:// URL')
  } else if (!isSafeUrl(issuer)) {
    report(
      [...at, 'issuer'],
      'must be an https:// URL, so that its keys can be found; or give jwksUri',
    )
  }
}

/** TLS, or this machine: nobody on the way can change what comes from there. */
function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

/** What is wrong with the rights of clients under a mapping. */
export function reportRights(
  clients: readonly ClientOptions[],
  { resources }: Rules,
  at: DocumentPath,
  report: Report,
): void {
  const known = resources.map(({ type }) => type.endpoint.slice(1))
  clients.forEach(({ rights = {} }, index) => {
    for (const name of Object.keys(rights)) {
      if (known.includes(name)) continue
      report(
        [...at, index, 'rights', name],
        `the mapping has no ${JSON.stringify(name)}; there is ${known.join(', ')}${suggestion(name, known)}`,
      )
    }
  })
}

/** The subtrees of clients by their names; what is wrong with them is reported. */
export function subtreesOf(
  clients: readonly ClientOptions[],
  suffix: string,
  rules: Rules,
  at: DocumentPath,
  report: Report,
): ReadonlyMap<string, Subtree> {
  const subtrees = new Map<string, Subtree>()
  clients.forEach(({ name, subtree }, index) => {
    if (subtree === undefined) return
    const dn = parseSuffix(subtree.replaceAll(/\{\{\s*suffix\s*\}\}/g, () => suffix))
    if (dn === undefined) {
      report([...at, index, 'subtree'], 'must be a DN such as ou=emea,{{ suffix }}')
    } else if (!rules.resources.some((resource) => isReachable(resource, dn))) {
      report([...at, index, 'subtree'], 'has nothing in common with any base of the mapping')
    } else subtrees.set(name, dn)
  })
  return subtrees
}

/** `Date.parse` alone takes 30 February for 2 March. */
function isCalendarDate(text: string): boolean {
  const [day = ''] = text.split('T')
  const start = new Date(day)
  return (
    !Number.isNaN(Date.parse(text)) &&
    !Number.isNaN(start.getTime()) &&
    start.toISOString().startsWith(day)
  )
}
