/**
 * LDAP attributes that no mapping may write, by what who writes them could do. Docs/mapping.md tells
 * the same to operators. What belongs to a password or to `active` has rules of its own.
 */
const DENIED = {
  'act for others': [
    ...['msDS-AllowedToActOnBehalfOfOtherIdentity', 'msDS-AllowedToDelegateTo'],
    ...['msDS-DelegatedMSAState', 'msDS-GroupMSAMembership', 'msDS-HostServiceAccount'],
    ...['msDS-ManagedAccountPrecededByLink', 'msDS-SupersededManagedAccountLink'],
    ...['msDS-SupersededServiceAccountState', 'msDS-ManagedPassword', 'sIDHistory'],
    ...['authzTo', 'authzFrom', 'saslAuthzTo', 'saslAuthzFrom', 'dgAuthz', 'dgIdentity'],
    ...['krbAllowedToDelegateTo', 'memberPrincipal', 'ipaAllowedToPerform', 'sambaSID'],
  ],
  'log on as an account in other ways': [
    ...['altSecurityIdentities', 'msDS-KeyCredentialLink', 'servicePrincipalName'],
    ...['msDS-AdditionalSamAccountName', 'msDS-AdditionalDnsHostName', 'dNSHostName'],
    ...['unicodePwd', 'dBCSPwd', 'supplementalCredentials', 'authPassword'],
    ...['ntPwdHistory', 'lmPwdHistory', 'sambaNTPassword', 'sambaLMPassword', 'ipaNTHash'],
    ...['krbCanonicalName', 'krbPrincipalName', 'krbPrincipalAliases', 'krbPrincipalKey'],
    ...['krbExtraData', 'ipaKrbPrincipalAlias', 'userPKCS12'],
  ],
  'make an account more than it is': [
    ...['adminCount', 'primaryGroupID', 'sambaPrimaryGroupSID', 'objectClass', 'objectCategory'],
    ...['userAccountControl', 'memberOf', 'isMemberOf', 'nsRole', 'nsRoleDN', 'memberURL'],
    ...['ipaNTSecurityIdentifier', 'ipaKrbAuthzData', 'krbPrincipalAuthInd', 'ipaUserAuthType'],
    ...['isCriticalSystemObject', 'msNPAllowDialin'],
  ],
  'run programs when others log on': [
    ...['scriptPath', 'userParameters', 'msTSInitialProgram', 'msTSWorkDirectory', 'gPLink'],
    ...['gPCFileSysPath', 'gPCMachineExtensionNames', 'gPCUserExtensionNames'],
  ],
  'set the rules': [
    ...['nTSecurityDescriptor', 'aci', 'aclRights', 'OpenLDAPaci', 'entryACI'],
    ...['pwdPolicySubentry', 'passwordPolicySubentry', 'krbPwdPolicyReference'],
    ...['krbTicketPolicyReference', 'krbTicketFlags', 'msDS-AssignedAuthNPolicy'],
    ...['msDS-AssignedAuthNPolicySilo', 'msDS-PSOAppliesTo', 'msDS-SupportedEncryptionTypes'],
    ...['msDS-RevealOnDemandGroup', 'msDS-NeverRevealGroup', 'nsSizeLimit', 'nsTimeLimit'],
    ...['nsLookThroughLimit', 'nsIdleTimeout'],
  ],
  'be another entry': [
    ...['objectSid', 'objectGUID', 'entryUUID', 'nsUniqueId', 'ipaUniqueID', 'entryDN'],
    ...['distinguishedName', 'structuralObjectClass', 'creatorsName', 'modifiersName'],
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** Whole families: configuration of OpenLDAP and of 389 Directory Server, and rules for sudo. */
export const DENIED_PREFIXES = ['olc', 'nsslapd-', 'nsds5', 'sudo'] as const

/** By lower-case name. */
export const DENIED_ATTRIBUTES: ReadonlySet<string> = new Set(
  Object.values(DENIED)
    .flat()
    .map((name) => name.toLowerCase()),
)

/** Whether an attribute of this name, in any case and with any options, is denied. */
export function isDenied(description: string): boolean {
  const [name = ''] = description.trim().toLowerCase().split(';')
  return DENIED_ATTRIBUTES.has(name) || DENIED_PREFIXES.some((prefix) => name.startsWith(prefix))
}

/**
 * Bits of denied attributes that do no harm, by lower-case name of the attribute: ADS_UF_ of
 * userAccountControl (MS-ADTS §2.2.16). The others delegate, do without a password, keep it
 * readable, or make the account that of a machine.
 */
export const WRITABLE_BITS: ReadonlyMap<string, ReadonlyMap<bigint, string>> = new Map([
  [
    'useraccountcontrol',
    new Map([
      [0x10000n, 'DONT_EXPIRE_PASSWD'],
      [0x40000n, 'SMARTCARD_REQUIRED'],
    ]),
  ],
])
