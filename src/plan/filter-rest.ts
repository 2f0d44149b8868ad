import type { Filter as LdapFilter } from '../ldap/filter.ts'
import { FALSE } from '../ldap/filter.ts'
import type { AttributeType } from '../ldap/schema.ts'
import type { Attribute } from '../scim/attribute.ts'
import type { Filter as ScimFilter, Operator } from '../scim/filter.ts'
import type { Bounds } from './bounds.ts'
import { anyOf, exactly, within } from './bounds.ts'
import type { Comparison, FilterContext } from './filter-context.ts'
import { booleanOf } from './filter-context.ts'
import type { RestRule } from './rest.ts'
import { hasManyTexts, stringText } from './rest-text.ts'

/**
 * What an element must have, as pieces of its JSON text: quotation marks within a string are
 * escaped there, so a name in bare ones is a member's, and the text beside it that member's value.
 * The server finds such pieces by a substring match, in the order of the members.
 */
interface Condition {
  /** Sub-attribute → pieces of text. */
  readonly pieces: ReadonlyMap<string, readonly string[]>
  /** Whether the pieces say all of the condition. */
  readonly whole: boolean
}

const NOTHING: Condition = { pieces: new Map(), whole: false }
const ANY: Condition = { pieces: new Map(), whole: true }

/** More alternatives than these are looked at in the gateway. */
const MOST_ALTERNATIVES = 32

/**
 * Whether the rest has a value that meets the inner filter of a value path; any at all without one.
 *
 * @param start How the value begins: as an element unless given.
 */
export function boundsOfRest(
  rule: RestRule,
  filter: ScimFilter | undefined,
  { server }: FilterContext,
  start = '{',
): Bounds {
  const type = server.schema.attributeType(rule.rest)
  if (type === undefined) return exactly(FALSE)
  const alternatives = filter === undefined ? [ANY] : alternativesOf(filter, rule, type)
  const some = alternatives.length > MOST_ALTERNATIVES ? [NOTHING] : alternatives
  return anyOf(some.map((condition) => holding(rule.rest, start, condition)))
}

/** Whether the rest has a value that begins so and holds this piece of JSON text. */
export function boundsOfText(
  rule: RestRule,
  start: string,
  piece: string,
  { server }: FilterContext,
): Bounds {
  const isKnown = server.schema.attributeType(rule.rest) !== undefined
  return exactly(isKnown ? substrings(rule.rest, start, [piece]) : FALSE)
}

/** Operators that are false of a value which does not hold what it is compared with. */
const HOLDING: ReadonlySet<Operator> = new Set(['eq', 'co', 'sw', 'ew'])

function alternativesOf(
  filter: ScimFilter,
  rule: RestRule,
  type: AttributeType,
): readonly Condition[] {
  switch (filter.kind) {
    case 'or':
      return filter.filters.flatMap((inner) => alternativesOf(inner, rule, type))
    case 'and':
      return filter.filters
        .map((inner) => alternativesOf(inner, rule, type))
        .reduce<readonly Condition[]>(
          (left, right) =>
            left.length * right.length > MOST_ALTERNATIVES
              ? [NOTHING]
              : left.flatMap((one) => right.map((other) => both(one, other))),
          [ANY],
        )
    case 'not':
      return [NOTHING]
    case 'valuePath':
      return []
    case 'present': {
      const sub = subAttribute(filter.path.attribute, rule)
      return sub === undefined ? [] : [having(sub, [''], true)]
    }
    case 'compare': {
      const sub = subAttribute(filter.path.attribute, rule)
      if (filter.operator === 'ne' || filter.value === null) return [NOTHING]
      return sub === undefined ? [] : [compared(sub, filter, type)]
    }
  }
}

function compared(sub: Attribute, { operator, value }: Comparison, type: AttributeType): Condition {
  if (sub.type === 'boolean') {
    // What is not said is false.
    return operator === 'eq' && booleanOf(value) === true ? having(sub, ['true'], true) : NOTHING
  }
  if (typeof value !== 'string' || !HOLDING.has(operator)) return having(sub, [''], false)
  // Letters of another case would not be found.
  if (!sub.caseExact && type.substring?.startsWith('caseExact')) return having(sub, [''], false)
  // Any number of blanks is as good as one, and none at the ends as good as some.
  const words = value
    .normalize('NFKC')
    .split(' ')
    .filter((word) => word !== '' && !hasManyTexts(word))
  return having(sub, ['"', ...words.map(stringText)], false)
}

function having(
  { name }: Attribute,
  [first = '', ...more]: readonly string[],
  whole: boolean,
): Condition {
  return { pieces: new Map([[name, [`${JSON.stringify(name)}:${first}`, ...more]]]), whole }
}

function both(left: Condition, right: Condition): Condition {
  const shared = [...right.pieces.keys()].some((name) => left.pieces.has(name))
  return {
    pieces: new Map([...right.pieces, ...left.pieces]),
    whole: left.whole && right.whole && !shared,
  }
}

function holding(ldap: string, start: string, { pieces, whole }: Condition): Bounds {
  const inOrder = [...pieces].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, each]) => each)
  const filter = substrings(ldap, start, inOrder)
  return whole ? exactly(filter) : within(filter)
}

function substrings(ldap: string, start: string, any: readonly string[]): LdapFilter {
  return { kind: 'substrings', attribute: ldap, ...(start !== '' && { initial: start }), any }
}

/** The sub-attribute, in whatever letter case it came. */
function subAttribute(name: string, { path }: RestRule): Attribute | undefined {
  const wanted = name.toLowerCase()
  return path.attribute.subAttributes?.find((sub) => sub.name.toLowerCase() === wanted)
}
