import type { Entry } from '../ldap/entry.ts'
import type { Filter } from '../ldap/filter.ts'
import { satisfies } from '../ldap/match.ts'
import type { Value } from '../ldap/value.ts'
import { attributeKey, sameValue } from '../ldap/value.ts'
import type { Check, Step } from './plan.ts'

/** Whether an entry, as it was before the write, is the one that was meant. */
export function isMeant({ identity }: Check, before: Entry | undefined): boolean {
  return before !== undefined && satisfies(identity, before)
}

/** Whether the entry was, before the write, as it had to be. */
export function passes(check: Check, before: Entry | undefined): boolean {
  if (before === undefined || !isMeant(check, before)) return false
  const { state, unchanged } = check
  return satisfies(state, before) && (unchanged === undefined || sameAttributes(before, unchanged))
}

/** Whether the write adds the one value of an attribute that had to be absent. */
export function addsToAbsent({ write, check }: Step, attribute: string): boolean {
  if (write.kind !== 'modify' || check === undefined) return false
  const key = attributeKey(attribute)
  return (
    isAbsentBy(check.state, key) &&
    write.changes.some(
      (change) =>
        change.kind === 'add' &&
        attributeKey(change.attribute) === key &&
        change.values.length === 1,
    )
  )
}

function isAbsentBy(filter: Filter, key: string): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.some((part) => isAbsentBy(part, key))
    case 'not':
      return filter.filter.kind === 'present' && attributeKey(filter.filter.attribute) === key
    default:
      return false
  }
}

function sameAttributes(one: Entry, other: Entry): boolean {
  const names = new Set([...one.attributes.keys(), ...other.attributes.keys()])
  return [...names].every((name) =>
    sameSet(one.attributes.get(name) ?? [], other.attributes.get(name) ?? []),
  )
}

function sameSet(some: readonly Value[], others: readonly Value[]): boolean {
  if (some.length !== others.length) return false
  const texts = new Set(some.filter((value) => typeof value === 'string'))
  return others.every((value) =>
    typeof value === 'string' ? texts.has(value) : some.some((one) => sameValue(one, value)),
  )
}
