import type { CreateOperation } from '../scim/bulk.ts'
import { splitUnknown, withIds } from '../scim/bulk-references.ts'
import type { Tolerance } from '../scim/client-quirks.ts'
import { ScimError } from '../scim/error.ts'
import type { JsonObject, Resource } from '../scim/resource.ts'
import type { BulkResult } from '../scim/message.ts'
import { PATCH_OP } from '../scim/urn.ts'
import type { BulkCaller, BulkVerbs } from './bulk-operation.ts'
import { ALL, failure, idOf, requireKnown, unresolvable, versionIn } from './bulk-operation.ts'

/** A resource of the circle that has been created. */
interface Made {
  readonly operation: CreateOperation
  readonly location: string
  readonly resource: Resource
  /** What it still lacks. */
  readonly later?: JsonObject
}

/**
 * Creates resources that refer to each other in a circle (RFC 7644 §3.7.1): each one without what
 * refers to resources that are not there yet, which is added when all are. As each needs all the
 * others, they succeed together or not at all: where one fails, the others are removed again. What
 * has begun is therefore not given up when the client hangs up.
 *
 * @param ids By bulkId, of the resources that have been created; the new ones are added.
 * @returns One result for each operation, in their order. Never rejects.
 */
export async function createCircle<Caller extends BulkCaller>(
  verbs: BulkVerbs<Caller>,
  client: Caller,
  operations: readonly CreateOperation[],
  ids: Map<string, string>,
): Promise<readonly BulkResult[]> {
  const tolerance = withoutReadOnly(client.tolerance)
  const caller = { ...client, tolerance, signal: new AbortController().signal }
  const made: Made[] = []
  let current = operations[0]
  try {
    const own = new Set(operations.map(({ bulkId }) => bulkId))
    for (const operation of operations) {
      current = operation
      requireKnown(
        [...operation.references].filter((bulkId) => !own.has(bulkId)),
        ids,
      )
      made.push(await createFirst(verbs, caller, operation, ids))
    }
    const versions: Resource[] = []
    for (const one of made) {
      current = one.operation
      versions.push(await complete(verbs, caller, one, ids))
    }
    return made.map(({ operation: { method, bulkId }, location }, index) => ({
      location,
      method,
      bulkId,
      ...versionIn(versions[index] ?? {}),
      status: 201,
    }))
  } catch (error) {
    const left = await removeAll(verbs, caller, made, ids)
    return operations.map((operation) => {
      const why = operation === current ? error : unresolvable([current?.bulkId ?? ''])
      return failure(caller, operation, ids, left.get(operation) ?? why)
    })
  }
}

async function createFirst<Caller extends BulkCaller>(
  verbs: BulkVerbs<Caller>,
  caller: Caller,
  operation: CreateOperation,
  ids: Map<string, string>,
): Promise<Made> {
  const { now, later } = splitUnknown(operation.data, ids)
  try {
    const { endpoint, bulkId } = operation
    const created = await verbs.create(caller, endpoint, withIds(now, ids), ALL)
    ids.set(bulkId, idOf(created.resource))
    return { operation, ...created, ...(later && { later }) }
  } catch (error) {
    if (later === undefined || !(error instanceof ScimError)) throw error
    if (error.scimType !== 'invalidValue') throw error
    throw new ScimError(
      409,
      `${error.message}; in a circle of references it was tried without ${namesIn(later)}`,
      { cause: error },
    )
  }
}

/** Adds what was left out; the resource as it is then. */
async function complete<Caller extends BulkCaller>(
  verbs: BulkVerbs<Caller>,
  caller: Caller,
  { operation: { endpoint }, resource, later }: Made,
  ids: ReadonlyMap<string, string>,
): Promise<Resource> {
  if (later === undefined) return resource
  const id = idOf(resource)
  const body = { schemas: [PATCH_OP], Operations: [{ op: 'add', value: withIds(later, ids) }] }
  const whole = await verbs.patch(caller, endpoint, id, body, ALL)
  return whole ?? verbs.get(caller, endpoint, id, {})
}

/** @returns Why a resource is still there, of those that are. */
async function removeAll<Caller extends BulkCaller>(
  verbs: BulkVerbs<Caller>,
  caller: Caller,
  made: readonly Made[],
  ids: Map<string, string>,
): Promise<ReadonlyMap<CreateOperation, ScimError>> {
  const left = new Map<CreateOperation, ScimError>()
  for (const { operation, resource, location } of [...made].reverse()) {
    ids.delete(operation.bulkId)
    try {
      await verbs.remove(caller, operation.endpoint, idOf(resource), {})
    } catch (cause) {
      caller.log.error({ err: cause, location }, 'a resource could not be removed again')
      const message = `the resource was created as ${location} without what it refers to, and could not be removed again`
      left.set(operation, new ScimError(500, message, { cause }))
    }
  }
  return left
}

/** What is read-only was ignored when the resource was created, and is when it is completed. */
function withoutReadOnly(tolerance: Tolerance): Tolerance {
  return {
    tolerate(quirk, detail, refusal) {
      if (quirk !== 'readOnlyInPatch') tolerance.tolerate(quirk, detail, refusal)
    },
  }
}

function namesIn(later: JsonObject): string {
  return Object.keys(later).join(', ')
}
