import { randomUUID } from 'node:crypto'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import type { OperationCount } from '../gateway/counted.ts'
import type { ProfileTolerance } from '../scim/client-quirks.ts'
import type { QuirkCounts } from './quirk-counts.ts'

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
 * @param quirks Where deviations that were tolerated are counted.
 */
export function logging(log: RequestLog, quirks: QuirkCounts): RequestHandler {
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
      const { name, tolerance } = state.caller ?? {}
      const used = tolerance?.used
      if (name !== undefined && used !== undefined) quirks.count(name, used)
      state.log.info(
        {
          client: name,
          method: request.method,
          route: state.route,
          status: response.writableFinished ? response.statusCode : 499,
          scimType: state.scimType,
          quirks: used && [...used],
          ms: Math.round(performance.now() - started),
          ldapOperations: state.count.operations,
        },
        'request',
      )
    })
    next()
  }
}
