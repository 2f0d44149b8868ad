import type { Comparand, Filter, Operator } from '../../src/scim/filter.ts'
import type { AttributePath } from '../../src/scim/path.ts'

type Random = (bound: number) => number

const NAMES = [
  'userName',
  'name',
  'emails',
  'not',
  'and',
  'or',
  'pr',
  'eq',
  'true',
  '$ref',
  'x-y_1',
]
const OPERATORS: readonly Operator[] = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']
const COMPARANDS: readonly Comparand[] = [
  ...['', 'x', '"', '\\', ' a  b ', '(])[', 'and', 'é', '😀', '\u0000\n\u001f', "O'Malley", 'null'],
  ...[0, 1, -1, 1.5, 1e21, 1e-7, 5e-324, Number.MAX_VALUE, 0.1],
  ...[true, false, null],
]
const SCHEMAS = ['urn:ietf:params:scim:schemas:core:2.0:User', 'urn:x', 'http://a.b/1.0/c']

export function randomPath(random: Random): AttributePath {
  return {
    ...(random(3) === 0 ? { schema: one(random, SCHEMAS) } : {}),
    attribute: one(random, NAMES),
    ...(random(2) === 0 ? { sub: one(random, NAMES) } : {}),
  }
}

/** Any filter that the grammar can say, at most `depth` brackets deep. */
export function randomFilter(random: Random, depth: number, inside = false): Filter {
  const path = inside ? { attribute: one(random, NAMES) } : randomPath(random)
  switch (depth === 0 ? random(2) : random(6)) {
    case 0:
      return { kind: 'present', path }
    case 1:
      return {
        kind: 'compare',
        path,
        operator: one(random, OPERATORS),
        value: one(random, COMPARANDS),
      }
    case 2:
      return { kind: 'not', filter: randomFilter(random, depth - 1, inside) }
    case 3:
      if (inside) return { kind: 'present', path }
      return { kind: 'valuePath', path, filter: randomFilter(random, depth - 1, true) }
    default:
      return {
        kind: random(2) === 0 ? 'and' : 'or',
        filters: Array.from({ length: 2 + random(2) }, () =>
          randomFilter(random, depth - 1, inside),
        ),
      }
  }
}

export function one<T>(random: Random, items: readonly T[]): T {
  return items[random(items.length)] as T
}
