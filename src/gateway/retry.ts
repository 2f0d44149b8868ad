import { LdapError } from '../ldap/result.ts'
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
const ATTEMPTS = 30

/** How often where it may not be allowed at all. */
const ATTEMPTS_IN_DOUBT = 5

/** Tries a write that has failed anew where this is so; told the error and how often it was tried. */
type Again = (error: LdapError, rules: Rules, tries: number) => boolean

/**
 * Runs a read-plan-write round, and again where somebody else was faster.
 *
 * @param attempt Told the how-manieth it is, from 1.
 */
export function retried<T>(context: Context, attempt: (tries: number) => Promise<T>): Promise<T> {
  return run(context, attempt, (error, rules, tries) =>
    CONFLICTS.has(error.result) ? tries < ATTEMPTS : isDoubtful(error, rules, tries),
  )
}

/**
 * Runs a round that makes an entry, and again where the server may only say that it is not allowed
 * because somebody else made an entry of that name meanwhile (389 Directory Server).
 */
export function retriedInDoubt<T>(context: Context, attempt: () => Promise<T>): Promise<T> {
  return run(context, attempt, isDoubtful)
}

async function run<T>(
  { rules, log, signal }: Context,
  attempt: (tries: number) => Promise<T>,
  again: Again,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt(tries)
    } catch (error) {
      if (!(error instanceof LdapError) || !again(error, rules, tries)) throw error
      if (tries > 3) log.warn({ tries, result: error.result }, 'a write is tried again')
      signal.throwIfAborted()
      // Writers that met once should not meet again.
      const pause = Math.random() * Math.min(2 ** tries, 100)
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

function isDoubtful({ result, diagnostic }: LdapError, { dialect }: Rules, tries: number): boolean {
  return dialect.mayHideAbsence(result, diagnostic) && tries < ATTEMPTS_IN_DOUBT
}
