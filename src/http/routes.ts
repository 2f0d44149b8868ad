import { Router } from 'express'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { findDocument } from '../gateway/discovery.ts'
import type { Gateway, Request as GatewayRequest } from '../gateway/gateway.ts'
import { readBulk } from '../scim/bulk.ts'
import { ScimError } from '../scim/error.ts'
import { bulkResponse, listResponse } from '../scim/message.ts'
import { readListQuery, readSearchRequest } from '../scim/query.ts'
import type { JsonObject } from '../scim/resource.ts'
import { failedCondition } from '../scim/version.ts'
import { jsonBodies } from './body.ts'
import { callerOf, stateOf } from './logging.ts'
import type { HttpOptions } from './options.ts'
import { baseUrlOf, conditionsOf, projectionOf, queryOf, writeOptionsOf } from './request.ts'
import { sendMessage, sendResource, versionOf } from './response.ts'

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

const WITH_BODY: ReadonlySet<Method> = new Set(['post', 'put', 'patch'])

interface Call {
  readonly gateway: Gateway
  readonly request: GatewayRequest
  readonly id: string
  readonly http: Request
  readonly response: Response
}

type Verb = (call: Call) => Promise<void> | void

type Verbs = Partial<Record<Method, Verb>>

/** Path below the endpoint → method → verb (RFC 7644 §3.2). `:id` also takes the URN of a schema. */
function table(gateway: Gateway): Readonly<Record<string, Verbs>> {
  const resources = gateway.endpoints.flatMap((endpoint): [string, Verbs][] => [
    [endpoint, { get: list([endpoint]), post: create(endpoint) }],
    [`${endpoint}/.search`, { post: search([endpoint]) }],
    [
      `${endpoint}/:id`,
      {
        get: get(endpoint),
        put: replace(endpoint),
        patch: patch(endpoint),
        delete: remove(endpoint),
      },
    ],
  ])
  return {
    '/': { get: list(gateway.endpoints) },
    '/.search': { post: search(gateway.endpoints) },
    '/Me': { get: me(get), put: me(replace), patch: me(patch), delete: me(remove) },
    ...Object.fromEntries(resources),
    '/Bulk': { post: bulk },
    '/ServiceProviderConfig': {
      get: ({ request, response }) => {
        sendMessage(response, 200, gateway.serviceProviderConfig(request.baseUrl))
      },
    },
    '/ResourceTypes': { get: documents((baseUrl) => gateway.resourceTypes(baseUrl)) },
    '/ResourceTypes/:id': { get: document((baseUrl) => gateway.resourceTypes(baseUrl)) },
    '/Schemas': { get: documents((baseUrl) => gateway.schemas(baseUrl)) },
    '/Schemas/:id': { get: document((baseUrl) => gateway.schemas(baseUrl)) },
  }
}

/** The routes of one endpoint; other methods get 405 with Allow, other paths 404, both in SCIM form. */
export function routes(gateway: Gateway, path: string, options: HttpOptions): Router {
  const router = Router({ caseSensitive: false })
  const bodies = jsonBodies(options.bodyLimit)
  for (const [route, verbs] of Object.entries(table(gateway))) {
    const handlers = Object.entries(verbs) as [Method, Verb][]
    router.all(route, (request: Request, _response: Response, next: NextFunction) => {
      stateOf(request).route = route
      next()
    })
    for (const [method, verb] of handlers) {
      const reading = WITH_BODY.has(method) ? bodies : []
      router[method](route, ...reading, handler(gateway, verb, path, options))
    }
    const allowed = handlers
      .flatMap(([method]) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
      .concat('OPTIONS')
      .join(', ')
    router.options(route, (_request: Request, response: Response) => {
      response.setHeader('Allow', allowed).status(204).end()
    })
    router.all(route, (request: Request, _response: Response) => {
      throw new ScimError(405, `${request.method} is not possible here; possible: ${allowed}`, {
        headers: { Allow: allowed },
      })
    })
  }
  router.use((request: Request, _response: Response, _next: NextFunction) => {
    throw new ScimError(404, `there is nothing at ${request.path}`)
  })
  return router
}

function handler(gateway: Gateway, verb: Verb, path: string, options: HttpOptions): RequestHandler {
  return async (http, response) => {
    const state = stateOf(http)
    const { name, user, actAs, tolerance } = callerOf(http)
    const request: GatewayRequest = {
      baseUrl: baseUrlOf(http, path, options),
      client: name,
      ...(user !== undefined && { user }),
      ...(actAs !== undefined && { actAs }),
      tolerance,
      signal: state.signal,
      log: state.log,
      requestId: state.requestId,
      observe: state.observe,
      refused: ({ reason }) => state.refusals.push(reason),
    }
    const { id } = http.params
    await verb({ gateway, request, id: typeof id === 'string' ? id : '', http, response })
  }
}

function list(endpoints: readonly string[]): Verb {
  return async ({ gateway, request, http, response }) => {
    const query = readListQuery(queryOf(http), request.tolerance)
    sendMessage(response, 200, listResponse(await gateway.list(request, endpoints, query)))
  }
}

/** RFC 7644 §3.4.3. */
function search(endpoints: readonly string[]): Verb {
  return async ({ gateway, request, http, response }) => {
    const query = readSearchRequest(http.body, request.tolerance)
    sendMessage(response, 200, listResponse(await gateway.list(request, endpoints, query)))
  }
}

function get(endpoint: string): Verb {
  return async ({ gateway, request, id, http, response }) => {
    const resource = await gateway.get(request, endpoint, id, projectionOf(http))
    const version = versionOf(resource)
    switch (failedCondition(conditionsOf(http), version)) {
      case 'If-Match':
        throw new ScimError(412, 'the resource has another version than If-Match asks for')
      case 'If-None-Match':
        if (version !== undefined) response.setHeader('ETag', version)
        response.status(304).end()
        return
      case undefined:
        sendResource(response, 200, resource)
    }
  }
}

function create(endpoint: string): Verb {
  return async ({ gateway, request, http, response }) => {
    const options = writeOptionsOf(http)
    const { resource, location } = await gateway.create(request, endpoint, http.body, options)
    response.setHeader('Location', location)
    sendResource(response, 201, resource)
  }
}

function replace(endpoint: string): Verb {
  return async ({ gateway, request, id, http, response }) => {
    const options = writeOptionsOf(http)
    sendResource(response, 200, await gateway.replace(request, endpoint, id, http.body, options))
  }
}

function patch(endpoint: string): Verb {
  return async ({ gateway, request, id, http, response }) => {
    const options = writeOptionsOf(http)
    const resource = await gateway.patch(request, endpoint, id, http.body, options)
    if (resource === undefined) response.status(204).end()
    else sendResource(response, 200, resource)
  }
}

function remove(endpoint: string): Verb {
  return async ({ gateway, request, id, http, response }) => {
    await gateway.remove(request, endpoint, id, conditionsOf(http))
    response.status(204).end()
  }
}

/** A verb on the resource that the client stands for (§3.11), which the answer tells the place of. */
function me(verbAt: (endpoint: string) => Verb): Verb {
  return async (call) => {
    const { endpoint, id } = await call.gateway.me(call.request)
    call.response.setHeader('Location', `${call.request.baseUrl}${endpoint}/${id}`)
    await verbAt(endpoint)({ ...call, id })
  }
}

/** RFC 7644 §3.7. */
const bulk: Verb = async ({ gateway, request, http, response }) => {
  const { endpoints, maxBulkOperations: maxOperations } = gateway
  const read = readBulk(http.body, { endpoints, maxOperations }, request.tolerance)
  stateOf(http).bulkOperations = read.operations.length
  sendMessage(response, 200, bulkResponse(await gateway.bulk(request, read)))
}

/** RFC 7644 §4: these lists are whole, and filters on them are forbidden. */
function documents(of: (baseUrl: string) => readonly JsonObject[]): Verb {
  return ({ request, http, response }) => {
    if (queryOf(http).has('filter')) throw new ScimError(403, 'this list cannot be filtered')
    const resources = of(request.baseUrl)
    sendMessage(
      response,
      200,
      listResponse({ resources, totalResults: resources.length, startIndex: 1 }),
    )
  }
}

function document(of: (baseUrl: string) => readonly JsonObject[]): Verb {
  return ({ request, id, response }) => {
    const found = findDocument(of(request.baseUrl), id)
    if (found === undefined) throw new ScimError(404, `there is no ${JSON.stringify(id)}`)
    sendMessage(response, 200, found)
  }
}
