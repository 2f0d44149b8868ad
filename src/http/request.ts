import type { Request } from 'express'
import type { WriteOptions } from '../gateway/write.ts'
import { readProjection } from '../scim/projection.ts'
import type { HttpOptions } from './options.ts'

/** Query parameters by lower-case name; of one that is given twice the first counts. */
export function queryOf(request: Request): ReadonlyMap<string, string> {
  const { searchParams } = new URL(request.url, 'http://localhost')
  const parameters = new Map<string, string>()
  for (const [name, value] of searchParams) {
    const key = name.toLowerCase()
    if (!parameters.has(key)) parameters.set(key, value)
  }
  return parameters
}

export function writeOptionsOf(request: Request): WriteOptions {
  const ifMatch = request.headers['if-match']
  return { projection: readProjection(queryOf(request)), ...(ifMatch !== undefined && { ifMatch }) }
}

/** The endpoint's absolute URL as the client sees it. */
export function baseUrlOf(request: Request, path: string, { publicUrl }: HttpOptions): string {
  if (publicUrl !== undefined) return `${publicUrl}${path}`
  const secure = 'encrypted' in request.socket
  return `${secure ? 'https' : 'http'}://${request.headers.host ?? 'localhost'}${path}`
}
