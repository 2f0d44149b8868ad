import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Attributes } from '@opentelemetry/api'
import type { IncomingMessage } from 'node:http'
import type { Observer } from '../gateway/observed.ts'

/** The span of one request. Without an OpenTelemetry SDK in the process nothing is recorded. */
export interface RequestSpan {
  /** Makes a span of each LDAP operation, below that of the request. */
  readonly observe: Observer
  /** @param name E.g. `GET /Users/:id`. @param status Of HTTP; from 500 on it is a failure. */
  end(name: string, status: number, attributes: Attributes): void
}

/**
 * Begins the span of a request, below the one that its headers name (W3C Trace Context). Spans tell
 * names, ids of requests, codes and times, never a value or a DN.
 */
export function traceRequest({ headers, method = '' }: IncomingMessage): RequestSpan {
  const tracer = trace.getTracer('scim2ldap')
  const caller = propagation.extract(context.active(), headers)
  const attributes = { 'http.request.method': method }
  const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, caller)
  const own = trace.setSpan(caller, span)
  return {
    observe: ({ kind }) => {
      const attributes = { 'scim2ldap.ldap.operation': kind }
      const operation = tracer.startSpan(`LDAP ${kind}`, { kind: SpanKind.CLIENT, attributes }, own)
      return (ended) => {
        operation.setAttribute('scim2ldap.ldap.result', ended)
        if (ended === 'unanswered' || ended === 'unsent') {
          operation.setStatus({ code: SpanStatusCode.ERROR })
        }
        operation.end()
      }
    },
    end(name, status, more) {
      span.updateName(name)
      span.setAttributes({ ...more, 'http.response.status_code': status })
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    },
  }
}
