import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { BreakerState } from '../gateway/breaker.ts'
import type { Observer } from '../gateway/observed.ts'
import type { QuirkName } from '../scim/client-quirks.ts'
import type { Refusal } from '../scim/error.ts'
import type { Kind } from './auth/method.ts'

/** A request that has ended, as far as it is counted. */
export interface EndedRequest {
  /** Base path; absent where there is none at the path. */
  readonly endpoint: string | undefined
  /** Absent where nobody knew who asked. */
  readonly client: string | undefined
  readonly method: string
  /** As the code knows it, e.g. `/Users/:id`; absent where there is none. */
  readonly route: string | undefined
  readonly status: number
  readonly seconds: number
  readonly ldapOperations: number
  readonly quirks: ReadonlySet<QuirkName> | undefined
  readonly refusals: readonly Refusal[]
}

/** How busy a directory's connections for one purpose are. */
export interface WatchedLane {
  readonly connections: number
  readonly underWay: number
  readonly waiting: number
}

export interface WatchedDirectory {
  ready(): boolean
  state(): Readonly<Record<string, WatchedLane>>
}

export interface WatchedBreakers {
  states(): Promise<readonly BreakerState[]>
}

const BREAKER = ['endpoint', 'client', 'kind'] as const
const LANE = ['endpoint', 'lane'] as const

/**
 * What is counted since the process began, for Prometheus. Labels are names of clients, routes and
 * the like, never what a request brought.
 */
export class Metrics {
  readonly #registry = new Registry()
  readonly #requests = new Counter({
    name: 'scim2ldap_requests_total',
    help: 'SCIM requests that have ended; 499 where the client hung up.',
    labelNames: ['endpoint', 'client', 'method', 'route', 'status'],
    registers: [this.#registry],
  })
  readonly #seconds = new Histogram({
    name: 'scim2ldap_request_duration_seconds',
    help: 'How long SCIM requests took.',
    labelNames: ['endpoint', 'method', 'route'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.#registry],
  })
  readonly #operations = new Counter({
    name: 'scim2ldap_ldap_operations_total',
    help: 'LDAP operations that requests needed.',
    labelNames: ['endpoint', 'method', 'route'],
    registers: [this.#registry],
  })
  readonly #quirks = new Counter({
    name: 'scim2ldap_quirks_total',
    help: 'Requests that made use of a deviation from the RFCs (docs/clients.md).',
    labelNames: ['endpoint', 'client', 'quirk'],
    registers: [this.#registry],
  })

  readonly #reloads = new Counter({
    name: 'scim2ldap_reloads_total',
    help: 'How often settings were read anew, and taken (success) or not (failure).',
    labelNames: ['result'],
    registers: [this.#registry],
  })
  readonly #certificates = this.#gauge(
    'certificate_expiry_timestamp_seconds',
    'When a certificate of the gateway ends, in seconds since 1970.',
    ['use', 'endpoint'],
  )
  readonly #underWay = this.#gauge('requests_in_flight', 'SCIM requests that are under way.', [])
  readonly #results = new Counter({
    name: 'scim2ldap_directory_operations_total',
    help: 'LDAP operations by how they ended: the name of the result code; unsent, unanswered or abandoned without one.',
    labelNames: ['endpoint', 'operation', 'result'],
    registers: [this.#registry],
  })
  readonly #operationSeconds = new Histogram({
    name: 'scim2ldap_directory_operation_duration_seconds',
    help: 'How long LDAP operations took, the wait for a connection included.',
    labelNames: ['endpoint', 'operation'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.#registry],
  })
  readonly #failures = new Counter({
    name: 'scim2ldap_authentication_failures_total',
    help: 'Credentials that were no client’s, by their kind.',
    labelNames: ['endpoint', 'kind'],
    registers: [this.#registry],
  })

  #watched: ReadonlyMap<string, WatchedDirectory> = new Map()
  readonly #up = this.#gauge('directory_up', 'Whether a bound connection stands.', ['endpoint'])
  readonly #lanes = {
    connections: this.#gauge('directory_connections', 'Connections to the directory.', LANE),
    underWay: this.#gauge('directory_operations_in_flight', 'LDAP operations under way.', LANE),
    waiting: this.#gauge(
      'directory_operations_waiting',
      'LDAP operations that wait for a connection.',
      LANE,
    ),
  }
  readonly #expiries = this.#gauge(
    'token_expiry_timestamp_seconds',
    'When a token expires, named by the first digits of its hash; tokens that do not are left out.',
    ['endpoint', 'client', 'token'],
  )

  readonly #refusals = new Counter({
    name: 'scim2ldap_refusals_total',
    help: 'What guards of the gateway refused (docs/guards.md).',
    labelNames: ['endpoint', 'client', 'reason'],
    registers: [this.#registry],
  })
  #watchedBreakers: WatchedBreakers | undefined
  readonly #breakers = {
    open: this.#gauge(
      'breaker_open',
      '1 where writes of a kind are refused to a client as a mass change (docs/guards.md).',
      BREAKER,
    ),
    count: this.#gauge('breaker_count', 'What the breaker has counted within its window.', BREAKER),
    limit: this.#gauge('breaker_limit', 'What the breaker lets pass within a window.', BREAKER),
  }

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
    // From 0 on, for of a count that begins with 1 nobody sees that it went up.
    for (const result of ['success', 'failure']) this.#reloads.inc({ result }, 0)
  }

  /** @param tokens Those that expire; `expires` in milliseconds since 1970. */
  tokens(
    tokens: readonly { endpoint: string; client: string; token: string; expires: number }[],
  ): void {
    this.#expiries.reset()
    for (const { expires, ...labels } of tokens) this.#expiries.set(labels, expires / 1000)
  }

  /** @param endpoint Base path. */
  authenticationFailed(endpoint: string, kind: Kind): void {
    this.#failures.inc({ endpoint, kind })
  }

  count(ended: EndedRequest): void {
    const { endpoint = '', client = '', method, route = '', status, quirks = [] } = ended
    this.#underWay.dec()
    this.#requests.inc({ endpoint, client, method, route, status })
    this.#seconds.observe({ endpoint, method, route }, ended.seconds)
    this.#operations.inc({ endpoint, method, route }, ended.ldapOperations)
    for (const reason of ended.refusals) this.#refusals.inc({ endpoint, client, reason })
    for (const quirk of quirks) this.#quirks.inc({ endpoint, client, quirk })
  }

  /** @param certificates By which the gateway shows who it is; `expires` in milliseconds since 1970. */
  certificates(certificates: readonly { use: string; endpoint: string; expires: number }[]): void {
    this.#certificates.reset()
    for (const { use, endpoint, expires } of certificates) {
      this.#certificates.set({ use, endpoint }, expires / 1000)
    }
  }

  /** Settings were read anew. */
  reloaded(taken: boolean): void {
    this.#reloads.inc({ result: taken ? 'success' : 'failure' })
  }

  /** A request has come, which `count` is told of when it has ended. */
  begin(): void {
    this.#underWay.inc()
  }

  /** @param directories By base path: those whose connections are told whenever the metrics are read. */
  watch(directories: ReadonlyMap<string, WatchedDirectory>): void {
    this.#watched = directories
  }

  /** @param breakers Whose states are told likewise. */
  watchBreakers(breakers: WatchedBreakers): void {
    this.#watchedBreakers = breakers
  }

  /** Counts and times LDAP operations. @param endpoint Base path of who sends them. */
  operations(endpoint: string): Observer {
    return ({ kind: operation }) => {
      const done = this.#operationSeconds.startTimer({ endpoint, operation })
      return (result) => {
        done()
        this.#results.inc({ endpoint, operation, result })
      }
    }
  }

  /** The media type of `text`. */
  get contentType(): string {
    return this.#registry.contentType
  }

  /** Everything in the text format of Prometheus. */
  async text(): Promise<string> {
    this.#readDirectories()
    await this.#readBreakers()
    return this.#registry.metrics()
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[]) {
    const registers = [this.#registry]
    return new Gauge({ name: `scim2ldap_${name}`, help, labelNames: [...labelNames], registers })
  }

  async #readBreakers(): Promise<void> {
    const states = (await this.#watchedBreakers?.states()) ?? []
    for (const gauge of Object.values(this.#breakers)) gauge.reset()
    for (const { endpoint, client, kind, open, count, limit } of states) {
      const labels = { endpoint, client, kind }
      this.#breakers.open.set(labels, Number(open))
      this.#breakers.count.set(labels, count)
      this.#breakers.limit.set(labels, limit)
    }
  }

  /** Anew each time, so that what is no longer watched is no longer told. */
  #readDirectories(): void {
    this.#up.reset()
    for (const gauge of Object.values(this.#lanes)) gauge.reset()
    for (const [endpoint, directory] of this.#watched) {
      this.#up.set({ endpoint }, Number(directory.ready()))
      for (const [lane, state] of Object.entries(directory.state())) {
        for (const [what, gauge] of Object.entries(this.#lanes)) {
          gauge.set({ endpoint, lane }, state[what as keyof WatchedLane])
        }
      }
    }
  }
}
