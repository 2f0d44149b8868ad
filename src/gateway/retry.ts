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

/**
 * Runs a read-plan-write round, and again where somebody else was faster.
 *
 * @param attempt Told the how-manieth it is, from 1.
 */
export async function retried<T>(
  { rules, log, signal }: Context,
  attempt: (tries: number) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt(tries)
    } catch (error) {
      if (!(error instanceof LdapError) || tries >= attemptsFor(error, rules)) throw error
      if (tries > 3) log.warn({ tries, result: error.result }, 'a write is tried again')
      signal.throwIfAborted()
      // Writers that met once should not meet again.
      const pause = Math.random() * Math.min(2 ** tries, 100)
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

function attemptsFor({ result, diagnostic }: LdapError, { dialect }: Rules): number {
  if (CONFLICTS.has(result)) return ATTEMPTS
  return dialect.mayHideAbsence(result, diagnostic) ? ATTEMPTS_IN_DOUBT : 1
}
