import { randomUUID } from 'node:crypto'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import type { Observer } from '../gateway/observed.ts'
import type { ProfileTolerance } from '../scim/client-quirks.ts'
import type { Refusal } from '../scim/error.ts'
import type { Metrics } from './metrics.ts'
import type { Rate } from './options.ts'
import type { Proxies } from './proxies.ts'
import { traceRequest } from './tracing.ts'

/** pino's shape. */
export interface RequestLog {
  info(object: object, message: string): void
  warn(object: object, message: string): void
  error(object: object, message: string): void
  child(fields: object): RequestLog
}

/** What a request carries from one middleware to the next. */
export interface RequestState {
  readonly log: RequestLog
  readonly requestId: string
  /** Counts the LDAP operations of the request, and makes spans of them. */
  readonly observe: Observer
  /** What guards of the gateway refused, of a bulk request several. */
  readonly refusals: Refusal[]
  /** Where the request comes from, behind proxies that are trusted. */
  readonly address: string
  /** Aborted when the client hangs up, or the request is given up. */
  readonly signal: AbortSignal
  giveUp(reason: Error): void
  /** Base path of the endpoint. */
  endpoint?: string
  caller?: Caller
  /** The route as the code knows it, e.g. `/Users/:id`. */
  route?: string
  /** Why the request was refused, in SCIM's keyword. */
  scimType?: string
  /** How many operations a bulk request has. */
  bulkOperations?: number
}

/** Who asks, and how it is dealt with. */
export interface Caller {
  readonly name: string
  /** userName of the person that the client stands for. */
  readonly user?: string
  /** Whose rights it has in the directory. */
  readonly actAs?: string
  readonly tolerance: ProfileTolerance
  /** Limits of its own. */
  readonly rate?: Rate
  readonly concurrency?: number
}

const states = new WeakMap<Request, RequestState>()

export function stateOf(request: Request): RequestState {
  const state = states.get(request)
  if (state === undefined) throw new Error('the request has not passed the logging middleware')
  return state
}

/** The caller, where only those come who are known. */
export function callerOf(request: Request): Caller {
  const { caller } = stateOf(request)
  if (caller === undefined) throw new Error('the request has not passed authentication')
  return caller
}

/**
 * Gives each request an id and writes one line when it is done: names, numbers and ids, never a
 * value and never the query, which may hold one.
 *
 * @param metrics Where the request is counted then.
 */
export function logging(log: RequestLog, metrics: Metrics, proxies: Proxies): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const started = performance.now()
    const requestId = randomUUID()
    const abort = new AbortController()
    const span = traceRequest(request)
    let ldapOperations = 0
    const state: RequestState = {
      log: log.child({ requestId }),
      requestId,
      observe: (sent) => {
        const end = span.observe(sent)
        return (ended) => {
          ldapOperations++
          end(ended)
        }
      },
      refusals: [],
      address: proxies.addressOf(request),
      signal: abort.signal,
      giveUp: (reason) => abort.abort(reason),
    }
    metrics.begin()
    states.set(request, state)
    response.setHeader('X-Request-Id', requestId)
    response.on('close', () => {
      if (!response.writableFinished) abort.abort(new Error('the client hung up'))
      const { name: client, tolerance } = state.caller ?? {}
      const { method } = request
      const { endpoint, route, scimType, bulkOperations } = state
      const status = response.writableFinished ? response.statusCode : 499
      const ms = performance.now() - started
      const quirks = tolerance?.used
      const seconds = ms / 1000
      const { refusals } = state
      const counted = { endpoint, client, method, route, status, seconds, ldapOperations, quirks }
      metrics.count({ ...counted, refusals })
      span.end(route === undefined ? method : `${method} ${route}`, status, {
        ...(route !== undefined && { 'http.route': `${endpoint ?? ''}${route}` }),
        ...(client !== undefined && { 'scim2ldap.client': client }),
        ...(scimType !== undefined && { 'scim2ldap.scim_type': scimType }),
        'scim2ldap.request_id': requestId,
        'scim2ldap.ldap.operations': ldapOperations,
      })
      state.log.info(
        {
          client,
          address: state.address,
          method,
          route,
          status,
          scimType,
          refusals: refusals.length > 0 ? refusals : undefined,
          bulkOperations,
          quirks: quirks && [...quirks],
          ms: Math.round(ms),
          ldapOperations,
        },
        'request',
      )
    })
    next()
  }
}
