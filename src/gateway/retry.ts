import { LdapError } from '../ldap/result.ts'
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

/** Runs a read-plan-write round, and again where somebody else was faster. */
export async function retried<T>({ log, signal }: Context, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      const conflict = error instanceof LdapError && CONFLICTS.has(error.result)
      if (!conflict || tries >= ATTEMPTS) throw error
      if (tries > 3) log.warn({ tries, result: error.result }, 'a write is tried again')
      signal.throwIfAborted()
      // Writers that met once should not meet again.
      const pause = Math.random() * Math.min(2 ** tries, 100)
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}
