import type { Entry } from '../ldap/entry.ts'
import type { Rules } from '../mapping/rules.ts'
import type { Facts } from './facts.ts'
import type { Plan } from './plan.ts'
import { guarding, guardOf, unchangedGuard } from './guard.ts'

/**
 * A DELETE (RFC 7644 §3.6): the entry with this id, or none; then whoever still names it.
 *
 * @param unchanged Nothing of the entry may have changed since it was read (If-Match). Where the
 *   server has no assertion control this ends with the reading: an entry that was deleted a moment
 *   too late would come back with another id, which is worse for everybody.
 */
export function planDelete(rules: Rules, entry: Entry, facts: Facts, unchanged: boolean): Plan {
  const asserts = facts.server.controls.has('assertion')
  const { unchanged: _whole, ...guard } =
    unchanged && asserts ? unchangedGuard(rules, entry, []) : guardOf(rules, entry)
  const { controls, check } = guarding(rules, guard, entry.dn, facts)
  // All of the entry, for the case that it is another one and must be put back.
  const preRead = controls.preRead && ['*', ...controls.preRead]
  return {
    steps: [
      {
        write: { kind: 'delete', dn: entry.dn, ...controls, ...(preRead && { preRead }) },
        ...(check && { check }),
      },
    ],
    moved: { from: entry.dn },
    readAfter: false,
  }
}
