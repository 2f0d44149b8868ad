import { createServer as createHttpServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { openAuditTrail } from './audit.ts'
import type { Configuration } from './config/load.ts'
import { createDirectory } from './directory/client.ts'
import { secretAttributes } from './gateway/audit.ts'
import type { Audit } from './gateway/audit.ts'
import { createGateway } from './gateway/gateway.ts'
import { observed } from './gateway/observed.ts'
import { createApp } from './http/app.ts'
import { answerMalformed } from './http/errors.ts'
import { createAdminApp } from './http/health.ts'
import { Metrics } from './http/metrics.ts'
import { newPassword } from './password.ts'
import { createSeal } from './seal.ts'

/** A gateway that listens. */
export interface RunningServer {
  /** Scheme, host and port that SCIM is served on, without a slash at the end. */
  readonly url: string
  readonly adminUrl: string
  /** Resolves when every directory can be asked; rejects with the signal's reason. */
  ready(signal: AbortSignal): Promise<void>
  /**
   * Takes no new requests, lets those under way finish, then closes everything. Requests that take
   * longer than `drainMs` are cut off.
   */
  close(drainMs?: number): Promise<void>
}

const DRAIN_MS = 30_000
/** For requests that are on their way when the end is asked for. */
const DRAIN_GRACE_MS = 250
/** Longer than the idle time of the usual load balancers, so that they never reuse a closed connection. */
const KEEP_ALIVE_MS = 75_000
/** Of the request line and headers; the longest filter that is accepted fits, percent-encoded. */
const HEADER_BYTES = 64 * 1024

/**
 * Puts the parts together and listens. The directories need not be there: requests get 503 until
 * they are.
 *
 * @throws {Error} Where an address cannot be listened on.
 */
export async function startServer(
  { listen, admin, audit, cursors, endpoints }: Configuration,
  log: Logger,
): Promise<RunningServer> {
  const directories = new Map(
    endpoints.map(({ options, directory }) => [
      options.path,
      createDirectory(directory, log.child({ endpoint: options.path })),
    ]),
  )
  const trail = openAuditTrail(audit, log)
  const metrics = new Metrics()
  const seal = createSeal(cursors.key, cursors.lifetimeSeconds)
  const bulk = { maxOperations: listen.bulkLimit, maxPayloadSize: listen.bodyLimit }
  const served = endpoints.map(({ options, rules, lookThrough }) => {
    const live = directories.get(options.path)
    if (live === undefined) throw new Error(`no directory for ${options.path}`)
    metrics.watch(options.path, live)
    const directory = observed(live, metrics.operations(options.path))
    const now = () => performance.now()
    const secrets = secretAttributes(rules)
    const audit: Audit = (record) => trail.take(options.path, record, secrets)
    const parts = { rules, audit, directory, seal, lookThrough, bulk, now, newPassword }
    return { options, gateway: createGateway(parts) }
  })
  let draining = false
  const readiness = () =>
    new Map([...directories].map(([path, directory]) => [path, directory.ready()]))

  const app = createApp(served, listen, log, metrics)
  const scim = listen.tls
    ? createHttpsServer(
        {
          cert: listen.tls.certificate,
          key: listen.tls.key,
          minVersion: 'TLSv1.2',
          maxHeaderSize: HEADER_BYTES,
        },
        app as RequestListener,
      )
    : createHttpServer({ maxHeaderSize: HEADER_BYTES }, app as RequestListener)
  scim.keepAliveTimeout = KEEP_ALIVE_MS
  scim.on('clientError', answerMalformed)
  const adminServer = createHttpServer(
    createAdminApp({ ready: readiness, draining: () => draining }, metrics) as RequestListener,
  )
  try {
    await listenOn(scim, listen)
    await listenOn(adminServer, admin)
  } catch (error) {
    scim.close()
    throw error
  }
  for (const directory of directories.values()) directory.start()

  const url = `${listen.tls ? 'https' : 'http'}://${addressOf(scim)}`
  const adminUrl = `http://${addressOf(adminServer)}`
  log.info({ url, adminUrl, endpoints: [...directories.keys()] }, 'listening')
  return {
    url,
    adminUrl,
    ready: (signal) => until(() => [...readiness().values()].every(Boolean), signal),
    close: async (drainMs = DRAIN_MS) => {
      draining = true
      log.info({}, 'draining')
      // To stop listening resets connections that nobody has looked at yet.
      await sleep(Math.min(DRAIN_GRACE_MS, drainMs))
      await drain(scim, drainMs)
      for (const directory of directories.values()) directory.close()
      await drain(adminServer, 0)
      log.info({}, 'stopped')
    },
  }
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
