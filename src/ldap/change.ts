import type { Value } from './value.ts'
import { sameValue } from './value.ts'

/**
 * One change of a modify (RFC 4511 §4.6). `replace` is for what cannot be read back, such as a
 * password, or cannot be compared, such as a fax number; everything else names the values that go and come, so that the server itself refuses
 * when somebody else was faster.
 */
export interface Change {
  readonly kind: 'add' | 'delete' | 'replace'
  readonly attribute: string
  readonly values: readonly Value[]
}

/**
 * The smallest changes that turn the value set `from` into `to`; none where they are the same set.
 * Values that go are named before values that come, so that single-valued attributes pass.
 */
export function changesBetween(
  attribute: string,
  from: readonly Value[],
  to: readonly Value[],
  same: (a: Value, b: Value) => boolean = sameValue,
): readonly Change[] {
  const gone = without(from, to, same)
  const come = without(to, from, same)
  const changes: Change[] = []
  if (gone.length > 0) changes.push({ kind: 'delete', attribute, values: gone })
  if (come.length > 0) changes.push({ kind: 'add', attribute, values: come })
  return changes
}

function without(
  values: readonly Value[],
  others: readonly Value[],
  same: (a: Value, b: Value) => boolean,
): readonly Value[] {
  if (values.length * others.length < 1024) {
    return values.filter((value) => !others.some((other) => same(value, other)))
  }
  const texts = new Set(others.filter((other) => typeof other === 'string'))
  return values.filter((value) =>
    typeof value === 'string' && texts.has(value)
      ? false
      : !others.some((other) => same(value, other)),
  )
}
