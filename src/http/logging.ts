import { randomUUID } from 'node:crypto'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import type { OperationCount } from '../gateway/counted.ts'
import type { ProfileTolerance } from '../scim/client-quirks.ts'
import type { Metrics } from './metrics.ts'

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
  readonly count: OperationCount
  /** Aborted when the client hangs up. */
  readonly signal: AbortSignal
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
  readonly tolerance: ProfileTolerance
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
export function logging(log: RequestLog, metrics: Metrics): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const started = performance.now()
    const requestId = randomUUID()
    const abort = new AbortController()
    const state: RequestState = {
      log: log.child({ requestId }),
      count: { operations: 0 },
      signal: abort.signal,
    }
    states.set(request, state)
    response.setHeader('X-Request-Id', requestId)
    response.on('close', () => {
      if (!response.writableFinished) abort.abort(new Error('the client hung up'))
      const { name: client, tolerance } = state.caller ?? {}
      const { method } = request
      const { route, scimType, bulkOperations } = state
      const status = response.writableFinished ? response.statusCode : 499
      const ms = performance.now() - started
      const ldapOperations = state.count.operations
      const quirks = tolerance?.used
      metrics.count({ client, method, route, status, seconds: ms / 1000, ldapOperations, quirks })
      state.log.info(
        {
          client,
          method,
          route,
          status,
          scimType,
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
