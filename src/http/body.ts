import express from 'express'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { ScimError } from '../scim/error.ts'

/** Arrays and objects in each other; SCIM itself needs five. */
const DEEPEST = 32

const METHODS = new Set(['POST', 'PUT', 'PATCH'])

/**
 * Reads bodies as JSON in UTF-8 (RFC 7644 §3.1, RFC 8259 §8.1) into `request.body`.
 *
 * @param limit Largest body in bytes, measured after decompression.
 */
export function jsonBodies(limit: number): readonly RequestHandler[] {
  return [ofMethodsWithBody(requireJson), express.raw({ type: () => true, limit }), parseBody]
}

function ofMethodsWithBody(check: (request: Request) => void): RequestHandler {
  return (request: Request, _response: Response, next: NextFunction) => {
    if (METHODS.has(request.method)) check(request)
    next()
  }
}

function requireJson(request: Request): void {
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
}

const parseBody: RequestHandler = (request, _response, next) => {
  const body: unknown = request.body
  if (METHODS.has(request.method)) {
    request.body = parse(Buffer.isBuffer(body) ? body : Buffer.alloc(0))
  }
  next()
}

/** @throws {ScimError} invalidSyntax where the bytes are not JSON, or nested beyond all sense. */
function parse(bytes: Buffer): unknown {
  if (bytes.length === 0) throw new ScimError('invalidSyntax', 'the body is empty')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new ScimError('invalidSyntax', 'the body is not UTF-8', { cause })
  }
  if (isDeep(text)) {
    throw new ScimError('invalidSyntax', `the body is nested more than ${DEEPEST} deep`)
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    const { message } = cause as SyntaxError
    throw new ScimError('invalidSyntax', `the body is not JSON: ${message}`, { cause })
  }
}

/** Whether brackets outside of strings nest too deep; says nothing of whether the text is JSON. */
function isDeep(text: string): boolean {
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (inString) {
      if (character === '\\') index++
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === '{' || character === '[') {
      if (++depth > DEEPEST) return true
    } else if (character === '}' || character === ']') depth--
  }
  return false
}
