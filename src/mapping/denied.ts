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
