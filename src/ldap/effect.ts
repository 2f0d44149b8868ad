import type { Change } from './change.ts'
import type { Entry } from './entry.ts'
import { valuesOf } from './entry.ts'
import type { Filter } from './filter.ts'
import { and, equal, not, present } from './filter.ts'
import type { Value } from './value.ts'
import { attributeKey, sameValue } from './value.ts'

/** What an entry has of one attribute, and what it has not, once changes were made to it. */
export interface Effect {
  readonly attribute: string
  readonly there: readonly Value[]
  readonly gone: readonly Value[]
  /** `there` is all that it has. */
  readonly whole: boolean
}

/** What changes leave behind, one effect an attribute; of several changes to a value the last one counts. */
export function effectsOf(changes: readonly Change[]): readonly Effect[] {
  const fates = new Map<string, Fate>()
  for (const { kind, attribute, values } of changes) {
    const key = attributeKey(attribute)
    const fate = fates.get(key) ?? { attribute, values: new Map(), whole: false }
    fates.set(key, fate)
    if (kind === 'replace' || (kind === 'delete' && values.length === 0)) {
      fate.values.clear()
      fate.whole = true
    }
    for (const value of values) {
      fate.values.set(keyOfValue(value), { value, there: kind !== 'delete' })
    }
  }
  return [...fates.values()].map(({ attribute, values, whole }) => {
    const which = (there: boolean) =>
      [...values.values()].filter((one) => one.there === there).map(({ value }) => value)
    return { attribute, there: which(true), gone: which(false), whole }
  })
}

/** The filter that an entry with this effect satisfies, for attributes that the server can compare. */
export function filterOfEffect({ attribute, there, gone, whole }: Effect): Filter {
  return and([
    ...there.map((value) => equal(attribute, value)),
    ...(whole && there.length === 0 ? [not(present(attribute))] : []),
    ...gone.map((value) => not(equal(attribute, value))),
  ])
}

/** Whether an entry has this effect, by octets. */
export function hasEffect(entry: Entry, { attribute, there, gone, whole }: Effect): boolean {
  const held = valuesOf(entry, attribute)
  const holds = (value: Value) => held.some((one) => sameValue(one, value))
  return there.every(holds) && !gone.some(holds) && (!whole || held.length === there.length)
}

interface Fate {
  readonly attribute: string
  readonly values: Map<string, { readonly value: Value; readonly there: boolean }>
  whole: boolean
}

function keyOfValue(value: Value): string {
  return typeof value === 'string' ? `=${value}` : `#${Buffer.from(value).toString('base64')}`
}
