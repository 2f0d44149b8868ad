import type { Compilation } from './compilation.ts'
import { compileDn } from './compilation.ts'
import type { AllocationDocument, AttributeObject } from './document.ts'
import type { DocumentPath } from './problem.ts'
import type { Allocation, AttributeRule, ValueRule } from './rules.ts'

/** Where an attribute gets its numbers; nothing where it is not counted. */
export function compileAllocation(
  compilation: Compilation,
  at: DocumentPath,
  { ldap, allocate }: AttributeObject,
): Allocation | undefined {
  if (allocate === undefined) return undefined
  // Parts may be missing where the shape is wrong, which is told elsewhere.
  const written = allocate as Partial<AllocationDocument>
  const { counter: source, attribute = ldap, from, to } = written
  const counter = compileDn(compilation, [...at, 'counter'], source)
  if (from !== undefined && to !== undefined && from > to) {
    compilation.report(at, `no number lies between ${from} and ${to}: "from" is the lower one`)
  }
  if (counter === undefined || attribute === undefined) return undefined
  if (from === undefined || to === undefined) return undefined
  return { counter, attribute, from, to }
}

/** A rule whose new entries get numbers. */
export type AllocatingRule = ValueRule & Required<Pick<ValueRule, 'allocation'>>

export function isAllocating(rule: AttributeRule): rule is AllocatingRule {
  return rule.kind === 'value' && rule.allocation !== undefined
}
