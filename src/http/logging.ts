import { randomUUID } from 'node:crypto'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import type { OperationCount } from '../gateway/counted.ts'

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
  client?: string
  /** The route as the code knows it, e.g. `/Users/:id`. */
  route?: string
  /** Why the request was refused, in SCIM's keyword. */
  scimType?: string
}

const states = new WeakMap<Request, RequestState>()

export function stateOf(request: Request): RequestState {
  const state = states.get(request)
  if (state === undefined) throw new Error('the request has not passed the logging middleware')
  return state
}

/**
 * Gives each request an id and writes one line when it is done: names, numbers and ids, never a
 * value and never the query, which may hold one.
 */
export function logging(log: RequestLog): RequestHandler {
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
      state.log.info(
        {
          client: state.client,
          method: request.method,
          route: state.route,
          status: response.writableFinished ? response.statusCode : 499,
          scimType: state.scimType,
          ms: Math.round(performance.now() - started),
          ldapOperations: state.count.operations,
        },
        'request',
      )
    })
    next()
  }
}
