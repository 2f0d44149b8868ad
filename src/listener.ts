import { createServer as createHttpServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { SecureContextOptions, TLSSocket } from 'node:tls'
import type { Logger } from 'pino'
import type { ListenOptions, ListenTls } from './config/listen-options.ts'
import type { Configuration } from './config/load.ts'
import { isLoopback } from './config/loopback.ts'
import { answerMalformed } from './http/errors.ts'
import { plainAddress, proxiesOf } from './http/proxies.ts'

/** Of the request line and headers; the longest filter that is accepted fits, percent-encoded. */
const HEADER_BYTES = 64 * 1024
/** Longer than the idle time of the usual load balancers, so that they never reuse a closed connection. */
const KEEP_ALIVE_MS = 75_000
/** For the TLS handshake, and for a request's head: who is slower is cut off. */
const HANDSHAKE_MS = 10_000
const HEAD_MS = 15_000
/** For a body, on top of the time that a request may take and wait. */
const BODY_MS = 30_000
/** How often slow connections are looked for, in ms. */
const CHECK_MS = 2_000

/** The server that SCIM is served by, not listening yet. */
export interface Listener {
  readonly server: Server
  /**
   * Gets ready for other settings, as far as they can change while it listens.
   *
   * @returns What takes them.
   * @throws Where certificate or key cannot be used.
   */
  prepare(next: Configuration): () => void
}

/**
 * HTTPS, or HTTP on loopback or for declared proxies alone.
 *
 * @param current The configuration as it is at the time.
 */
export function createListener(
  current: () => Configuration,
  serve: RequestListener,
  log: Logger,
): Listener {
  const { listen, limits } = current()
  const options = {
    maxHeaderSize: HEADER_BYTES,
    headersTimeout: HEAD_MS,
    requestTimeout: arrivalMs(limits),
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_MS,
  }
  const secure =
    listen.tls &&
    createHttpsServer(
      {
        ...options,
        ...secureContextOf(listen.tls),
        handshakeTimeout: HANDSHAKE_MS,
        // Without one a client may show a token instead; a wrong one is refused below.
        ...(listen.tls.clientCa !== undefined && { requestCert: true, rejectUnauthorized: false }),
      },
      serve,
    )
  const server = secure ?? createHttpServer(options, serve)
  server.on('clientError', answerMalformed)
  if (listen.tls?.clientCa !== undefined) {
    secure?.on('secureConnection', (socket: TLSSocket) => refuseBadCertificate(socket, log))
  }
  if (secure === undefined && !isLoopback(listen.host)) {
    server.prependListener('connection', (socket: Socket) => {
      refuseStranger(socket, current().listen, log)
    })
  }
  return {
    server,
    prepare: (next) => {
      const { tls } = next.listen
      // To make one shows whether it can be used.
      if (tls !== undefined) createSecureContext(secureContextOf(tls))
      return () => {
        if (tls !== undefined) secure?.setSecureContext(secureContextOf(tls))
        server.requestTimeout = arrivalMs(next.limits)
      }
    },
  }
}

function secureContextOf({ certificate, key, clientCa }: ListenTls) {
  return {
    ...{ cert: certificate, key, minVersion: 'TLSv1.2' },
    ...(clientCa !== undefined && { ca: clientCa }),
  } satisfies SecureContextOptions
}

function arrivalMs({ requestSeconds }: Configuration['limits']): number {
  return requestSeconds * 1000 + BODY_MS
}

/** Ends a connection with a certificate that the CAs do not vouch for, or not any more. */
function refuseBadCertificate(socket: TLSSocket, log: Logger): void {
  if (socket.authorized || socket.getPeerX509Certificate() === undefined) return
  const reason = String(socket.authorizationError)
  const address = plainAddress(socket.remoteAddress ?? '')
  socket.destroy()
  log.warn({ address, reason }, 'a client certificate was refused')
}

/** Without TLS nobody but a proxy that ends TLS may connect. */
function refuseStranger(socket: Socket, listen: ListenOptions, log: Logger): void {
  if (listen.dangerouslyAllowPlainHttp) return
  const address = plainAddress(socket.remoteAddress ?? '')
  if (proxiesOf(listen).trusts(address)) return
  socket.destroy()
  log.warn({ address }, 'a connection without TLS was refused: it is from no trusted proxy')
}
