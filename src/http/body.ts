import express from 'express'
import type { RequestHandler } from 'express'
import { ScimError } from '../scim/error.ts'
import { parseJsonText } from './json-text.ts'

/**
 * Refuses what does not want to read SCIM (RFC 7644 §3.1). Parameters are not looked at: Okta asks
 * for `application/scim+json; charset=utf-8`.
 */
export const requireAcceptance: RequestHandler = (request, _response, next) => {
  const { accept = '' } = request.headers
  const ranges = accept.split(',').map((range) => range.trim().toLowerCase())
  const isAccepted = ranges.some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
    return READABLE.has(type) && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))
  })
  if (accept.trim() !== '' && !isAccepted) {
    throw new ScimError(406, 'answers are application/scim+json, which Accept does not allow')
  }
  next()
}

/** Media ranges that answers are in. */
const READABLE = new Set(['application/scim+json', 'application/json', 'application/*', '*/*'])

/**
 * Reads the body, which must be JSON in UTF-8 (RFC 7644 §3.1, RFC 8259 §8.1), into `request.body`.
 *
 * @param limit Largest body in bytes, measured after decompression.
 */
export function jsonBodies(limit: number): readonly RequestHandler[] {
  return [requireJson, express.raw({ type: () => true, limit }), parseBody]
}

const requireJson: RequestHandler = (request, _response, next) => {
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  if (type !== 'application/scim+json' && type !== 'application/json') {
    throw new ScimError(415, 'the Content-Type must be application/scim+json or application/json')
  }
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) {
    throw new ScimError(415, 'the body must be UTF-8')
  }
  next()
}

const parseBody: RequestHandler = (request, _response, next) => {
  const body: unknown = request.body
  request.body = parse(Buffer.isBuffer(body) ? body : Buffer.alloc(0))
  next()
}

/** @throws {ScimError} invalidSyntax where the bytes are not JSON as `parseJsonText` wants it. */
function parse(bytes: Buffer): unknown {
  if (bytes.length === 0) throw new ScimError('invalidSyntax', 'the body is empty')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new ScimError('invalidSyntax', 'the body is not UTF-8', { cause })
  }
  return parseJsonText(text)
}
