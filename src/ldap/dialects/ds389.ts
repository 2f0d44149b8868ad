import type { Activation, Diagnosis, Dialect, IdRule } from '../dialect.ts'
import { equal, not } from '../filter.ts'
import type { ResultName } from '../result.ts'
import { textOf } from '../value.ts'
import { standardGroups } from './standard-groups.ts'

const UNIQUE_ID = /^(?:[0-9a-f]{8}-){3}[0-9a-f]{8}$/

/**
 * nsUniqueId: every entry has it, whatever plug-ins there are and were, and it is always indexed.
 * entryUUID depends on a plug-in, and entries from before it have none.
 */
const nsUniqueId: IdRule = {
  attribute: 'nsUniqueId',
  toValue: (id) => (UNIQUE_ID.test(id) ? id : undefined),
  toId: textOf,
}

const LOCKED = 'true'

const accountLock: Activation = {
  attribute: 'nsAccountLock',
  isActive: (values) => !values.some((value) => isLocked(textOf(value))),
  valuesFor: (active, current) =>
    active ? current.filter((value) => !isLocked(textOf(value))) : [LOCKED],
  filter(active) {
    const locked = equal('nsAccountLock', LOCKED)
    return active ? not(locked) : locked
  },
  liftedByPassword: false,
}

/** Any other text leaves the account on. */
function isLocked(text: string): boolean {
  return text.toLowerCase() === LOCKED
}

/** Wording of 389 Directory Server 2.3, first match wins. */
const DIAGNOSTICS: readonly (readonly [RegExp, Diagnosis['reason']])[] = [
  // The plug-in attribute uniqueness leaves a blank behind each name.
  [/same attribute value already exists \(attribute: "([A-Za-z][\w;.-]*) ?"/, 'notUnique'],
  [/missing attribute "([^"]+)" required/, 'missing'],
  [/attribute "([^"]+)" not allowed/, 'notAllowed'],
  [/single-valued attribute "([^"]+)" has multiple values/, 'multipleValues'],
  [/^([A-Za-z][\w;.-]*): value #\d+ invalid per syntax/, undefined],
]

/** The extended operation tells no more than that it failed, whatever the policy minds. */
const PASSWORD_POLICY = /Failed to update password|invalid password syntax|password in history/

/** The plug-in 7-bit check. */
const NOT_ASCII = 'The value is not 7-bit clean: '

function readDiagnostic(diagnostic: string): Diagnosis {
  if (PASSWORD_POLICY.test(diagnostic)) return { reason: 'passwordPolicy' }
  if (diagnostic.includes(NOT_ASCII)) return { quotesValue: true }
  for (const [pattern, reason] of DIAGNOSTICS) {
    const attribute = pattern.exec(diagnostic)?.[1]
    if (attribute !== undefined) return reason === undefined ? { attribute } : { attribute, reason }
  }
  return {}
}

/**
 * Access control looks first: who may not write everywhere is told that he may not write what is
 * not there, in no words. Where an entry is there, the message names it; but a rename that is not
 * allowed has no words, either.
 */
function mayHideAbsence(result: ResultName, diagnostic: string): boolean {
  return result === 'insufficientAccessRights' && diagnostic === ''
}

/**
 * 389 Directory Server (as of 2.3), plug-ins MemberOf (for `groups`) and referential integrity as far
 * as enabled. Without a version attribute: `entryusn` needs a plug-in and differs between suppliers.
 */
export const ds389: Dialect = {
  id: nsUniqueId,
  created: 'createTimestamp',
  modified: 'modifyTimestamp',
  dn: 'entrydn',
  activation: accountLock,
  password: { attribute: 'userPassword', required: false },
  privileged: {
    entries: [
      'cn=Directory Administrators',
      // Those who may manage entries by the sample entries of the server before 1.4.
      ...['Accounting', 'HR', 'QA', 'PD'].map((name) => `cn=${name} Managers,ou=Groups`),
      // FreeIPA
      ...['admins', 'trust admins'].map((name) => `cn=${name},cn=groups,cn=accounts`),
      'uid=admin,cn=users,cn=accounts',
    ],
    subtrees: [
      // Groups that the access control of the sample entries since 1.4 gives rights.
      'ou=permissions',
      // FreeIPA: roles, and the privileges and permissions that they consist of
      'cn=roles,cn=accounts',
      'cn=pbac',
    ],
    attributes: [],
    tells: () => false,
    isOfEverybody: () => false,
  },
  groups: standardGroups,
  comparesWithoutRule: true,
  leavesOutDangling: true,
  unlistedControls: [],
  unusableControls: [],
  matchingRules: () => ({}),
  assertion: (filter) => filter,
  mayHideAbsence,
  resultOf: () => undefined,
  readDiagnostic,
}
