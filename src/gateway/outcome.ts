import type { WriteResult } from '../ldap/directory.ts'
import type { Dn } from '../ldap/dn.ts'
import { commonAncestor, printDn } from '../ldap/dn.ts'
import type { Effect } from '../ldap/effect.ts'
import { effectsOf, filterOfEffect, hasEffect } from '../ldap/effect.ts'
import type { Entry } from '../ldap/entry.ts'
import type { Filter } from '../ldap/filter.ts'
import { and, TRUE } from '../ldap/filter.ts'
import { nameAfter } from '../ldap/operation.ts'
import type { Search, Write } from '../ldap/operation.ts'
import { LdapError, UnavailableError } from '../ldap/result.ts'
import { attributeKey } from '../ldap/value.ts'
import type { Context } from './context.ts'

/** How a write that was carried out ended. */
export interface Outcome extends WriteResult {
  /** The answer was lost, and reading told the outcome: nobody knows what the write met. */
  readonly byReading?: true
}

/** How often a write is sent whose connection is lost each time. */
const ATTEMPTS = 3
/** How long reading the outcome may take, a new connection included. */
const READING_MS = 5_000

/**
 * Sends a write. Where no answer comes, or none that tells, the directory is asked what became of it: what was carried
 * out is a success; what was not is sent again if its connection is gone. After a time-out it is
 * not: the server may yet come to it. That the first one was only late shows in how the second is
 * refused, and then reading tells it. A write that has begun is not given up when its client hangs
 * up: it takes no signal.
 *
 * @param identity What is true of the entry that is meant and of no other.
 * @throws {UnavailableError} Where the outcome cannot be told.
 */
export async function carryThrough(
  context: Context,
  write: Write,
  identity: Filter = TRUE,
): Promise<Outcome> {
  const { log } = context
  const details = { step: write.kind, dn: printDn(write.dn) }
  let doubt = false
  for (let tries = 1; ; tries++) {
    try {
      return await send(context, write)
    } catch (error) {
      const unanswered = isUnanswered(error)
      doubt ||= unanswered
      if (!doubt) throw error
      const done = await isCarriedOut(context, write, identity)
      if (unanswered) {
        log.warn({ ...details, done, reason: error.message }, 'the answer to a write was lost')
      }
      if (done === true) return { byReading: true }
      if (done === undefined || !unanswered || isUnderWay(error) || tries === ATTEMPTS) throw error
    }
  }
}

/** A proxy that calls its server unavailable may have passed the write on. */
function isUnanswered(error: unknown): error is UnavailableError | LdapError {
  return error instanceof LdapError
    ? error.result === 'unavailable'
    : error instanceof UnavailableError && error.sent
}

function isUnderWay(error: UnavailableError | LdapError): boolean {
  return error instanceof UnavailableError && error.underWay
}

async function send({ directory }: Context, write: Write): Promise<WriteResult> {
  switch (write.kind) {
    case 'add':
      return directory.add(write)
    case 'modify':
      return directory.modify(write)
    case 'rename':
      return directory.rename(write)
    case 'delete':
      return directory.delete(write)
    case 'password':
      await directory.modifyPassword(write)
      return {}
  }
}

/** What asking needs of a request; its client may be gone. */
type Asking = Pick<Context, 'rules' | 'directory' | 'signal'>

/** @returns `undefined` where the directory cannot be asked. */
async function isCarriedOut(
  context: Context,
  write: Write,
  identity: Filter,
): Promise<boolean | undefined> {
  const asking: Asking = { ...context, signal: AbortSignal.timeout(READING_MS) }
  try {
    switch (write.kind) {
      case 'add':
        return await shows(asking, write.dn, identity, wholeOf(write.attributes))
      case 'modify':
        return await shows(asking, write.dn, identity, effectsOf(write.changes))
      case 'rename':
        return await exists(asking, nameAfter(write) ?? write.dn, identity)
      case 'delete':
        return !(await isAnywhere(asking, write.dn, identity))
      case 'password':
        // It cannot be read; to set it twice does no harm.
        return false
    }
  } catch {
    return undefined
  }
}

function wholeOf(
  attributes: readonly { readonly name: string; readonly values: Effect['there'] }[],
) {
  return attributes.map(({ name, values }) => ({
    attribute: name,
    there: values,
    gone: [],
    whole: false,
  }))
}

/** Whether an entry has all effects that can be seen; the server compares what it has a rule for. */
async function shows(
  asking: Asking,
  base: Dn,
  identity: Filter,
  effects: readonly Effect[],
): Promise<boolean> {
  const { dialect } = asking.rules
  const seen = effects.filter(
    ({ attribute }) => attributeKey(attribute) !== attributeKey(dialect.password.attribute),
  )
  // Nothing to see is no proof.
  if (seen.length === 0) return false
  const { schema } = await asking.directory.server({ signal: asking.signal })
  const compared = (effect: Effect) =>
    schema.attributeType(effect.attribute)?.equality !== undefined
  const read = seen.filter((effect) => effect.whole || !compared(effect))
  const filter = and([identity, ...seen.filter(compared).map(filterOfEffect)])
  const entry = await readOne(asking, {
    base,
    scope: 'base',
    filter,
    attributes: read.map(({ attribute }) => attribute),
  })
  return entry !== undefined && read.every((effect) => hasEffect(entry, effect))
}

async function exists(asking: Asking, base: Dn, filter: Filter): Promise<boolean> {
  return (await readOne(asking, { base, scope: 'base', filter, attributes: [] })) !== undefined
}

/** Whether the entry is there, under whatever name. */
async function isAnywhere(asking: Asking, dn: Dn, identity: Filter): Promise<boolean> {
  if (await exists(asking, dn, identity)) return true
  if (identity.kind === 'true') return false
  const bases = asking.rules.resources.map(({ base }) => base)
  const ancestor = commonAncestor(bases)
  for (const base of ancestor.rdns.length > 0 ? [ancestor] : bases) {
    const search = { base, scope: 'subtree', filter: identity, attributes: [] } as const
    if ((await readOne(asking, search)) !== undefined) return true
  }
  return false
}

async function readOne({ directory, signal }: Asking, search: Search): Promise<Entry | undefined> {
  try {
    const { entries } = await directory.search(search, { signal })
    return entries[0]
  } catch (error) {
    if (error instanceof LdapError && error.result === 'noSuchObject') return undefined
    throw error
  }
}
