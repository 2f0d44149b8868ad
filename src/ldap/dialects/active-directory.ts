import type { Activation, Diagnosis, Dialect, IdRule, PasswordRule } from '../dialect.ts'
import { BIT_AND, integerIn, withBits } from '../bits.ts'
import type { Filter } from '../filter.ts'
import { not } from '../filter.ts'
import type { ResultName } from '../result.ts'
import type { MatchingRules } from '../schema.ts'
import type { Value } from '../value.ts'
import { bytesOf } from '../value.ts'
import { primaryGroup } from './primary-group.ts'
import { formatGuid, parseGuid } from '../windows-syntax.ts'
import { activeDirectoryPrivileged } from './active-directory-privileged.ts'

/** Ids are the text that Windows tools show of objectGUID, in lower case; the server takes octets alone. */
const objectGuid: IdRule = {
  attribute: 'objectGUID',
  toValue: (id) => (id === id.toLowerCase() ? parseGuid(id) : undefined),
  toId: textOfGuid,
  nameOf: (value) => `<GUID=${textOfGuid(value)}>`,
}

function textOfGuid(value: Value): string {
  return formatGuid(bytesOf(value)) ?? ''
}

/** ADS_UF_ACCOUNTDISABLE and ADS_UF_NORMAL_ACCOUNT (MS-ADTS §2.2.16). */
const DISABLED = 0x2n
const NORMAL_ACCOUNT = 0x200n

/** One bit of userAccountControl; the others are as they were. */
const accountDisabled: Activation = {
  attribute: 'userAccountControl',
  bits: DISABLED,
  isActive: (values) => ((integerIn(values) ?? 0n) & DISABLED) === 0n,
  valuesFor(active, values) {
    const control = integerIn(values) ?? NORMAL_ACCOUNT
    return [String(withBits(control, DISABLED, active ? 0n : DISABLED))]
  },
  filter(active) {
    const disabled: Filter = {
      kind: 'extensible',
      attribute: 'userAccountControl',
      rule: BIT_AND,
      value: String(DISABLED),
    }
    return active ? not(disabled) : disabled
  },
  liftedByPassword: false,
}

/** UTF-16LE in quotation marks, over TLS only (MS-ADTS §3.1.1.3.1.5.1). */
const unicodePwd: PasswordRule = {
  attribute: 'unicodePwd',
  toValue: (password) => Uint8Array.from(Buffer.from(`"${password}"`, 'utf16le')),
  required: true,
}

/** Comparison of text minds neither case nor, in part, accents and widths: Windows collation. */
const TEXT: MatchingRules = {
  equality: 'caseIgnoreMatch',
  substring: 'caseIgnoreSubstringsMatch',
  coarse: true,
}
const INTEGER: MatchingRules = {
  equality: 'integerMatch',
  ordering: 'integerOrderingMatch',
}

/** Whole seconds are compared, and only found with a fraction of one digit. */
const TIME: MatchingRules = {
  equality: 'generalizedTimeMatch',
  ordering: 'generalizedTimeOrderingMatch',
  coarse: true,
  asserted: (value) => value.replace(/(?:\.\d+)?Z$/, '.0Z'),
}

/** By syntax (MS-ADTS §3.1.1.2.2.2); the schema that the server publishes names no matching rules. */
const MATCHING_RULES: ReadonlyMap<string, MatchingRules> = new Map([
  ['1.3.6.1.4.1.1466.115.121.1.7', { equality: 'booleanMatch' }],
  ['1.3.6.1.4.1.1466.115.121.1.12', { equality: 'distinguishedNameMatch' }],
  ['1.3.6.1.4.1.1466.115.121.1.15', TEXT],
  ['1.3.6.1.4.1.1466.115.121.1.24', TIME],
  ['1.3.6.1.4.1.1466.115.121.1.27', INTEGER],
  ['1.3.6.1.4.1.1466.115.121.1.38', { equality: 'objectIdentifierMatch' }],
  ['1.3.6.1.4.1.1466.115.121.1.40', { equality: 'octetStringMatch' }],
  ['1.2.840.113556.1.4.906', INTEGER], // LargeInteger
])

/** Windows codes at the head of a diagnostic message (MS-ERREF §2.2), and what they blame. */
const BY_CODE: ReadonlyMap<number, Diagnosis> = new Map([
  [0x524, { reason: 'notUnique', attribute: 'sAMAccountName' }], // ERROR_USER_EXISTS
  [0x526, { reason: 'notUnique', attribute: 'sAMAccountName' }], // ERROR_GROUP_EXISTS
  [0x52d, { reason: 'passwordPolicy' }], // ERROR_PASSWORD_RESTRICTION
  [0x563, { reason: 'notUnique', attribute: 'sAMAccountName' }], // ERROR_ALIAS_EXISTS
  [0x21c7, { reason: 'notUnique', attribute: 'servicePrincipalName' }], // ERROR_DS_SPN_VALUE_NOT_UNIQUE_IN_FOREST
  [0x21c8, { reason: 'notUnique', attribute: 'userPrincipalName' }], // ERROR_DS_UPN_VALUE_NOT_UNIQUE_IN_FOREST
])

/** Wording of Samba 4, then of Windows; first match wins. */
const BY_WORDING: readonly (readonly [RegExp, Diagnosis['reason'], 'quotes the value'?])[] = [
  [/\bsamldb: (\w+) '.*' (?:is )?already in use/s, 'notUnique', 'quotes the value'],
  [/\bSINGLE-VALUE attribute ([\w-]+) on/, 'multipleValues'],
  [
    /\battribute '([\w-]+)' on entry .* does not exist in the specified objectclasses/,
    'notAllowed',
  ],
  [/\bsamldb: (sAMAccountName) /, undefined],
  [/\battribute '([\w-]+)'/, undefined],
  [/\bAtt [0-9a-f]+ \(([\w-]+)\)/, undefined],
]

function readDiagnostic(diagnostic: string): Diagnosis {
  const known = BY_CODE.get(windowsCode(diagnostic))
  if (known !== undefined) return known
  for (const [pattern, reason, quotes] of BY_WORDING) {
    const attribute = pattern.exec(diagnostic)?.[1]
    if (attribute === undefined) continue
    const spelled = attribute === 'samAccountName' ? 'sAMAccountName' : attribute
    return {
      attribute: spelled,
      ...(reason !== undefined && { reason }),
      ...(quotes !== undefined && { quotesValue: true as const }),
    }
  }
  return {}
}

function windowsCode(diagnostic: string): number {
  return Number.parseInt(/^([0-9A-F]{8}): /i.exec(diagnostic)?.[1] ?? '', 16)
}

/** ERROR_MEMBER_IN_GROUP, ERROR_MEMBER_IN_ALIAS and their opposites; Samba says it in words. */
const IS_MEMBER = new Set([0x528, 0x562])
const IS_NO_MEMBER = new Set([0x529, 0x561])
/** ERROR_DS_SINGLE_VALUE_CONSTRAINT; Samba writes ERROR_DS_ATT_VAL_ALREADY_EXISTS and says it in words. */
const SINGLE_VALUE = 0x2081

/** ERROR_DS_GENERIC_ERROR. */
const GENERIC_ERROR = 0x2095

/** Links, moves and single-valued attributes are refused by codes that elsewhere mean something else. */
function resultOf(_code: number, diagnostic: string): ResultName | undefined {
  const code = windowsCode(diagnostic)
  if (IS_MEMBER.has(code) || diagnostic.startsWith('Attribute member already exists for')) {
    return 'attributeOrValueExists'
  }
  if (
    IS_NO_MEMBER.has(code) ||
    /^Attribute member (?:already deleted|doesn't exist) for/.test(diagnostic)
  ) {
    return 'noSuchAttribute'
  }
  // A move to where nothing is, which Samba says in words.
  if (code === GENERIC_ERROR && diagnostic.endsWith('parent does not exist!')) return 'noSuchObject'
  return code === SINGLE_VALUE || diagnostic.includes(': SINGLE-VALUE attribute ')
    ? 'constraintViolation'
    : undefined
}

/**
 * Active Directory, and Samba as a domain controller (4.17). Without assertion and read controls;
 * what an entry is to be is written to `<GUID=…>`, so that it is that entry or none.
 */
export const activeDirectory: Dialect = {
  id: objectGuid,
  version: 'uSNChanged',
  created: 'whenCreated',
  modified: 'whenChanged',
  dn: 'distinguishedName',
  activation: accountDisabled,
  password: unicodePwd,
  primaryGroup,
  privileged: activeDirectoryPrivileged,
  // Samba searches its whole database for member, and for LDAP_MATCHING_RULE_TRANSITIVE_EVAL longer.
  groups: { kinds: [{ objectClass: 'group', member: 'member' }], backlink: 'memberOf' },
  comparesWithoutRule: true,
  leavesOutDangling: false,
  unlistedControls: [],
  // Samba's has no effect on links such as member.
  unusableControls: ['permissiveModify'],
  matchingRules: (syntax) => MATCHING_RULES.get(syntax) ?? {},
  assertion: (filter) => filter,
  mayHideAbsence: () => false,
  resultOf,
  readDiagnostic,
}
