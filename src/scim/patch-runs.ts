import { identityOf, isReference } from './identity.ts'
import { isArray } from './json.ts'
import { printResolved } from './path.ts'
import type { Json } from './json.ts'
import type { PatchOperation } from './patch-operation.ts'
import type { ResolvedPath } from './path.ts'

/**
 * The same operations, where runs that add and remove references (members) one by one are joined
 * into one removal and one addition. Some clients send an operation for each member, and each
 * would cost a pass over all members of the group.
 */
export function joinRuns(operations: readonly PatchOperation[]): readonly PatchOperation[] {
  const joined: PatchOperation[] = []
  let run: Run | undefined
  for (const operation of operations.map(withoutFilter)) {
    const { resolved } = operation.target
    const values = valuesOf(operation)
    if (run !== undefined && (!values || printResolved(resolved) !== printResolved(run.resolved))) {
      joined.push(...operationsOf(run))
      run = undefined
    }
    if (values === undefined) {
      joined.push(operation)
      continue
    }
    run ??= { resolved, removed: new Map(), added: new Map() }
    for (const value of values) note(run, operation.op, value)
  }
  return run === undefined ? joined : [...joined, ...operationsOf(run)]
}

/** What became of references in the course of a run, by their identity. */
interface Run {
  readonly resolved: ResolvedPath
  /** That were removed, even if they came back. */
  readonly removed: Map<string, Json>
  /** That were added, and not removed after. */
  readonly added: Map<string, Json>
}

function note(run: Run, op: PatchOperation['op'], value: Json): void {
  const identity = identityOf(run.resolved.attribute, value)
  if (op === 'remove') {
    run.removed.set(identity, value)
    run.added.delete(identity)
  } else if (!run.added.has(identity)) {
    run.added.set(identity, value)
  }
}

function operationsOf({ resolved, removed, added }: Run): readonly PatchOperation[] {
  const target = { resolved }
  return [
    { op: 'remove' as const, target, value: [...removed.values()] },
    { op: 'add' as const, target, value: [...added.values()] },
  ].filter(({ value }) => value.length > 0)
}

/** The references that an operation adds or removes, if it does no more than that. */
function valuesOf({ op, target, value }: PatchOperation): readonly Json[] | undefined {
  const { resolved, filter } = target
  const { attribute, sub } = resolved
  const whole = filter === undefined && sub === undefined && attribute.multiValued
  return whole && op !== 'replace' && isArray(value) && isReference(attribute) ? value : undefined
}

/** `remove members[value eq "…"]` as the removal of that value, which needs no search. */
function withoutFilter(operation: PatchOperation): PatchOperation {
  const { resolved, filter, sub } = operation.target
  if (
    operation.op !== 'remove' ||
    sub !== undefined ||
    filter?.kind !== 'compare' ||
    filter.operator !== 'eq' ||
    filter.path.attribute.toLowerCase() !== 'value' ||
    typeof filter.value !== 'string' ||
    !isReference(resolved.attribute)
  ) {
    return operation
  }
  return { op: 'remove', target: { resolved }, value: [{ value: filter.value }] }
}
