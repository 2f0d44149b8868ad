import type { Entry } from '../ldap/entry.ts'
import { firstText } from '../ldap/entry.ts'
import { not, present } from '../ldap/filter.ts'
import type { Filter } from '../ldap/filter.ts'
import { LdapError, UnavailableError } from '../ldap/result.ts'
import type { ResultName } from '../ldap/result.ts'
import type { Server } from '../ldap/server.ts'
import type { Allocation } from '../mapping/rules.ts'
import type { Context } from './context.ts'
import { retried } from './retry.ts'

/** How often numbers are asked for whose answer is lost each time. */
const ATTEMPTS = 3

/** Why an entry that counts gave no number. */
export class CounterError extends Error {
  readonly reason: 'missing' | 'empty' | 'forbidden' | 'exhausted'

  constructor(reason: CounterError['reason'], cause?: unknown) {
    super(reason, { cause })
    this.name = 'CounterError'
    this.reason = reason
  }
}

/**
 * The first of `count` numbers that nobody else is given, by whatever gateway: in one operation where
 * the server can add to a number and tell the sum (RFC 4525), else by taking the number that was
 * read out and putting a higher one in its place, which the server refuses to all but one.
 *
 * @throws {CounterError} Where the counter is missing, has no number, or is beyond the range.
 */
export async function reserve(
  context: Context,
  allocation: Allocation,
  count: number,
  { features, controls, schema }: Server,
): Promise<number> {
  const increments = features.has('modifyIncrement') && controls.has('postRead')
  const ordered = schema.attributeType(allocation.attribute)?.ordering !== undefined
  const asserts = controls.has('assertion') && ordered
  for (let tries = 1; ; tries++) {
    try {
      return increments
        ? await increment(context, allocation, count, asserts)
        : await inTurn(allocation, () => swap(context, allocation, count))
    } catch (error) {
      const lost = error instanceof UnavailableError && error.sent
      // If it was carried out after all, these numbers are nobody's.
      if (!lost || tries === ATTEMPTS) throw error instanceof LdapError ? reasonOf(error) : error
    }
  }
}

async function increment(
  { directory, rules }: Context,
  { counter: dn, attribute, to }: Allocation,
  by: number,
  asserts: boolean,
): Promise<number> {
  // So that what asks again and again for numbers that are used up moves nothing.
  const some: Filter = not({ kind: 'greaterOrEqual', attribute, value: String(to + 1) })
  const { after } = await directory.modify({
    dn,
    changes: [],
    increment: { attribute, by },
    postRead: [attribute],
    ...(asserts && { assertion: rules.dialect.assertion(some, dn) }),
  })
  const first = numberIn(after, attribute) - by
  if (first > to) throw new CounterError('exhausted')
  return first
}

async function swap(
  context: Context,
  { counter: dn, attribute, to }: Allocation,
  by: number,
): Promise<number> {
  const { directory, signal } = context
  return retried(context, async () => {
    const search = {
      base: dn,
      scope: 'base',
      filter: present('objectClass'),
      attributes: [attribute],
    } as const
    const { entries } = await directory.search(search, { signal }).catch((error: unknown) => {
      throw error instanceof LdapError ? reasonOf(error) : error
    })
    const [entry] = entries
    if (entry === undefined) throw new CounterError('missing')
    const first = numberIn(entry, attribute)
    if (first > to) throw new CounterError('exhausted')
    const held = firstText(entry, attribute) ?? ''
    await directory.modify({
      dn,
      changes: [
        { kind: 'delete', attribute, values: [held] },
        { kind: 'add', attribute, values: [String(first + by)] },
      ],
    })
    return first
  })
}

function numberIn(entry: Entry | undefined, attribute: string): number {
  const text = entry && firstText(entry, attribute)
  if (text === undefined || !/^\d+$/.test(text)) throw new CounterError('empty')
  return Number(text)
}

const REASONS: Readonly<Partial<Record<ResultName, CounterError['reason']>>> = {
  noSuchObject: 'missing',
  noSuchAttribute: 'empty',
  insufficientAccessRights: 'forbidden',
  assertionFailed: 'exhausted',
}

function reasonOf(error: LdapError): Error {
  const reason = REASONS[error.result]
  return reason === undefined ? error : new CounterError(reason, error)
}

/**
 * Requests of one gateway that would only be in each other's way, one after the other; those of other
 * gateways are few then.
 */
function inTurn<T>(allocation: Allocation, run: () => Promise<T>): Promise<T> {
  const last = turns.get(allocation) ?? Promise.resolve()
  const mine = last.then(run)
  turns.set(
    allocation,
    mine.catch(() => {}),
  )
  return mine
}

const turns = new WeakMap<Allocation, Promise<unknown>>()
