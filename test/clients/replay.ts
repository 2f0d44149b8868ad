import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, vi } from 'vitest'
import type { Profile } from '../../src/scim/client-quirks.ts'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import { dnKey, parseDn } from '../../src/ldap/dn.ts'
import type { Json, TestGateway } from '../support/gateway.ts'
import { ldapread } from '../support/ldapsearch.ts'
import type { Conversation, Exchange } from './conversation.ts'
import { differences } from './differences.ts'

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
  readonly #variables: Map<string, string>
  readonly #secrets = new Set<string>()

  constructor(conversation: Conversation, gateway: TestGateway, server: RunningOpenLdap) {
    this.#conversation = conversation
    this.#gateway = gateway
    this.#server = server
    this.#variables = new Map([
      ['base', gateway.url],
      ['suffix', server.suffix],
      ['random', randomUUID()],
    ])
  }

  /**
   * All exchanges, or those before the one that is told, and what must be so afterwards.
   *
   * @throws An assertion's error that names the exchange.
   */
  async play(profile: Profile, until?: Exchange): Promise<void> {
    for (const step of this.#conversation.exchanges) {
      if (step === until) break
      const exchanges = 'parallel' in step ? step.parallel : [step]
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
    const path = this.#filled(request.path) as string
    const body = request.body === undefined ? undefined : this.#filled(request.body)
    this.#noteSecrets(body)
    const bytes = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const given = { authorization: `Bearer ${token}`, ...this.#conversation.headers }
    const own = this.#filled(request.headers ?? {}) as Json
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
    const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream & Json]
    const answer = await text(response)
    return {
      status: response.statusCode,
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
    const { status, headers = {}, body, withinMs = Infinity } = this.#filled(expected) as Json
    const found = answer as Json
    const wrong = [
      ...differences(status, found.status, 'status'),
      ...differences(headers, found.headers, 'headers'),
      ...(body === undefined ? [] : differences(body, found.body, 'body')),
      ...differences(formOf(answer), found, 'answer'),
      ...(/[[:,]null[\],}]/.test(answer.text) ? ['a member of the body is null'] : []),
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

  async #checkDirectory(name: string, expected: Exchange['directory']): Promise<void> {
    for (const [below, attributes] of Object.entries(this.#filled(expected ?? {}) as Json)) {
      const dn = `${below},${this.#server.suffix}`
      const entry = await ldapread(this.#server, dn, ['*', '+'])
      if (attributes === null) expect(entry, `${name}: ${dn}`).toBeUndefined()
      else {
        const names = Object.keys(attributes as Json)
        const valuesOf = (values: Json) =>
          Object.fromEntries(
            names.map((attribute) => [attribute, this.#comparable(values[attribute])]),
          )
        expect(entry && valuesOf(entry.attributes), `${name}: ${dn}`).toEqual(valuesOf(attributes))
      }
    }
  }

  /** Values in one order, DNs in one form, without the one that stands in for no member. */
  #comparable(values: readonly string[] = []): readonly string[] {
    const { suffix } = this.#server
    return values
      .map((value) => {
        if (/^(uid|cn)=[^=]+,ou=(people|groups)$/.test(value)) return normalDn(`${value},${suffix}`)
        return value.endsWith(`,${suffix}`) ? normalDn(value) : value
      })
      .filter((value) => value !== normalDn(`cn=nobody,${suffix}`))
      .sort()
  }

  #noteSecrets(body: Json): void {
    if (typeof body !== 'object' || body === null) return
    for (const [name, value] of Object.entries(body as Json)) {
      if (name.toLowerCase() === 'password' && typeof value === 'string') this.#secrets.add(value)
      else this.#noteSecrets(value)
    }
  }

  #checkSecrets(text: string, name: string): void {
    const told = [...this.#secrets].filter((secret) => text.includes(secret))
    expect(told, `${name}: passwords that are told`).toEqual([])
  }

  /** The value with variables in the place of their names. */
  #filled(value: Json): Json {
    if (typeof value === 'string') {
      return value.replace(/\{\{(?!any\}\})([^{}]+)\}\}/g, (_, name: string) => {
        const known = this.#variables.get(name)
        if (known === undefined) throw new Error(`{{${name}}} has no value yet`)
        return known
      })
    }
    if (Array.isArray(value)) return value.map((item) => this.#filled(item))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value as Json).map(([key, item]) => [this.#filled(key), this.#filled(item)]),
    )
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

function normalDn(dn: string): string {
  return dnKey(parseDn(dn))
}
