import type { Entry } from '../ldap/entry.ts'
import { printDn } from '../ldap/dn.ts'
import type { Filter } from '../ldap/filter.ts'
import { TRUE } from '../ldap/filter.ts'
import type { Write } from '../ldap/operation.ts'
import { LdapError, RESULT_CODES, UnavailableError } from '../ldap/result.ts'
import { attributeKey } from '../ldap/value.ts'
import { isReadOnly } from '../plan/attributes.ts'
import { addsToAbsent, isMeant, passes } from '../plan/check.ts'
import { requireAllowed } from '../plan/denied.ts'
import type { Plan, Step } from '../plan/plan.ts'
import { ScimError } from '../scim/error.ts'
import type { Context } from './context.ts'
import { serverOf } from './context.ts'
import { RETRY_AFTER } from './failure.ts'
import { carryThrough } from './outcome.ts'
import type { Outcome } from './outcome.ts'

/** Answers to an undo that mean: somebody else has written there since. */
const OVERTAKEN = new Set([
  'noSuchAttribute',
  'attributeOrValueExists',
  'noSuchObject',
  'assertionFailed',
])

/**
 * Runs a plan's steps in order. When one fails, those before it are undone and its error is thrown.
 *
 * @param identity What is true of the entry that the plan is about and of no other; nothing is known
 *   of one that is to be added.
 * @returns What the last read control told of the entry.
 * @throws {ScimError} 500, saying what was done, where it could not be undone; 503 where that is
 *   because the directory is away.
 */
export async function execute(
  context: Context,
  { steps }: Plan,
  identity: Filter = TRUE,
): Promise<Entry | undefined> {
  const { schema } = await serverOf(context)
  for (const { write } of steps) requireAllowed(context.rules, write, schema)
  const done: Step[] = []
  let entry: Entry | undefined
  for (const step of steps) {
    try {
      const { before, after, byReading } = await runStep(context, step, identity)
      const told = !byReading && isTold(step.write)
      if (told && step.check !== undefined && !passes(step.check, before)) {
        await takeBack(context, step, before)
        throw overtaken(step.write)
      }
      entry = after ?? entry
    } catch (error) {
      await undo(context, done, error, identity)
      throw error
    }
    done.push(step)
  }
  return entry
}

/** Whether the server tells what a write found. */
function isTold(write: Write): boolean {
  return 'preRead' in write
}

async function runStep(context: Context, step: Step, identity: Filter): Promise<Outcome> {
  let { write } = step
  const alternatives = [...(step.otherwise ?? [])]
  for (;;) {
    try {
      return await carryThrough(context, write, identity)
    } catch (error) {
      if (!(error instanceof LdapError)) throw error
      const { reason, attribute = '' } = context.rules.dialect.readDiagnostic(error.diagnostic)
      if (reason === 'multipleValues' && addsToAbsent(step, attribute)) throw overtaken(write)
      const index = alternatives.findIndex(({ on }) => error.result === on)
      const [alternative] = index < 0 ? [] : alternatives.splice(index, 1)
      if (alternative === undefined) throw error
      write = alternative.write
    }
  }
}

/** What the assertion control would have answered. */
function overtaken({ kind }: Write): LdapError {
  return new LdapError(kind, RESULT_CODES.assertionFailed)
}

/**
 * Takes back a step that met another entry than was meant, or another state of it. What somebody
 * else has changed since then is the next attempt's to find, where there may be one.
 */
async function takeBack(context: Context, step: Step, before: Entry | undefined): Promise<void> {
  const { write, check } = step
  try {
    if (write.kind === 'delete' && before !== undefined) await putBack(context, before)
    else if (step.undo !== undefined) await carryThrough(context, step.undo)
    else throw overtaken(write)
  } catch (error) {
    const again = check !== undefined && check.unchanged === undefined && isMeant(check, before)
    if (again && error instanceof LdapError && isOvertaken(context, error)) return
    throw carriedOutInPart(context, step, error)
  }
  const line = { step: write.kind, dn: printDn(write.dn) }
  context.log.warn(line, 'a step was taken back: others were faster')
}

function isOvertaken({ rules }: Context, { result, diagnostic }: LdapError): boolean {
  return OVERTAKEN.has(result) || rules.dialect.mayHideAbsence(result, diagnostic)
}

/**
 * Adds an entry that was deleted again, without what the server maintains: it gets another id. So it
 * does without its password where the server takes none that is hashed already.
 */
async function putBack(context: Context, { dn, attributes }: Entry): Promise<void> {
  const { schema } = await serverOf(context)
  const { dialect, resources } = context.rules
  const maintained = resources
    .flatMap((resource) => resource.attributes)
    .flatMap((rule) => (rule.kind === 'reference' && isReadOnly(rule) ? [rule.ldap] : []))
    .map(attributeKey)
  const written = [...attributes]
    .filter(([name]) => !maintained.includes(name))
    .filter(([name]) => schema.attributeType(name)?.readOnly !== true)
    .map(([name, values]) => ({ name, values }))
  const withoutPassword = written.filter(
    ({ name }) => name !== attributeKey(dialect.password.attribute),
  )
  const step: Step = {
    write: { kind: 'add', dn, attributes: written },
    otherwise: [
      { on: 'constraintViolation', write: { kind: 'add', dn, attributes: withoutPassword } },
    ],
  }
  await runStep(context, step, TRUE)
}

async function undo(
  context: Context,
  done: readonly Step[],
  cause: unknown,
  identity: Filter,
): Promise<void> {
  for (const step of [...done].reverse()) {
    if (step.undo === undefined) continue
    try {
      await carryThrough(context, step.undo, identity)
    } catch (error) {
      if (isMovedOn(context, step, error)) continue
      throw carriedOutInPart(context, step, error, cause)
    }
  }
}

/** Whether somebody else has given the entry yet another name, so that ours is gone as it should be. */
function isMovedOn(context: Context, { write }: Step, error: unknown): boolean {
  return write.kind === 'rename' && error instanceof LdapError && isOvertaken(context, error)
}

function carriedOutInPart(
  { log }: Context,
  { write }: Step,
  error: unknown,
  cause: unknown = error,
): ScimError {
  const what = `${write.kind} of ${printDn(write.dn)}`
  log.error({ err: error, step: what }, 'a step could not be undone')
  const away = error instanceof UnavailableError
  return new ScimError(
    away ? 503 : 500,
    `the request was carried out in part: the ${what} succeeded, what followed it failed, and it could not be undone`,
    { cause, ...(away && { headers: { 'Retry-After': RETRY_AFTER } }) },
  )
}
