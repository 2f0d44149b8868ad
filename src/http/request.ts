import type { Request } from 'express'
import type { WriteOptions } from '../gateway/write.ts'
import { readProjection } from '../scim/projection.ts'
import type { Projection } from '../scim/projection.ts'
import type { Conditions } from '../scim/version.ts'
import { callerOf } from './logging.ts'
import type { HttpOptions } from './options.ts'

/** Query parameters by lower-case name; of one that is given twice the first counts. */
export function queryOf(request: Request): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  const mark = request.url.indexOf('?')
  if (mark < 0) return parameters
  for (const [name, value] of new URLSearchParams(request.url.slice(mark))) {
    const key = name.toLowerCase()
    if (!parameters.has(key)) parameters.set(key, value)
  }
  return parameters
}

export function projectionOf(request: Request): Projection {
  return readProjection(queryOf(request), callerOf(request).tolerance)
}

export function writeOptionsOf(request: Request): WriteOptions {
  return { projection: projectionOf(request), ...conditionsOf(request) }
}

export function conditionsOf({ headers }: Request): Conditions {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers
  return {
    ...(ifMatch !== undefined && { ifMatch }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch }),
  }
}

/** The endpoint's absolute URL as the client sees it. */
export function baseUrlOf(request: Request, path: string, { publicUrl }: HttpOptions): string {
  if (publicUrl !== undefined) return `${publicUrl}${path}`
  const secure = 'encrypted' in request.socket
  return `${secure ? 'https' : 'http'}://${request.headers.host ?? 'localhost'}${path}`
}
