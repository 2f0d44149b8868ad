import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import type { QuirkName } from '../scim/client-quirks.ts'

/** A request that has ended, as far as it is counted. */
export interface EndedRequest {
  /** Absent where nobody knew who asked. */
  readonly client: string | undefined
  readonly method: string
  /** As the code knows it, e.g. `/Users/:id`; absent where there is none. */
  readonly route: string | undefined
  readonly status: number
  readonly seconds: number
  readonly ldapOperations: number
  readonly quirks: ReadonlySet<QuirkName> | undefined
}

/**
 * What is counted since the process began, for Prometheus. Labels are names of clients, routes and
 * the like, never what a request brought.
 */
export class Metrics {
  readonly #registry = new Registry()
  readonly #requests = new Counter({
    name: 'scim2ldap_requests_total',
    help: 'SCIM requests that have ended; 499 where the client hung up.',
    labelNames: ['client', 'method', 'route', 'status'],
    registers: [this.#registry],
  })
  readonly #seconds = new Histogram({
    name: 'scim2ldap_request_duration_seconds',
    help: 'How long SCIM requests took.',
    labelNames: ['method', 'route'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.#registry],
  })
  readonly #operations = new Counter({
    name: 'scim2ldap_ldap_operations_total',
    help: 'LDAP operations that requests needed.',
    labelNames: ['method', 'route'],
    registers: [this.#registry],
  })
  readonly #quirks = new Counter({
    name: 'scim2ldap_quirks_total',
    help: 'Requests that made use of a deviation from the RFCs (docs/clients.md).',
    labelNames: ['client', 'quirk'],
    registers: [this.#registry],
  })

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
  }

  count(ended: EndedRequest): void {
    const { client = '', method, route = '', status, quirks = [] } = ended
    this.#requests.inc({ client, method, route, status })
    this.#seconds.observe({ method, route }, ended.seconds)
    this.#operations.inc({ method, route }, ended.ldapOperations)
    for (const quirk of quirks) this.#quirks.inc({ client, quirk })
  }

  /** The media type of `text`. */
  get contentType(): string {
    return this.#registry.contentType
  }

  /** Everything in the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
