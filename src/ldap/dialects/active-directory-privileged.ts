import type { Privileged } from '../dialect.ts'
import type { Entry } from '../entry.ts'
import { firstBytes, firstText } from '../entry.ts'
import { formatSid } from '../windows-syntax.ts'

/**
 * Relative identifiers, in every domain, of those who rule it or parts of it (MS-DTYP §2.4.2.4): they
 * are so however somebody may have tampered with the attributes that say it.
 */
const DOMAIN_RIDS: ReadonlySet<number> = new Set([
  498, // Enterprise Read-only Domain Controllers
  500, // Administrator
  501, // Guest
  502, // krbtgt
  503, // DefaultAccount
  512, // Domain Admins
  513, // Domain Users
  514, // Domain Guests
  515, // Domain Computers
  516, // Domain Controllers
  517, // Cert Publishers
  518, // Schema Admins
  519, // Enterprise Admins
  520, // Group Policy Creator Owners
  521, // Read-only Domain Controllers
  522, // Cloneable Domain Controllers
  525, // Protected Users
  526, // Key Admins
  527, // Enterprise Key Admins
  553, // RAS and IAS Servers
  571, // Allowed RODC Password Replication Group
  572, // Denied RODC Password Replication Group
])

/** Domain Users, Guests and Computers; Users and Guests: nobody gains a right by them. */
const EVERYBODY_IN_DOMAIN: ReadonlySet<number> = new Set([513, 514, 515])
const EVERYBODY_BUILT_IN: ReadonlySet<number> = new Set([545, 546])

/** Administrators, Account, Backup, Print and Server Operators and all others in CN=Builtin. */
const BUILT_IN = /^S-1-5-32-(\d+)$/
const IN_DOMAIN = /^S-1-5-21-\d+-\d+-\d+-(\d+)$/

/** Groups that make their members rulers although their identifier differs between domains. */
const BY_NAME: ReadonlySet<string> = new Set(['dnsadmins'])

/**
 * Whom Active Directory itself guards (`adminCount`, by its process SDProp), whom it cannot do
 * without (`isCriticalSystemObject`), and the well-known accounts and groups by their identifier.
 */
export const activeDirectoryPrivileged: Privileged = {
  entries: [],
  subtrees: ['OU=Domain Controllers', 'OU=Microsoft Exchange Security Groups', 'CN=System'],
  attributes: ['adminCount', 'isCriticalSystemObject', 'objectSid', 'sAMAccountName'],
  tells: (entry) =>
    Number(firstText(entry, 'adminCount') ?? 0) > 0 ||
    firstText(entry, 'isCriticalSystemObject')?.toUpperCase() === 'TRUE' ||
    ridIn(BUILT_IN, entry) !== undefined ||
    DOMAIN_RIDS.has(ridIn(IN_DOMAIN, entry) ?? 0) ||
    BY_NAME.has(firstText(entry, 'sAMAccountName')?.toLowerCase() ?? ''),
  isOfEverybody: (entry) =>
    EVERYBODY_IN_DOMAIN.has(ridIn(IN_DOMAIN, entry) ?? 0) ||
    EVERYBODY_BUILT_IN.has(ridIn(BUILT_IN, entry) ?? 0),
}

/** The relative identifier of an entry whose security identifier has this form. */
function ridIn(form: RegExp, entry: Pick<Entry, 'attributes'>): number | undefined {
  const octets = firstBytes(entry, 'objectSid')
  const match = octets && form.exec(formatSid(octets) ?? '')
  return match ? Number(match[1]) : undefined
}
