import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, vi } from 'vitest'
import type { Profile } from '../../src/scim/client-quirks.ts'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import { dnKey, parseDn } from '../../src/ldap/dn.ts'
import type { Json, TestGateway } from '../support/gateway.ts'
import { ldapread } from '../support/ldapsearch.ts'
import type { Conversation, Exchange } from './conversation.ts'
import { differences } from './differences.ts'
import { Variables } from './variables.ts'

/** Attributes whose values a conversation gives as DNs below the suffix. */
const DN_VALUED: ReadonlySet<string> = new Set(['member', 'memberOf', 'manager'])

type Values = Readonly<Record<string, readonly string[]>>

/** An answer as it came over the wire. */
export interface Received {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** Parsed; `undefined` for an empty body. */
  readonly body: Json
  readonly ms: number
}

/** Plays a client's part against a gateway that knows a client of each profile, by its name. */
export class Replay {
  readonly #conversation: Conversation
  readonly #gateway: TestGateway
  readonly #server: RunningOpenLdap
  readonly #agent = new Agent({ keepAlive: true })
  readonly #variables: Variables
  readonly #secrets = new Set<string>()

  constructor(conversation: Conversation, gateway: TestGateway, server: RunningOpenLdap) {
    this.#conversation = conversation
    this.#gateway = gateway
    this.#server = server
    this.#variables = new Variables({ base: gateway.url, random: randomUUID() })
  }

  /**
   * All exchanges, or those before the one that is told, and what must be so afterwards.
   *
   * @throws An assertion's error that names the exchange.
   */
  async play(profile: Profile, until?: Exchange): Promise<void> {
    for (const step of this.#conversation.exchanges) {
      const exchanges = 'parallel' in step ? step.parallel : [step]
      if (until !== undefined && exchanges.includes(until)) break
      const answers = await Promise.all(
        exchanges.map(async (exchange) => {
          const answer = await this.send(exchange, tokenOf(profile))
          this.#check(exchange, answer)
          this.#capture(exchange, answer)
          await this.#checkLog(exchange, answer, profile)
          return answer
        }),
      )
      await this.#checkDirectory(step.name, step.directory)
      for (const answer of answers) this.#checkSecrets(answer.text, step.name)
    }
    this.#checkSecrets(JSON.stringify(this.#gateway.log), 'the log')
  }

  /** Sends the request of an exchange as the client with this token, byte by byte as it says. */
  async send({ request }: Exchange, token: string): Promise<Received> {
    const { method } = request
    const path = this.#variables.fill(request.path) as string
    const body = request.body === undefined ? undefined : this.#variables.fill(request.body)
    this.#noteSecrets(body)
    const bytes = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const given = { authorization: `Bearer ${token}`, ...this.#conversation.headers }
    const own = this.#variables.fill(request.headers ?? {})
    const headers = Object.entries({ ...given, ...own }).filter(
      ([name, value]) => value !== null && (name !== 'content-type' || bytes !== undefined),
    ) as [string, string][]
    const { hostname, port, pathname } = new URL(this.#gateway.url)
    const started = performance.now()
    const sent = httpRequest({
      agent: this.#agent,
      ...{ hostname, port, method, path: `${pathname}${path}` },
      headers: { ...Object.fromEntries(headers), 'content-length': Buffer.byteLength(bytes ?? '') },
    })
    sent.end(bytes)
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const answer = await text(response)
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text: answer,
      body: answer === '' ? undefined : JSON.parse(answer),
      ms: performance.now() - started,
    }
  }

  /** Ends the connections. */
  close(): void {
    this.#agent.destroy()
  }

  #check({ name, answer: expected }: Exchange, answer: Received): void {
    const { status, headers = {}, body, withinMs = Infinity } = this.#variables.fill(expected)
    const found = answer as Json
    const wrong = [
      ...differences(status, found.status, 'status'),
      ...differences(headers, found.headers, 'headers'),
      ...(body === undefined ? [] : differences(body, found.body, 'body')),
      ...differences(formOf(answer), found, 'answer'),
      ...(hasNull(found.body) ? ['a member of the body is null'] : []),
      ...(found.ms > withinMs ? [`it took ${found.ms} ms`] : []),
    ]
    expect(wrong, `${name}: ${answer.status} ${answer.text}`).toEqual([])
  }

  #capture({ name, capture = {} }: Exchange, { body }: Received): void {
    for (const [variable, path] of Object.entries(capture)) {
      const value = path.split('.').reduce((inner, key) => inner?.[key], body)
      expect(value, `${name}: ${path}`).toEqual(expect.any(String))
      this.#variables.set(variable, value)
    }
  }

  /** That the log tells who deviated, and how, by the names in the table. */
  async #checkLog(
    { name, request, quirks = [] }: Exchange,
    { headers }: Received,
    profile: Profile,
  ): Promise<void> {
    const requestId = headers['x-request-id']
    const line = await vi.waitFor(() => {
      const found = this.#gateway.log.find(
        ({ msg, ...fields }) => msg === 'request' && fields.requestId === requestId,
      )
      expect(found, `${name}: its line in the log`).toBeDefined()
      return found
    })
    expect([...(line?.quirks ?? [])].sort(), `${name}: quirks`).toEqual([...quirks].sort())
    if (request.headers?.authorization === undefined) expect(line?.client, name).toBe(profile)
  }

  async #checkDirectory(name: string, expected: Exchange['directory'] = {}): Promise<void> {
    const { suffix } = this.#server
    for (const [below, wanted] of Object.entries(this.#variables.fill(expected))) {
      const dn = `${below},${suffix}`
      const entry = await ldapread(this.#server, dn, ['*', '+'])
      expect(entry === undefined, `${name}: ${dn} is not there`).toBe(wanted === null)
      for (const [attribute, values] of Object.entries((wanted ?? {}) as Values)) {
        const found = entry?.attributes[attribute] ?? []
        const what = `${name}: ${attribute} of ${dn}`
        if (DN_VALUED.has(attribute)) {
          const nobody = normalDn(`cn=nobody,${suffix}`)
          const dns = values.map((value) => normalDn(`${value},${suffix}`))
          const others = found.map(normalDn).filter((other) => other !== nobody)
          expect(others.sort(), what).toEqual(dns.sort())
        } else expect([...found].sort(), what).toEqual([...values].sort())
      }
    }
  }

  #noteSecrets(body: Json): void {
    if (typeof body !== 'object' || body === null) return
    for (const [name, value] of Object.entries(body)) {
      if (name.toLowerCase() === 'password' && typeof value === 'string') this.#secrets.add(value)
      else this.#noteSecrets(value)
    }
  }

  #checkSecrets(text: string, name: string): void {
    const told = [...this.#secrets].filter((secret) => text.includes(secret))
    expect(told, `${name}: passwords that are told`).toEqual([])
  }
}

/** The token of the client that is named like its profile. */
export function tokenOf(profile: Profile): string {
  return `the-token-of-${profile}`
}

/** What every answer has, whatever was asked (RFC 7644 §3.1, §3.4.2, §3.12). */
function formOf({ status, text, body }: Received): Json {
  if (text === '') return {}
  const headers = { 'content-type': 'application/scim+json{{any}}' }
  if (status >= 400) {
    const schemas = ['urn:ietf:params:scim:api:messages:2.0:Error']
    return { headers, body: { schemas, status: String(status), detail: '{{any}}' } }
  }
  if (body.Resources === undefined && body.totalResults === undefined) return { headers }
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:ListResponse']
  const itemsPerPage = body.Resources?.length ?? 0
  return { headers, body: { schemas, itemsPerPage } }
}

function hasNull(value: Json): boolean {
  if (typeof value !== 'object') return false
  return value === null || Object.values(value).some(hasNull)
}

function normalDn(dn: string): string {
  return dnKey(parseDn(dn))
}
