import { createServer as createHttpServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { certificatesOf } from './certificates.ts'
import type { Configuration } from './config/load.ts'
import { createGeneration } from './generation.ts'
import { createAdminApp } from './http/health.ts'
import { Metrics } from './http/metrics.ts'
import { expiringTokens, watchExpiry } from './http/token-expiry.ts'
import { createListener } from './listener.ts'
import { printProblem, ProblemsError } from './mapping/problem.ts'

/** A gateway that listens. */
export interface RunningServer {
  /** Scheme, host and port that SCIM is served on, without a slash at the end. */
  readonly url: string
  readonly adminUrl: string
  /** Resolves when every directory can be asked; rejects with the signal's reason. */
  ready(signal: AbortSignal): Promise<void>
  /**
   * Serves requests that come from now on by another configuration; what is under way ends under
   * the one that it began with. Where it cannot be had the old one stays, and the log says why.
   *
   * @param load May throw `ProblemsError`.
   */
  reload(load: () => Configuration): void
  /** Begins the file of the audit trail anew. */
  reopen(): void
  /**
   * Takes no new requests, lets those under way finish, then closes everything. Requests that take
   * longer than `drainMs` are cut off.
   */
  close(drainMs?: number): Promise<void>
}

const DRAIN_MS = 30_000
/** For requests that are on their way when the end is asked for. */
const DRAIN_GRACE_MS = 250

/**
 * Puts the parts together and listens. The directories need not be there: requests get 503 until
 * they are.
 *
 * @throws {Error} Where an address cannot be listened on.
 */
export async function startServer(
  configuration: Configuration,
  log: Logger,
): Promise<RunningServer> {
  const { listen, admin } = configuration
  const metrics = new Metrics()
  let current = createGeneration(configuration, log, metrics)
  let draining = false
  const readiness = () =>
    new Map([...current.directories].map(([path, { value }]) => [path, value.ready()]))

  const serve: RequestListener = (request, response) => {
    response.on('close', current.begin())
    ;(current.app as RequestListener)(request, response)
  }
  const scim = createListener(() => current.configuration, serve, log)
  const adminServer = createHttpServer(
    createAdminApp({ ready: readiness, draining: () => draining }, metrics, {
      states: () => current.breakers.states(),
      reset: (endpoint, client, kind) => current.breakers.reset(endpoint, client, kind),
    }) as RequestListener,
  )
  try {
    await listenOn(scim.server, listen)
    await listenOn(adminServer, admin)
  } catch (error) {
    scim.server.close()
    throw error
  }
  const tokens = () => expiringTokens(current.configuration.endpoints.map(({ options }) => options))
  const begin = () => {
    metrics.certificates(certificatesOf(current.configuration))
    metrics.watchBreakers(current.breakers)
    metrics.tokens(tokens())
    metrics.watch(new Map([...current.directories].map(([path, { value }]) => [path, value])))
    for (const { value } of current.directories.values()) value.start()
  }
  begin()
  const unwatch = watchExpiry(tokens, () => current.configuration.log.tokenExpiryDays, log)

  function take(next: Configuration): void {
    const before = current
    const adapt = scim.prepare(next)
    const generation = createGeneration(next, log, metrics, before)
    adapt()
    log.level = next.log.level
    current = generation
    begin()
    before.retire()
    const nextStart = atStartAlone(configuration, next)
    log.info({ endpoints: [...current.directories.keys()] }, 'the settings were taken anew')
    if (nextStart.length > 0) {
      log.warn({ settings: nextStart }, 'settings that are taken at the next start alone')
    }
  }

  const url = `${listen.tls ? 'https' : 'http'}://${addressOf(scim.server)}`
  const adminUrl = `http://${addressOf(adminServer)}`
  log.info({ url, adminUrl, endpoints: [...current.directories.keys()] }, 'listening')
  return {
    url,
    adminUrl,
    ready: (signal) => until(() => [...readiness().values()].every(Boolean), signal),
    reload: (load) => {
      try {
        take(load())
        metrics.reloaded(true)
      } catch (error) {
        metrics.reloaded(false)
        if (error instanceof ProblemsError) {
          for (const problem of error.problems) {
            log.error({ problem: printProblem(problem) }, 'a problem of the settings')
          }
          log.error({ problems: error.problems.length }, 'the settings stay as they were')
        } else log.error({ err: error }, 'the settings stay as they were')
      }
    },
    reopen: () => current.trail.value.reopen(),
    close: async (drainMs = DRAIN_MS) => {
      draining = true
      log.info({}, 'draining')
      // To stop listening resets connections that nobody has looked at yet.
      await sleep(Math.min(DRAIN_GRACE_MS, drainMs))
      await drain(scim.server, drainMs)
      unwatch()
      current.retire()
      await drain(adminServer, 0)
      log.info({}, 'stopped')
    },
  }
}

/** Names of the settings that differ from those of the start and cannot be changed while the process listens. */
function atStartAlone(before: Configuration, next: Configuration): readonly string[] {
  const hasClientCa = ({ listen }: Configuration) => listen.tls?.clientCa !== undefined
  const differences: Readonly<Record<string, boolean>> = {
    'listen.host': before.listen.host !== next.listen.host,
    'listen.port': before.listen.port !== next.listen.port,
    'listen.tls': (before.listen.tls === undefined) !== (next.listen.tls === undefined),
    'listen.tls.clientCa': hasClientCa(before) !== hasClientCa(next),
    'admin.host': before.admin.host !== next.admin.host,
    'admin.port': before.admin.port !== next.admin.port,
  }
  return Object.keys(differences).filter((name) => differences[name])
}

async function listenOn(server: Server, { host, port }: { host: string; port: number }) {
  server.listen(port, host)
  await once(server, 'listening')
}

/** `host:port` of a server that listens. */
function addressOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return `${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

async function drain(server: Server, mostMs: number): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  // A connection that was busy when the server closed is idle later on, and nobody closes it then.
  const sweep = setInterval(() => server.closeIdleConnections(), 50)
  const cut = setTimeout(() => server.closeAllConnections(), mostMs)
  await closed
  clearInterval(sweep)
  clearTimeout(cut)
}

async function until(condition: () => boolean, signal: AbortSignal): Promise<void> {
  while (!condition()) {
    signal.throwIfAborted()
    await sleep(20)
  }
}
