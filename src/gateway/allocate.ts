import { dnKey, printDn } from '../ldap/dn.ts'
import { textsOf } from '../ldap/entry.ts'
import { equal, or } from '../ldap/filter.ts'
import type { Server } from '../ldap/server.ts'
import { isAllocating } from '../mapping/allocation.ts'
import type { AllocatingRule } from '../mapping/allocation.ts'
import type { ResourceRules } from '../mapping/rules.ts'
import { ScimError } from '../scim/error.ts'
import { printResolved } from '../scim/path.ts'
import { getAttribute, withAttribute } from '../scim/resource.ts'
import type { Resource } from '../scim/resource.ts'
import type { Context } from './context.ts'
import { CounterError, reserve } from './counter.ts'
import { searchAll } from './search.ts'

/** How often a request reserves numbers before it gives up on finding one that nobody has. */
const ROUNDS = 100
/** How many numbers one search looks at for those that are taken. */
const AHEAD = 256

/**
 * A new resource with the numbers that the mapping gives it. A number is given once: if the entry is
 * not made after all, nobody gets it. One that an entry below the suffix has already is passed over,
 * so a counter that lags behind does no harm.
 *
 * @param rehearse Throws where the resource will be refused whatever its numbers are.
 * @throws {ScimError} uniqueness, where the client chose a number that is taken; 500, where the
 *   counter has none to give.
 */
export async function allocated(
  context: Context,
  resource: ResourceRules,
  body: Resource,
  server: Server,
  rehearse: (example: Resource) => unknown,
): Promise<Resource> {
  const rules = resource.attributes.filter(isAllocating)
  if (rules.length === 0) return body
  const example = rules.reduce(
    (whole, { path, allocation }) =>
      getAttribute(whole, path) === undefined ? withAttribute(whole, path, allocation.from) : whole,
    body,
  )
  rehearse(example)
  let whole = body
  for (const rule of rules) {
    const chosen = getAttribute(body, rule.path)
    if (typeof chosen === 'number') await refuseTaken(context, rule, chosen)
    else whole = withAttribute(whole, rule.path, await nextNumber(context, rule, server))
  }
  return whole
}

async function refuseTaken(context: Context, rule: AllocatingRule, number: number): Promise<void> {
  if ((await takenAmong(context, rule, [number])).size === 0) return
  const name = printResolved(rule.path)
  throw new ScimError('uniqueness', `${name} is taken by another entry of the directory`)
}

/** Numbers are reserved first and looked for then, so that nobody else is given them meanwhile. */
async function nextNumber(context: Context, rule: AllocatingRule, server: Server): Promise<number> {
  const { allocation } = rule
  const { from, to, counter } = allocation
  try {
    let count = 1
    for (let round = 0; round < ROUNDS; round++) {
      const first = await reserve(context, allocation, count, server)
      const own = numbersBetween(Math.max(first, from), Math.min(first + count - 1, to))
      const taken = own.length === 0 ? new Set() : await takenAmong(context, rule, own)
      const free = own.find((number) => !taken.has(number))
      if (free !== undefined) return free
      const next = first + count
      if (next > to) break
      count = (await lowestFree(context, rule, Math.max(next, from))) - next + 1
      const line = { counter: printDn(counter), attribute: allocation.attribute, skipped: count }
      context.log.warn(line, 'the counter lags behind the numbers that entries have')
    }
    throw new CounterError('exhausted')
  } catch (error) {
    throw error instanceof CounterError ? refusal(context, rule, error) : error
  }
}

/** The first number that nobody has, or the last one that was looked at. */
async function lowestFree(context: Context, rule: AllocatingRule, start: number): Promise<number> {
  const window = numbersBetween(start, Math.min(start + AHEAD - 1, rule.allocation.to))
  const taken = await takenAmong(context, rule, window)
  return window.find((number) => !taken.has(number)) ?? window.at(-1) ?? start
}

/** Which numbers entries have, whatever these are: other systems look at all of them. */
async function takenAmong(
  context: Context,
  { ldap, allocation }: AllocatingRule,
  numbers: readonly number[],
): Promise<ReadonlySet<number>> {
  const found = await searchAll(context, {
    base: context.rules.scope.suffix,
    scope: 'subtree',
    filter: or(numbers.map((number) => equal(ldap, String(number)))),
    attributes: [ldap],
  })
  const counter = dnKey(allocation.counter)
  return new Set(
    found
      .filter(({ dn }) => dnKey(dn) !== counter)
      .flatMap((entry) => textsOf(entry, ldap).map(Number)),
  )
}

/** In words: to the client that it is not its fault, to the operator what to do. */
function refusal(
  { log }: Context,
  { path, allocation }: AllocatingRule,
  error: CounterError,
): ScimError {
  const { counter, attribute, from, to } = allocation
  const line = { counter: printDn(counter), attribute, from, to, err: error.cause }
  log.error(line, OPERATOR[error.reason])
  const name = printResolved(path)
  return new ScimError(500, `${name} cannot be given: ${CLIENT[error.reason]}`, { cause: error })
}

const OPERATOR: Readonly<Record<CounterError['reason'], string>> = {
  missing:
    'the entry that counts is not in the directory, or not to be seen; docs/mapping.md has its LDIF',
  empty: 'the entry that counts has no number in that attribute, or none that may be read',
  forbidden: 'the service account may not change the entry that counts',
  exhausted: 'every number of the range was given; a higher "to" in the mapping makes more',
}

const CLIENT: Readonly<Record<CounterError['reason'], string>> = {
  missing: 'the directory has no counter for it',
  empty: 'the directory has no counter for it',
  forbidden: 'the directory does not let this gateway count',
  exhausted: 'the directory has no number left',
}

function numbersBetween(first: number, last: number): readonly number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)
}
