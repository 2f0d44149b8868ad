import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { Configuration } from '../../src/config/load.ts'
import { loadMapping } from '../../src/config/load.ts'
import { withProtection } from '../../src/config/protection.ts'
import type { EndpointSettings } from '../../src/config/settings.ts'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import type { BreakerLimits } from '../../src/gateway/options.ts'
import type { ClientOptions } from '../../src/http/options.ts'
import type { DirectoryOptions } from '../../src/directory/options.ts'
import { parseDn } from '../../src/ldap/dn.ts'
import { createLog } from '../../src/log.ts'
import { printPath } from '../../src/mapping/problem.ts'
import { startServer } from '../../src/server.ts'

const NO_BREAKER = {
  windowMinutes: 60,
  deletes: Number.MAX_SAFE_INTEGER,
  disables: Number.MAX_SAFE_INTEGER,
  memberRemovals: Number.MAX_SAFE_INTEGER,
}

export const TOKEN = 'the-token-of-the-tests'
export const ENDPOINT = '/scim/v2'

export interface GatewayOptions {
  /** The mapping's file; the shipped one for OpenLDAP unless given. */
  readonly mapping?: string
  readonly directory?: Partial<DirectoryOptions>
  readonly cursors?: Partial<Configuration['cursors']>
  readonly audit?: Configuration['audit']
  readonly lookThrough?: number
  readonly bulkLimit?: number
  /** As in the settings: nothing besides what the directory's kind has unless given. */
  readonly protect?: EndpointSettings['protect']
  readonly dangerouslyUnprotected?: readonly string[]
  /** Of every client; without limits unless given. */
  readonly breaker?: Partial<BreakerLimits>
  readonly counters?: Configuration['counters']
  /** How the client of the tests is dealt with. */
  readonly client?: Partial<ClientOptions>
  /** Besides the client of the tests. */
  readonly clients?: readonly ClientOptions[]
  readonly listen?: Partial<Configuration['listen']>
  /** None that a test would notice unless given. */
  readonly limits?: Partial<Configuration['limits']>
  /** DNs by the names of clients. */
  readonly subtrees?: Readonly<Record<string, string>>
  /** Waits until the directory can be asked; true unless given. */
  readonly untilReady?: boolean
}

/** An answer as a client sees it. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Parsed JSON; `undefined` for an empty body. */
  readonly body: Json
}

export type Json = any

/** A gateway of this process that listens on a free port, and a client of it. */
export interface TestGateway {
  /** Of the endpoint, without a slash at the end. */
  readonly url: string
  readonly adminUrl: string
  /** Every line that was logged. */
  readonly log: readonly Readonly<Record<string, Json>>[]
  request(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>
  put(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>
  patch(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>
  delete(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** Takes other settings while it runs, as on SIGHUP. */
  reload(options: GatewayOptions): void
  stop(): Promise<void>
}

const NO_LIMITS: Configuration['limits'] = {
  rate: { requests: 1_000_000, seconds: 10 },
  concurrency: 10_000,
  totalConcurrency: 10_000,
  queue: 10_000,
  failedAttempts: { most: 1_000_000, seconds: 60 },
  requestSeconds: 300,
}

export const OPENLDAP_MAPPING = resolve(import.meta.dirname, '../../mappings/openldap.yaml')
export const DS389_MAPPING = resolve(import.meta.dirname, '../../mappings/389ds.yaml')

/** Starts the gateway as `scim2ldap serve` does, by settings of its own, over this directory. */
export async function startGateway(
  running: RunningDirectory,
  options: GatewayOptions = {},
): Promise<TestGateway> {
  const log: Record<string, Json>[] = []
  const server = await startServer(
    configurationOf(running, options),
    createLog('debug', {
      write: (line) => {
        log.push(JSON.parse(line) as Record<string, Json>)
      },
    }),
  )
  if (options.untilReady !== false) await server.ready(AbortSignal.timeout(10_000))
  return {
    ...clientOf(`${server.url}${ENDPOINT}`),
    adminUrl: server.adminUrl,
    log,
    reload: (next) => server.reload(() => configurationOf(running, next)),
    stop: () => server.close(1_000),
  }
}

/** The client of the tests at the endpoint of a gateway. */
export function clientOf(url: string): Omit<TestGateway, 'adminUrl' | 'log' | 'reload' | 'stop'> {
  const request: TestGateway['request'] = async (method, path, body, headers) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(body !== undefined && { 'content-type': 'application/scim+json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    }
  }
  return {
    url,
    request,
    get: (path, headers) => request('GET', path, undefined, headers),
    post: (path, body, headers) => request('POST', path, body, headers),
    put: (path, body, headers) => request('PUT', path, body, headers),
    patch: (path, body, headers) => request('PATCH', path, body, headers),
    delete: (path, headers) => request('DELETE', path, undefined, headers),
  }
}

/** What the settings keep of a token. */
export function tokenOptions(token: string): { readonly sha256: string } {
  return { sha256: createHash('sha256').update(token).digest('hex') }
}

/** What `scim2ldap serve` would read from its settings. */
export function configurationOf(
  running: Pick<RunningDirectory, 'url' | 'ca' | 'suffix' | 'serviceDn' | 'servicePassword'>,
  {
    mapping = OPENLDAP_MAPPING,
    directory,
    audit = { ldif: true },
    cursors,
    lookThrough = 10_000,
    bulkLimit = 1000,
    protect = [],
    dangerouslyUnprotected = [],
    breaker,
    counters,
    client,
    clients = [],
    listen,
    limits,
    subtrees = {},
  }: GatewayOptions,
): Configuration {
  const host = '127.0.0.1'
  const bind = { dn: running.serviceDn, password: running.servicePassword }
  const names = ['tests', ...clients.map(({ name }) => name)]
  const all: readonly ClientOptions[] = [
    { name: 'tests', tokens: [tokenOptions(TOKEN)], ...client },
    ...clients,
  ]
  return {
    ...(counters && { counters }),
    listen: {
      host,
      port: 0,
      bodyLimit: 5_242_880,
      bulkLimit,
      trustedProxies: [],
      dangerouslyAllowPlainHttp: false,
      ...listen,
    },
    admin: { host, port: 0 },
    log: { level: 'debug', tokenExpiryDays: 30 },
    audit,
    limits: { ...NO_LIMITS, ...limits },
    cursors: { lifetimeSeconds: 3600, ...cursors },
    endpoints: [
      {
        options: { path: ENDPOINT, clients: all },
        lookThrough,
        subtrees: new Map(Object.entries(subtrees).map(([name, dn]) => [name, parseDn(dn)])),
        rules: withProtection(
          loadMapping(mapping, running.suffix),
          { protect, dangerouslyUnprotected },
          bind,
          [],
          (path, message) => {
            throw new Error(`${printPath(path)}: ${message}`)
          },
        ),
        breaker: new Map(
          breaker === undefined ? [] : names.map((name) => [name, { ...NO_BREAKER, ...breaker }]),
        ),
        directory: {
          urls: [running.url],
          tls: { ca: running.ca },
          bind: { kind: 'simple', ...bind },
          suffix: running.suffix,
          identities: all.flatMap(({ name, actAs }) =>
            actAs === undefined ? [] : [{ client: name, actAs }],
          ),
          ...directory,
        },
      },
    ],
  }
}
