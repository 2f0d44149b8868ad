import { isDeepStrictEqual } from 'node:util'
import type { Express } from 'express'
import type { Logger } from 'pino'
import { openAuditTrail } from './audit.ts'
import type { AuditTrail } from './audit.ts'
import type { Configuration, EndpointConfiguration } from './config/load.ts'
import type { Counters } from './counters/counters.ts'
import { memoryCounters } from './counters/memory.ts'
import { redisCounters } from './counters/redis.ts'
import { createDirectory } from './directory/client.ts'
import type { LiveDirectory } from './directory/client.ts'
import type { Access } from './gateway/access.ts'
import { secretAttributes } from './gateway/audit.ts'
import type { Audit } from './gateway/audit.ts'
import { Breakers } from './gateway/breaker.ts'
import type { Seal } from './gateway/cursor.ts'
import { createGateway } from './gateway/gateway.ts'
import { observed } from './gateway/observed.ts'
import { createApp } from './http/app.ts'
import { Attempts } from './http/attempts.ts'
import { Concurrency } from './http/concurrency.ts'
import type { Metrics } from './http/metrics.ts'
import type { ClientOptions } from './http/options.ts'
import type { Log } from './ldap/log.ts'
import { newPassword } from './password.ts'
import { createSeal } from './seal.ts'

/** Something that is closed when the last generation that holds it lets go of it. */
interface Held<T> {
  readonly value: T
  holders: number
}

/**
 * What one configuration was made into. A request is served by the generation that is the current
 * one when it comes, to its end; what the next generation can go on with, it takes over.
 */
export interface Generation {
  readonly configuration: Configuration
  readonly app: Express
  readonly directories: ReadonlyMap<string, Held<LiveDirectory>>
  readonly trail: Held<AuditTrail>
  /** What replicas share, where they do. */
  readonly counters: Held<Counters>
  /** What breakers count and whether they are open, where nothing is shared: no other key crowds it out. */
  readonly tally: Held<Counters>
  readonly breakers: Breakers
  readonly seal: Seal
  readonly concurrency: Concurrency
  readonly attempts: Attempts
  /** A request is served; what is returned is called at its end. */
  begin(): () => void
  /** No further requests come: lets go of everything when the last one has ended. */
  retire(): void
}

/**
 * Makes a generation. Nothing is asked of a directory: it may come later.
 *
 * @param before The generation that is to be followed.
 * @throws {Error} Where the audit trail cannot be opened; `before` is as it was then.
 */
export function createGeneration(
  configuration: Configuration,
  log: Logger,
  metrics: Metrics,
  before?: Generation,
): Generation {
  const { hold, letGo } = holdings()
  try {
    return made()
  } catch (error) {
    letGo()
    throw error
  }

  function made(): Generation {
    const { listen, audit, cursors, limits, endpoints } = configuration
    const trail = hold(kept(before, ({ audit }) => audit, audit)?.trail, () =>
      openAuditTrail(audit, log),
    )
    const seal =
      kept(before, ({ cursors }) => cursors, cursors)?.seal ??
      createSeal(cursors.key, cursors.lifetimeSeconds)
    const store = configuration.counters
    const counters = hold(kept(before, ({ counters }) => counters, store)?.counters, () =>
      store === undefined ? memoryCounters() : redisCounters(store, log),
    )
    const tally = hold(before?.tally, memoryCounters)
    const limited = endpoints.flatMap(({ options: { path: endpoint }, breaker }) =>
      [...breaker].map(([client, limits]) => ({ endpoint, client, limits })),
    )
    const breakers = new Breakers((store === undefined ? tally : counters).value, limited, log)
    const concurrency = before?.concurrency ?? new Concurrency()
    const attempts = new Attempts(counters.value, limits.failedAttempts, before?.attempts)
    const bulk = { maxOperations: listen.bulkLimit, maxPayloadSize: listen.bodyLimit }
    const directories = new Map<string, Held<LiveDirectory>>()
    const served = endpoints.map(
      ({ options, rules, subtrees, lookThrough, directory: settings }) => {
        const { path, clients } = options
        const settingsAt = ({ endpoints }: Configuration) =>
          endpoints.find((endpoint) => endpoint.options.path === path)?.directory
        const held = hold(kept(before, settingsAt, settings)?.directories.get(path), () =>
          createDirectory(settings, named(log, path)),
        )
        directories.set(path, held)
        const secrets = secretAttributes(rules)
        const audit: Audit = (record) => trail.value.take(path, record, secrets)
        const directory = observed(held.value, metrics.operations(path))
        const now = () => performance.now()
        const access = accessOf(clients, subtrees)
        const breaker = (client: string) => breakers.of(path, client)
        const own = { rules, access, audit, directory, seal, lookThrough }
        const parts = { ...own, bulk, now, newPassword, breaker }
        return { options, gateway: createGateway(parts) }
      },
    )

    const parts = { limits, counters: counters.value, concurrency, attempts, log, metrics }
    const app = createApp(served, { options: listen, ...parts })

    let underWay = 0
    let retired = false
    return {
      ...{ configuration, app, directories, trail, seal },
      ...{ counters, tally, breakers, concurrency, attempts },
      begin: () => {
        underWay++
        return () => {
          underWay--
          if (underWay === 0 && retired) letGo()
        }
      },
      retire: () => {
        retired = true
        if (underWay === 0) letGo()
      },
    }
  }
}

/** What clients get to see and may do, by their names. */
function accessOf(
  clients: readonly ClientOptions[],
  subtrees: EndpointConfiguration['subtrees'],
): ReadonlyMap<string, Access> {
  return new Map(
    clients.map(({ name, rights }) => {
      const subtree = subtrees.get(name)
      return [name, { ...(rights && { rights }), ...(subtree && { subtree }) }]
    }),
  )
}

/** What one generation holds. */
function holdings() {
  const all: Held<{ close(): void }>[] = []
  return {
    hold<T extends { close(): void }>(known: Held<T> | undefined, make: () => T): Held<T> {
      const held = known ?? { value: make(), holders: 0 }
      held.holders++
      all.push(held)
      return held
    },
    letGo(): void {
      for (const held of all.splice(0)) {
        held.holders--
        if (held.holders === 0) held.value.close()
      }
    },
  }
}

/** The generation before, where it was made of the same settings in this respect. */
function kept<T>(
  before: Generation | undefined,
  settingsIn: (configuration: Configuration) => T,
  settings: T,
): Generation | undefined {
  if (before === undefined) return undefined
  return isDeepStrictEqual(settingsIn(before.configuration), settings) ? before : undefined
}

/** Lines that name the endpoint, as severe as the log has them at the time. */
function named(log: Logger, endpoint: string): Log {
  return {
    info: (object, message) => log.info({ endpoint, ...object }, message),
    warn: (object, message) => log.warn({ endpoint, ...object }, message),
    error: (object, message) => log.error({ endpoint, ...object }, message),
  }
}
