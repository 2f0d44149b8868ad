import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node'
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import type { TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'

const SUFFIX = 'dc=example,dc=test'
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

const exporter = new InMemorySpanExporter()
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })

let directory: RunningDirectory
let gateway: TestGateway
beforeAll(async () => {
  provider.register()
  directory = await startOpenLdap({ suffix: SUFFIX })
  gateway = await startGateway(directory)
})
afterAll(async () => {
  await gateway.stop()
  await directory.stop()
  await provider.shutdown()
})
beforeEach(() => exporter.reset())

/** The span of the request, when it has ended, and those below it. */
const spans = () =>
  vi.waitFor(() => {
    const all = exporter.getFinishedSpans()
    const request = all.find(({ kind }) => kind === SpanKind.SERVER)
    if (request === undefined) throw new Error('not ended yet')
    const id = request.spanContext().spanId
    return {
      request,
      below: all.filter(({ parentSpanContext }) => parentSpanContext?.spanId === id),
    }
  })

const described = ({ name, attributes, status }: ReadableSpan) => ({ name, attributes, status })

describe('traces', () => {
  test('a request is a span, and each of its LDAP operations one below it', async () => {
    const { headers } = await gateway.post('/Users', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: 'traced',
      name: { familyName: 'Traced' },
    })
    const { request, below } = await spans()
    expect(described(request)).toEqual({
      name: 'POST /Users',
      attributes: {
        'http.request.method': 'POST',
        'http.response.status_code': 201,
        'http.route': '/scim/v2/Users',
        'scim2ldap.client': 'tests',
        'scim2ldap.request_id': headers.get('x-request-id'),
        'scim2ldap.ldap.operations': 2,
      },
      status: { code: SpanStatusCode.UNSET },
    })
    expect(below.map(described)).toEqual(
      ['search', 'add'].map((kind) => ({
        name: `LDAP ${kind}`,
        attributes: { 'scim2ldap.ldap.operation': kind, 'scim2ldap.ldap.result': 'success' },
        status: { code: SpanStatusCode.UNSET },
      })),
    )
    expect(below.every(({ kind }) => kind === SpanKind.CLIENT)).toBe(true)
  })

  test('a request goes on with the trace that its headers name', async () => {
    await gateway.get('/Users/nobody', { traceparent: `00-${TRACE}-${PARENT}-01` })
    const { request } = await spans()
    expect(request.spanContext().traceId).toBe(TRACE)
    expect(request.parentSpanContext?.spanId).toBe(PARENT)
    expect(request.attributes['http.response.status_code']).toBe(404)
  })

  test('a directory that cannot be reached is a failure of the request and of the operation', async () => {
    const away = await startGateway(directory, {
      directory: { urls: ['ldap://127.0.0.1:9'], connectTimeoutMs: 200 },
      untilReady: false,
    })
    try {
      expect((await away.get('/Users')).status).toBe(503)
      const { request } = await spans()
      expect(request.status.code).toBe(SpanStatusCode.ERROR)
    } finally {
      await away.stop()
    }
  })
})
