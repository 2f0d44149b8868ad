import { orderOf } from '../scim/bulk.ts'
import type { BulkOperation, BulkRequest, CreateOperation } from '../scim/bulk.ts'
import { ScimError } from '../scim/error.ts'
import type { JsonObject } from '../scim/json.ts'
import type { BulkResult } from '../scim/message.ts'
import { createCircle } from './bulk-circle.ts'
import type { BulkCaller, BulkVerbs } from './bulk-operation.ts'
import { runOperation } from './bulk-operation.ts'

/** New resources that are created at the same time. */
const MOST_AT_ONCE = 4

/** What a new resource will have to itself (plan/claims.ts). */
export type Claims = (endpoint: string, data: JsonObject) => ReadonlySet<string> | undefined

/**
 * Carries out a bulk request (RFC 7644 §3.7): one result for each operation, in the order of the
 * request, whatever becomes of the others. After as many errors as the client accepts, what is left
 * is neither carried out nor in the answer.
 *
 * The outcome is that of one operation after the other. Only new resources that have nothing in
 * common are created side by side, and only where no error would end the request.
 *
 * @throws The signal's reason where the client has hung up, before the next operation.
 */
export async function runBulk<Caller extends BulkCaller>(
  verbs: BulkVerbs<Caller>,
  caller: Caller,
  bulk: BulkRequest,
  claimsOf: Claims,
): Promise<readonly BulkResult[]> {
  const { operations, failOnErrors = Infinity } = bulk
  const results: (BulkResult | undefined)[] = operations.map(() => undefined)
  const ids = new Map<string, string>()
  const group = new SideBySide()
  let errors = 0

  const note = (index: number | undefined, result: BulkResult) => {
    if (index !== undefined) results[index] = result
    if (result.error !== undefined) errors++
  }
  const run = async (index: number, operation: BulkOperation) => {
    note(index, await runOperation(verbs, caller, operation, ids))
  }

  for (const unit of orderOf(bulk)) {
    if (errors >= failOnErrors) break
    // Thousands of refusals need no directory: other requests, and a hang-up, have their turn.
    await new Promise((resolve) => setImmediate(resolve))
    if (hasHungUp(caller)) caller.signal.throwIfAborted()
    const [index = 0] = unit
    const operation = operations[index]
    if (operation === undefined) continue
    const circle = circleIn(unit, operations)
    if (circle !== undefined) {
      await group.done()
      const outcomes = await createCircle(verbs, caller, circle, ids)
      outcomes.forEach((outcome, at) => note(unit[at], outcome))
    } else if (isCreate(operation) && failOnErrors === Infinity) {
      const claims = claimsOf(operation.endpoint, operation.data)
      await group.add(operation, claims, () => run(index, operation))
    } else {
      await group.done()
      await run(index, operation)
    }
  }
  await group.done()
  return results.filter((result) => result !== undefined)
}

/** A request that took too long has an answer all the same: what was done, and 503 for the rest. */
function hasHungUp({ signal }: BulkCaller): boolean {
  return signal.aborted && !(signal.reason instanceof ScimError)
}

/** The operations that refer to each other in a circle, or one to itself. */
function circleIn(
  unit: readonly number[],
  operations: readonly BulkOperation[],
): readonly CreateOperation[] | undefined {
  const members = unit.map((index) => operations[index]).filter(isCreate)
  const [first] = members
  const selfish = first?.references.has(first.bulkId) ?? false
  return unit.length > 1 || selfish ? members : undefined
}

function isCreate(operation: BulkOperation | undefined): operation is CreateOperation {
  return operation?.method === 'POST' && !('error' in operation)
}

/** What may run at the same time. */
class SideBySide {
  readonly #running = new Map<string, Running>()

  /** Begins with a new resource as soon as none is under way that it needs or may be in the way of. */
  async add(
    { bulkId, references }: CreateOperation,
    claims: ReadonlySet<string> | undefined,
    run: () => Promise<void>,
  ): Promise<void> {
    const isInTheWay = ([other, { claimed }]: readonly [string, Running]) =>
      references.has(other) || claims === undefined || [...claims].some((one) => claimed?.has(one))
    for (;;) {
      const before = [...this.#running].filter(isInTheWay).map(([, { done }]) => done)
      if (before.length > 0) await Promise.all(before)
      else if (this.#running.size < MOST_AT_ONCE) break
      else await Promise.race([...this.#running.values()].map(({ done }) => done))
    }
    const done = run().finally(() => this.#running.delete(bulkId))
    this.#running.set(bulkId, { claimed: claims, done })
    if (claims === undefined) await done
  }

  async done(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ done }) => done))
  }
}

interface Running {
  readonly claimed: ReadonlySet<string> | undefined
  readonly done: Promise<void>
}
