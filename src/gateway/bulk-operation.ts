import type { Log } from '../ldap/log.ts'
import type { BulkOperation } from '../scim/bulk.ts'
import { bulkIdIn, printReference, withIds } from '../scim/bulk-references.ts'
import type { Tolerance } from '../scim/client-quirks.ts'
import { internalError, ScimError } from '../scim/error.ts'
import type { BulkResult } from '../scim/message.ts'
import type { Projection } from '../scim/projection.ts'
import type { Resource } from '../scim/resource.ts'
import type { Conditions } from '../scim/version.ts'
import type { WriteOptions } from './write.ts'

/** What is needed of a request. */
export interface BulkCaller {
  readonly baseUrl: string
  readonly tolerance: Tolerance
  readonly signal: AbortSignal
  readonly log: Log
}

/** The gateway's verbs, by which single requests are served too. */
export interface BulkVerbs<Caller> {
  get(caller: Caller, endpoint: string, id: string, projection: Projection): Promise<Resource>
  create(
    caller: Caller,
    endpoint: string,
    body: unknown,
    options: WriteOptions,
  ): Promise<{ readonly resource: Resource; readonly location: string }>
  replace(
    caller: Caller,
    endpoint: string,
    id: string,
    body: unknown,
    options: WriteOptions,
  ): Promise<Resource>
  patch(
    caller: Caller,
    endpoint: string,
    id: string,
    body: unknown,
    options: WriteOptions,
  ): Promise<Resource | undefined>
  remove(caller: Caller, endpoint: string, id: string, conditions: Conditions): Promise<void>
}

/**
 * Carries out one operation as if it had come alone, the ids of new resources in the place of their
 * bulkIds. Never rejects: a failure is a result.
 *
 * @param ids By bulkId, of the resources that have been created; a new one is added.
 */
export async function runOperation<Caller extends BulkCaller>(
  verbs: BulkVerbs<Caller>,
  caller: Caller,
  operation: BulkOperation,
  ids: Map<string, string>,
): Promise<BulkResult> {
  try {
    if ('error' in operation) throw operation.error
    requireKnown(operation.references, ids)
    return { ...headOf(caller, operation, ids), ...(await perform(verbs, caller, operation, ids)) }
  } catch (error) {
    return failure(caller, operation, ids, error)
  }
}

async function perform<Caller>(
  verbs: BulkVerbs<Caller>,
  caller: Caller,
  operation: Exclude<BulkOperation, { error: ScimError }>,
  ids: Map<string, string>,
): Promise<Pick<BulkResult, 'status' | 'location' | 'version'>> {
  const { endpoint } = operation
  if (operation.method === 'POST') {
    const data = withIds(operation.data, ids)
    const { resource, location } = await verbs.create(caller, endpoint, data, ALL)
    ids.set(operation.bulkId, idOf(resource))
    return { location, ...versionIn(resource), status: 201 }
  }
  const id = resolved(operation.id, ids)
  const { version } = operation
  const options = { ...ALL, ...(version !== undefined && { ifMatch: version }) }
  if (operation.method === 'DELETE') {
    await verbs.remove(caller, endpoint, id, options)
    return { status: 204 }
  }
  const data = withIds(operation.data, ids)
  const resource =
    operation.method === 'PUT'
      ? await verbs.replace(caller, endpoint, id, data, options)
      : await verbs.patch(caller, endpoint, id, data, options)
  return resource === undefined ? { status: 204 } : { ...versionIn(resource), status: 200 }
}

/** The result of an operation that was not, or not wholly, carried out. */
export function failure(
  caller: BulkCaller,
  operation: BulkOperation,
  ids: ReadonlyMap<string, string>,
  thrown: unknown,
): BulkResult {
  if (!(thrown instanceof ScimError) && !caller.signal.aborted) {
    caller.log.error({ err: thrown }, 'an error of the gateway itself')
  }
  const error = thrown instanceof ScimError ? thrown : internalError()
  return { ...headOf(caller, operation, ids), status: error.status, error }
}

/** @throws {ScimError} 409 where a resource that is referred to was not created. */
export function requireKnown(references: Iterable<string>, ids: ReadonlyMap<string, string>): void {
  const unknown = [...references].filter((bulkId) => !ids.has(bulkId))
  if (unknown.length > 0) throw unresolvable(unknown)
}

export function unresolvable(bulkIds: readonly string[]): ScimError {
  const names = bulkIds.map(printReference).join(', ')
  return new ScimError(409, `the resource of ${names}, which this one refers to, was not created`)
}

/** What every result says; a resource that is not there yet has no location. */
function headOf(
  { baseUrl }: BulkCaller,
  { method, bulkId, endpoint, id }: BulkOperation,
  ids: ReadonlyMap<string, string>,
): Pick<BulkResult, 'method' | 'bulkId' | 'location'> {
  return {
    ...(endpoint !== undefined &&
      id !== undefined && {
        location: `${baseUrl}${endpoint}/${encodeURIComponent(resolved(id, ids))}`,
      }),
    ...(method !== undefined && { method }),
    ...(bulkId !== undefined && { bulkId }),
  }
}

/** The id in a path, which may be that of a resource that was new a moment ago. */
function resolved(id: string, ids: ReadonlyMap<string, string>): string {
  const bulkId = bulkIdIn(id)
  return (bulkId === undefined ? undefined : ids.get(bulkId)) ?? id
}

/** The answer has no resources, but what they are made of is needed for their version. */
export const ALL: WriteOptions = { projection: {} }

export function idOf(resource: Resource): string {
  return (resource as { readonly id: string }).id // returned: always
}

export function versionIn({ meta }: Resource): Pick<BulkResult, 'version'> {
  const { version } = (meta ?? {}) as { readonly version?: string }
  return version === undefined ? {} : { version }
}
