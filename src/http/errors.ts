import type { ErrorRequestHandler } from 'express'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { internalError, ScimError } from '../scim/error.ts'
import { errorMessage } from '../scim/message.ts'
import { stateOf } from './logging.ts'
import { MEDIA_TYPE, sendMessage } from './response.ts'

/** The one place where something thrown becomes an answer: a SCIM error body (RFC 7644 §3.12). */
export const answerError: ErrorRequestHandler = (thrown: unknown, request, response, _next) => {
  const { log, signal } = stateOf(request)
  const error = thrown instanceof ScimError ? thrown : fromBodyParser(thrown)
  if (error === undefined && !signal.aborted)
    log.error({ err: thrown }, 'an error of the gateway itself')
  if (response.headersSent) {
    response.destroy()
    return
  }
  if (error?.scimType !== undefined) stateOf(request).scimType = error.scimType
  const answer = error ?? internalError()
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value)
  sendMessage(response, answer.status, errorMessage(answer))
}

/** By Node's codes. */
const MALFORMED: ReadonlyMap<string | undefined, ScimError> = new Map([
  [
    'HPE_HEADER_OVERFLOW',
    new ScimError(
      431,
      'the address and headers of the request are too long; POST /.search takes a long filter in its body',
    ),
  ],
  ['ERR_HTTP_REQUEST_TIMEOUT', new ScimError(408, 'the request did not arrive in time')],
])

/** Answers what is no HTTP, has too long a head, or is too slow: no request comes of it, nor a line in the log. */
export function answerMalformed(thrown: Error & { readonly code?: string }, socket: Duplex): void {
  if (!socket.writable || thrown.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const answer = MALFORMED.get(thrown.code) ?? new ScimError(400, 'the request is malformed')
  const body = JSON.stringify(errorMessage(answer))
  socket.end(
    [
      `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}`,
      `Content-Type: ${MEDIA_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  )
}

/** What express refuses by itself, in SCIM's terms. */
function fromBodyParser(thrown: unknown): ScimError | undefined {
  const { type, status, limit } = thrown as { type?: string; status?: number; limit?: number }
  switch (type) {
    case 'entity.too.large':
      return new ScimError(
        413,
        `the size of the body exceeds maxPayloadSize (${String(limit)} bytes)`,
        {
          cause: thrown,
        },
      )
    case 'encoding.unsupported':
      return new ScimError(415, 'the body must come as it is or as gzip, deflate or br', {
        cause: thrown,
      })
    case 'request.aborted':
    case 'request.size.invalid':
      return new ScimError(400, 'the body is not as long as announced', { cause: thrown })
    default:
      // A path with a broken percent-encoding.
      return thrown instanceof URIError || status === 400
        ? new ScimError(400, 'the request is malformed', { cause: thrown })
        : undefined
  }
}
