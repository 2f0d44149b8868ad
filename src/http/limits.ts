import type { RequestHandler } from 'express'
import type { Counters } from '../counters/counters.ts'
import { ScimError } from '../scim/error.ts'
import type { Concurrency } from './concurrency.ts'
import { callerOf, stateOf } from './logging.ts'
import type { LimitOptions } from './options.ts'

/** How soon a client should come back whose request was given up, in seconds. */
const RETRY_AFTER_S = 5

/** What requests are counted by; it outlives settings and clients. */
export interface Limiter {
  readonly counters: Counters
  readonly concurrency: Concurrency
}

/**
 * Bounds what a client may ask for: so many requests within a window, so many at the same time, so
 * long for each. Answers say how much of the window is left (draft-ietf-httpapi-ratelimit-headers-10).
 *
 * @param path Of the endpoint; clients of different endpoints are counted apart.
 */
export function limit(
  path: string,
  limits: LimitOptions,
  { counters, concurrency }: Limiter,
): RequestHandler {
  const places = { total: limits.totalConcurrency, queue: limits.queue }
  return async (request, response, next) => {
    const state = stateOf(request)
    const caller = callerOf(request)
    const key = `${path}:${caller.name}`
    const { requests, seconds } = caller.rate ?? limits.rate
    const { total, resetsAt } = await counters.add(`rate:${seconds}:${key}`, 1, seconds)
    const left = Math.max(1, Math.ceil((resetsAt - Date.now()) / 1000))
    response.setHeader('RateLimit-Policy', `"requests";q=${requests};w=${seconds}`)
    response.setHeader('RateLimit', `"requests";r=${Math.max(0, requests - total)};t=${left}`)
    if (total > requests) {
      throw new ScimError(429, `more than ${requests} requests within ${seconds} s`, {
        headers: { 'Retry-After': String(left) },
      })
    }
    const timer = setTimeout(() => state.giveUp(tooLong(limits)), limits.requestSeconds * 1000)
    let release = () => {}
    response.on('close', () => {
      clearTimeout(timer)
      release()
    })
    const most = caller.concurrency ?? limits.concurrency
    release = await concurrency.take(key, most, places, state.signal)
    // It may have hung up in the meantime.
    if (response.closed) release()
    next()
  }
}

function tooLong({ requestSeconds }: LimitOptions): ScimError {
  return new ScimError(
    503,
    `the request took longer than ${requestSeconds} s; what was not done yet is given up`,
    { headers: { 'Retry-After': String(RETRY_AFTER_S) } },
  )
}
