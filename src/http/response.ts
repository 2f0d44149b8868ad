import { pipeline, Readable } from 'node:stream'
import type { Response } from 'express'
import { isLong, jsonPieces } from '../scim/json-pieces.ts'
import type { JsonObject, Resource } from '../scim/resource.ts'

export const MEDIA_TYPE = 'application/scim+json'

/** Sends a SCIM message (RFC 7644 §3.1). */
export function sendMessage(response: Response, status: number, body: JsonObject): void {
  response.status(status)
  response.setHeader('Content-Type', MEDIA_TYPE)
  if (isLong(body)) {
    // Who hangs up meanwhile has hung up; the log has a line of it.
    pipeline(Readable.from(takingTurns(jsonPieces(body))), response, () => {})
    return
  }
  const text = JSON.stringify(body)
  response.setHeader('Content-Length', Buffer.byteLength(text))
  // As text, head and body are one write; express's `send` would make two of them.
  response.end(text)
}

/** As fast as the client takes it, and so that others get their turn. */
async function* takingTurns(pieces: Iterable<string>): AsyncGenerator<string> {
  for (const piece of pieces) {
    yield piece
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Sends a resource with its ETag, as far as its version is known (§3.14). */
export function sendResource(response: Response, status: number, resource: Resource): void {
  const version = versionOf(resource)
  if (version !== undefined) response.setHeader('ETag', version)
  sendMessage(response, status, resource)
}

export function versionOf(resource: Resource): string | undefined {
  return (resource.meta as { readonly version?: string } | undefined)?.version
}
