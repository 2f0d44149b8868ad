import type { Directory } from '../ldap/directory.ts'
import type { Log } from '../ldap/log.ts'
import { LdapError, UnavailableError } from '../ldap/result.ts'
import type { ResourceRules, Rules } from '../mapping/rules.ts'
import { claimsOf } from '../plan/claims.ts'
import type { BulkRequest } from '../scim/bulk.ts'
import type { Tolerance } from '../scim/client-quirks.ts'
import { Forbidden } from '../scim/error.ts'
import type { BulkResult } from '../scim/message.ts'
import type { Projection } from '../scim/projection.ts'
import type { ListQuery } from '../scim/query.ts'
import type { JsonObject, Resource } from '../scim/resource.ts'
import type { Conditions } from '../scim/version.ts'
import { actingAs } from './acting.ts'
import { AccessControl, resourceAt } from './access.ts'
import type { Access, Right } from './access.ts'
import { audited } from './audit.ts'
import type { Audit, Begun } from './audit.ts'
import type { ClientBreaker } from './breaker.ts'
import { runBulk } from './bulk.ts'
import type { Context } from './context.ts'
import { create } from './create.ts'
import type { Seal } from './cursor.ts'
import { resourceTypes, schemas, serviceProviderConfig } from './discovery.ts'
import type { Limits } from './discovery.ts'
import { failureOf } from './failure.ts'
import { Guards } from './guards.ts'
import { Lists } from './lists.ts'
import { list } from './list.ts'
import type { Page } from './list.ts'
import { findMe, personsIn } from './me.ts'
import { observed } from './observed.ts'
import type { Observer } from './observed.ts'
import { understood } from './understood.ts'
import { get } from './read.ts'
import type { Created, WriteOptions } from './write.ts'
import { patch, remove, replace } from './write.ts'
import { Writers } from './writers.ts'

/** What one request brings along. */
export interface Request {
  /** Absolute URL of the endpoint, without a slash at the end. */
  readonly baseUrl: string
  readonly client: string
  /** userName of the person that the client stands for. */
  readonly user?: string
  /** Whose rights count in the directory, instead of the service account's: `dn:…` or `u:…`. */
  readonly actAs?: string
  /** For where the client deviates from the RFCs. */
  readonly tolerance: Tolerance
  readonly signal: AbortSignal
  readonly log: Log
  /** As the log has it. */
  readonly requestId: string
  /** Is told of the LDAP operations. */
  readonly observe: Observer
  /** Told of what a guard has refused, once each, in a bulk request too. */
  readonly refused: (refusal: Forbidden) => void
}

/** One endpoint: the resources of a directory under a mapping. All methods throw `ScimError` alone. */
export interface Gateway {
  /** Endpoints of the resource types, e.g. `/Users`. */
  readonly endpoints: readonly string[]
  /** The resource that the client stands for (RFC 7644 §3.11). */
  me(request: Request): Promise<{ readonly endpoint: string; readonly id: string }>
  get(request: Request, endpoint: string, id: string, projection: Projection): Promise<Resource>
  /** @param endpoints Of all the types whose resources are asked for. */
  list(request: Request, endpoints: readonly string[], query: ListQuery): Promise<Page>
  create(request: Request, endpoint: string, body: unknown, options: WriteOptions): Promise<Created>
  replace(
    request: Request,
    endpoint: string,
    id: string,
    body: unknown,
    options: WriteOptions,
  ): Promise<Resource>
  /** Nothing where there is nothing to return (204). */
  patch(
    request: Request,
    endpoint: string,
    id: string,
    body: unknown,
    options: WriteOptions,
  ): Promise<Resource | undefined>
  remove(request: Request, endpoint: string, id: string, conditions: Conditions): Promise<void>
  /** One result for each operation that was carried out, failures too. */
  bulk(request: Request, bulk: BulkRequest): Promise<readonly BulkResult[]>
  /** How many operations a bulk request may have. */
  readonly maxBulkOperations: number
  serviceProviderConfig(baseUrl: string): JsonObject
  resourceTypes(baseUrl: string): readonly JsonObject[]
  schemas(baseUrl: string): readonly JsonObject[]
  /** Whether the directory can be asked now. */
  ready(): boolean
}

export interface GatewayParts {
  readonly rules: Rules
  readonly audit: Audit
  /** By the name of a client; one that is not here may do everything. */
  readonly access?: ReadonlyMap<string, Access>
  readonly directory: Directory
  /** For cursors. */
  readonly seal: Seal
  /** Resources that may be looked at one by one for a filter that LDAP cannot say. */
  readonly lookThrough: number
  readonly bulk: Limits['bulk']
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  /** A password that nobody knows and that is strong enough for any policy. */
  readonly newPassword: () => string
  /** Of the client with this name. */
  readonly breaker: (client: string) => ClientBreaker
}

/** How long a list is kept for its further pages, and how many resources over all lists. */
const LISTS = { maxAgeMs: 300_000, maxResources: 1_000_000 } as const

export function createGateway(parts: GatewayParts): Gateway {
  const { rules, audit, seal } = parts
  const { lookThrough, bulk, now, newPassword } = parts
  const directory = understood(parts.directory, rules.dialect)
  const lists = new Lists({ ...LISTS, now })
  const writers = new Writers()
  const clients = new AccessControl(rules, parts.access ?? new Map<string, Access>())
  /** Of each identity: what one is shown of groups says nothing of what there is for another. */
  const guards = new Map<string | undefined, Guards>()

  function guardsOf(actAs: string | undefined): Guards {
    const known = guards.get(actAs) ?? new Guards(now)
    guards.set(actAs, known)
    return known
  }

  async function run<T>(
    request: Request,
    resource: ResourceRules | undefined,
    verb: (context: Context) => Promise<T>,
  ): Promise<T> {
    const { observe, refused, actAs, ...rest } = request
    const acting = actAs === undefined ? directory : actingAs(directory, actAs)
    const context: Context = {
      ...rest,
      rules: clients.rulesOf(request.client),
      everything: rules,
      lists,
      guards: guardsOf(actAs),
      breaker: parts.breaker(request.client),
      seal,
      writers,
      lookThrough,
      newPassword,
      directory: observed(acting, observe),
    }
    try {
      return await verb(context)
    } catch (error) {
      logFailure(request, error, rules)
      if (error instanceof Forbidden) refused(error)
      throw failureOf(error, rules, { resource, acts: actAs !== undefined })
    }
  }

  const runOne = <T>(
    request: Request,
    right: Right,
    endpoint: string,
    verb: (context: Context, resource: ResourceRules) => Promise<T>,
  ): Promise<T> => {
    const { client } = request
    const resource = resourceAt(clients.rulesOf(client), endpoint)
    return run(request, resource, (context) =>
      verb(context, clients.require(client, right, endpoint)),
    )
  }

  /** A request that means to write. */
  function write<T>(
    request: Request,
    right: Right,
    endpoint: string,
    about: Pick<Begun, 'operation' | 'id'>,
    verb: (context: Context, resource: ResourceRules) => Promise<T>,
    ended: { status: (result: T) => number; idOf?: (result: T) => string | undefined },
  ): Promise<T> {
    const { requestId, client, actAs } = request
    const resourceType = resourceAt(rules, endpoint).type.name
    return audited(
      audit,
      { requestId, client, ...(actAs !== undefined && { actAs }), resourceType, ...about },
      request.observe,
      (observe) => runOne({ ...request, observe }, right, endpoint, verb),
      ended,
    )
  }

  const gateway: Gateway = {
    endpoints: rules.resources.map(({ type }) => type.endpoint),
    me: (request) =>
      run(request, undefined, (context) => {
        if (request.user !== undefined) clients.readable(request.client, personsIn(rules))
        return findMe(context, request.user)
      }),
    get: (request, endpoint, id, projection) =>
      runOne(request, 'read', endpoint, (context, resource) =>
        get(context, resource, id, projection),
      ),
    list: (request, endpoints, query) =>
      run(request, undefined, (context) =>
        list(context, clients.readable(request.client, endpoints), query),
      ),
    create: (request, endpoint, body, options) =>
      write(
        request,
        'create',
        endpoint,
        { operation: 'create', id: undefined },
        (context, resource) =>
          create(context, resource, body, clients.shown(request.client, endpoint, options)),
        { status: () => 201, idOf: ({ id }) => id },
      ),
    replace: (request, endpoint, id, body, options) =>
      write(
        request,
        'update',
        endpoint,
        { operation: 'replace', id },
        (context, resource) =>
          replace(context, resource, id, body, clients.shown(request.client, endpoint, options)),
        { status: () => 200 },
      ),
    patch: (request, endpoint, id, body, options) =>
      write(
        request,
        'update',
        endpoint,
        { operation: 'patch', id },
        (context, resource) =>
          patch(context, resource, id, body, clients.shown(request.client, endpoint, options)),
        { status: (resource) => (resource === undefined ? 204 : 200) },
      ),
    remove: (request, endpoint, id, conditions) =>
      write(
        request,
        'delete',
        endpoint,
        { operation: 'delete', id },
        (context, resource) => remove(context, resource, id, conditions),
        { status: () => 204 },
      ),
    bulk: (request, operations) =>
      runBulk(gateway, request, operations, (endpoint, data) => {
        const own = clients.rulesOf(request.client)
        return claimsOf(own, resourceAt(own, endpoint), data)
      }),
    maxBulkOperations: bulk.maxOperations,
    serviceProviderConfig: (baseUrl) =>
      serviceProviderConfig(baseUrl, { cursorTimeout: seal.lifetime, bulk }),
    resourceTypes: (baseUrl) => resourceTypes(rules, baseUrl),
    schemas: (baseUrl) => schemas(rules, baseUrl),
    ready: () => directory.ready(),
  }
  return gateway
}

/** The directory's own words are the operator's to read; those that quote a value stay out of the log. */
function logFailure({ log, client, actAs }: Request, error: unknown, { dialect }: Rules): void {
  if (error instanceof UnavailableError) {
    log.error({ reason: error.message, sent: error.sent }, 'the directory did not answer')
  } else if (error instanceof Forbidden) {
    log.warn({ reason: error.reason, ...error.details }, 'refused')
  } else if (error instanceof LdapError) {
    const { operation, dn, result, diagnostic } = error
    const { attribute, reason, quotesValue } = dialect.readDiagnostic(diagnostic)
    const said = quotesValue ? undefined : diagnostic
    const details = { operation, dn, result, attribute, reason, diagnostic: said }
    const acting = actAs === undefined ? {} : { client, actAs }
    log.warn({ ...details, ...acting }, 'the directory refused')
  }
}
