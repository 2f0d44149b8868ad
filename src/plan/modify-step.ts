import type { Change } from '../ldap/change.ts'
import type { Dn } from '../ldap/dn.ts'
import type { Write } from '../ldap/operation.ts'
import type { ResultName } from '../ldap/result.ts'
import type { Guarding } from './guard.ts'
import type { Step } from './plan.ts'

/** Changes that carry a membership out, and what to send instead where the server objects. */
export interface MembershipChanges {
  readonly changes: readonly Change[]
  /** What takes them back; nothing where the server lets pass what is so already. */
  readonly inverse: readonly Change[]
  readonly otherwise: readonly { readonly on: ResultName; readonly changes: readonly Change[] }[]
  /** The server lets pass what is so already. */
  readonly permissive: boolean
}

/** The changes of a modify, and those that take them back. */
export interface Difference {
  readonly changes: readonly Change[]
  readonly inverse: readonly Change[]
}

/** A modify, permissive where members come and go; `otherwise` as they say. */
export function modifyStep(
  dn: Dn,
  { changes, inverse }: Difference,
  members: MembershipChanges | undefined,
  { controls, check }: Guarding,
): Step {
  const write = (more: readonly Change[]): Write => ({
    kind: 'modify',
    dn,
    changes: [...changes, ...more],
    ...controls,
    ...(members?.permissive === true && { permissive: true }),
  })
  return {
    write: write(members?.changes ?? []),
    undo: { kind: 'modify', dn, changes: [...inverse, ...(members?.inverse ?? [])] },
    ...(check && { check }),
    ...(members !== undefined && {
      otherwise: members.otherwise.map((other) => ({ on: other.on, write: write(other.changes) })),
    }),
  }
}
