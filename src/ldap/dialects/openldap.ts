import type { Activation, Diagnosis, Dialect, IdRule } from '../dialect.ts'
import type { Dn } from '../dn.ts'
import { printDn } from '../dn.ts'
import type { Filter } from '../filter.ts'
import { equal, not, or } from '../filter.ts'
import { textOf } from '../value.ts'
import { standardGroups } from './standard-groups.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** entryUUID (RFC 4530). Its text is compared as it is: SCIM ids are case-exact, the server writes lower case. */
const entryUuid: IdRule = {
  attribute: 'entryUUID',
  toValue: (id) => (UUID.test(id) ? id : undefined),
  toId: textOf,
}

/** The time that means "for good, by an administrator" (draft-behera-ldap-password-policy §5.3.3). */
const LOCKED = '000001010000Z'

const accountLocked: Activation = {
  attribute: 'pwdAccountLockedTime',
  isActive: (values) => !values.some((value) => textOf(value) === LOCKED),
  valuesFor(active, current) {
    if (!active) return [LOCKED]
    // A real time is a lock by failed logons: not ours to lift.
    return current.filter((value) => textOf(value) !== LOCKED)
  },
  filter(active) {
    const locked = equal('pwdAccountLockedTime', LOCKED)
    return active ? not(locked) : locked
  },
  // Overlay ppolicy deletes pwdAccountLockedTime with every change of the password (slapd 2.5.13).
  liftedByPassword: true,
}

/** Wording of slapd 2.4 to 2.6, first match wins. */
const DIAGNOSTICS: readonly (readonly [RegExp, Diagnosis['reason']])[] = [
  [/non-unique attributes found with \(\|?\(?([A-Za-z][\w;.-]*)=/, 'notUnique'],
  [/requires attribute '([^']+)'/, 'missing'],
  [/attribute '([^']+)' not allowed/, 'notAllowed'],
  [/attribute '([^']+)' cannot have multiple values/, 'multipleValues'],
  [/^([A-Za-z][\w;.-]*): multiple values provided/, 'multipleValues'],
  [/^(?:modify\/\w+: )?([A-Za-z][\w;.-]*): /, undefined],
]

const PASSWORD_POLICY =
  /[Pp]assword (?:fails quality|is (?:too|in history)|.*polic)|in history of old/

function readDiagnostic(diagnostic: string): Diagnosis {
  if (PASSWORD_POLICY.test(diagnostic)) return { reason: 'passwordPolicy' }
  for (const [pattern, reason] of DIAGNOSTICS) {
    const attribute = pattern.exec(diagnostic)?.[1]
    if (attribute === undefined) continue
    return {
      attribute,
      ...(reason !== undefined && { reason }),
      // The filter in it has the value.
      ...(reason === 'notUnique' && { quotesValue: true }),
    }
  }
  return {}
}

/**
 * Overlays give the controls of the client's request to operations of their own (slapd 2.5.13):
 * unique to a search at its base, which then fails with `assertionFailed`; memberof to the modifies
 * of the members, which then fail without a word. So the assertion also holds of every other entry.
 */
function assertion(filter: Filter, dn: Dn): Filter {
  return or([filter, not(equal('entryDN', printDn(dn)))])
}

/** OpenLDAP 2.4 to 2.6, overlays ppolicy (for `active`), memberof or dynlist (for `groups`) and deref as far as loaded. */
export const openldap: Dialect = {
  id: entryUuid,
  version: 'entryCSN',
  created: 'createTimestamp',
  modified: 'modifyTimestamp',
  dn: 'entryDN',
  activation: accountLocked,
  comparesWithoutRule: false,
  leavesOutDangling: false,
  password: { attribute: 'userPassword', required: false },
  privileged: {
    // By custom of the packages of Debian, and of the documentation.
    entries: ['cn=admin', 'cn=Manager'],
    subtrees: [],
    attributes: [],
    tells: () => false,
    isOfEverybody: () => false,
  },
  groups: standardGroups,
  unlistedControls: ['permissiveModify'],
  unusableControls: [],
  matchingRules: () => ({}),
  assertion,
  mayHideAbsence: () => false,
  resultOf: () => undefined,
  readDiagnostic,
}
