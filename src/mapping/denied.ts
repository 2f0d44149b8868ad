/**
 * LDAP attributes that no mapping may write: they delegate, impersonate, or decide what an account
 * may do beyond being a person or a group. By lower-case name.
 */
export const DENIED_ATTRIBUTES: ReadonlySet<string> = new Set(
  [
    'adminCount',
    'userAccountControl',
    'unicodePwd',
    'altSecurityIdentities',
    'krbCanonicalName',
    'krbPrincipalName',
    'krbPrincipalAliases',
    'krbPrincipalKey',
    'msDS-AllowedToActOnBehalfOfOtherIdentity',
    'msDS-AllowedToDelegateTo',
    'msDS-DelegatedMSAState',
    'msDS-GroupMSAMembership',
    'msDS-KeyCredentialLink',
    'msDS-ManagedAccountPrecededByLink',
    'nTSecurityDescriptor',
    'primaryGroupID',
    'scriptPath',
    'servicePrincipalName',
    'sIDHistory',
    'aci',
    'olcAccess',
    'authzTo',
    'authzFrom',
    'objectClass',
  ].map((name) => name.toLowerCase()),
)

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
