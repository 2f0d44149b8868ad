import type { Entry } from '../ldap/entry.ts'
import type { Rules } from '../mapping/rules.ts'
import type { Facts } from './facts.ts'
import type { Plan } from './plan.ts'
import { asserting, guardOf } from './guard.ts'

/**
 * A DELETE (RFC 7644 §3.6): the entry with this id, or none; then whoever still names it.
 *
 * @param unchanged Nothing of the entry may have changed since it was read (If-Match).
 */
export function planDelete(rules: Rules, entry: Entry, facts: Facts, unchanged: boolean): Plan {
  const guard = guardOf(rules, entry, unchanged)
  return {
    steps: [
      { write: { kind: 'delete', dn: entry.dn, ...asserting(rules, guard, entry.dn, facts) } },
    ],
    moved: { from: entry.dn },
    readAfter: false,
  }
}
