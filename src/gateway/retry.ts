import type { Dn } from '../ldap/dn.ts'
import { printDn } from '../ldap/dn.ts'
import { LdapError, RESULT_CODES } from '../ldap/result.ts'
import type { Rules } from '../mapping/rules.ts'
import type { Context } from './context.ts'

/** Codes by which a server says that an entry is no longer what was read. */
const CONFLICTS = new Set([
  'noSuchAttribute',
  'attributeOrValueExists',
  'assertionFailed',
  'noSuchObject',
])

/** How often a write is tried anew when others write the same entry. */
const ATTEMPTS = 60

/** How often where it may not be allowed at all: the entry was where it was, as far as is known. */
const ATTEMPTS_IN_DOUBT = 5

/** The longest pause between two attempts, in ms. */
const PAUSE_MS = 200

/** One of several attempts. */
export interface Attempt {
  /** The how-manieth it is, from 1. */
  readonly tries: number
  /** To be told where the entry was that is written. */
  dn?: Dn
}

/** As `retried`, after those who write the resource with this id already. */
export function retriedInTurn<T>(
  context: Context,
  id: string,
  attempt: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  return context.writers.inTurn(id, context.signal, () => retried(context, attempt))
}

/** Runs a read-plan-write round, and again where somebody else was faster. */
export function retried<T>(
  context: Context,
  attempt: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  return run(
    context,
    attempt,
    (error) => CONFLICTS.has(error.result),
    (error) => isTaken(error, context.rules),
  )
}

/**
 * Runs a round that makes an entry, and again where the server may only say that it is not allowed
 * because somebody else made an entry of that name meanwhile (389 Directory Server).
 */
export function retriedInDoubt<T>(context: Context, attempt: () => Promise<T>): Promise<T> {
  return run(
    context,
    attempt,
    () => false,
    () => false,
  )
}

async function run<T>(
  { rules, log, signal }: Context,
  attempt: (attempt: Attempt) => Promise<T>,
  isConflict: (error: LdapError) => boolean,
  mayBeConflict: (error: LdapError) => boolean,
): Promise<T> {
  let [doubts, doubted] = [0, '']
  for (let tries = 1; ; tries++) {
    const round: Attempt = { tries }
    try {
      return await attempt(round)
    } catch (error) {
      if (!(error instanceof LdapError)) throw error
      if (!isConflict(error)) {
        if (!mayBeConflict(error) && !mayHideAbsence(error, rules)) throw error
        // An entry that is elsewhere by now is a reason; one that is where it was is none.
        const where = round.dn === undefined ? '' : printDn(round.dn)
        doubts = where === doubted ? doubts + 1 : 1
        doubted = where
        if (doubts === ATTEMPTS_IN_DOUBT) throw error
      }
      if (tries === ATTEMPTS) throw givenUp(error)
      if (tries > 3) log.warn({ tries, result: error.result }, 'a write is tried again')
      signal.throwIfAborted()
      // Writers that met once should not meet again.
      const pause = Math.random() * Math.min(2 ** tries, PAUSE_MS)
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

function mayHideAbsence({ result, diagnostic }: LdapError, { dialect }: Rules): boolean {
  return dialect.mayHideAbsence(result, diagnostic)
}

/** A value may be taken by the entry itself: somebody else has given it the same one (OpenLDAP's `unique`). */
function isTaken({ result, diagnostic }: LdapError, { dialect }: Rules): boolean {
  return (
    result === 'entryAlreadyExists' || dialect.readDiagnostic(diagnostic).reason === 'notUnique'
  )
}

/** What is never where it was read is not gone: it is renamed again and again. */
function givenUp(cause: LdapError): LdapError {
  return new LdapError(cause.operation, RESULT_CODES.assertionFailed, cause.diagnostic)
}
