import { expect, test } from 'vitest'
import { DENIED_ATTRIBUTES, isDenied } from '../../src/mapping/denied.ts'
import { problemsOf, userMapping } from '../support/rules.ts'

const WHY =
  'may not be mapped: whoever writes it can take over accounts (docs/mapping.md, "Denied attributes")'

test.each([...DENIED_ATTRIBUTES])('nobody writes %s', (ldap) => {
  expect(problemsOf(userMapping(['userName: uid', `title: ${ldap}`]))).toEqual([
    `mapping.yaml:9:7 resources.User.attributes.title: ${ldap} ${WHY}`,
  ])
})

test.each([
  ...['servicePrincipalName', 'SIDHistory', 'aci', 'msDS-KeyCredentialLink', 'objectClass'],
  ...['ACI;lang-de', 'krbprincipalname;binary', 'olcAccess', 'sudoCommand', 'nsslapd-rootpw'],
  ...['msds-managedaccountprecededbylink', 'memberOf', ' authzTo'],
])('%s is denied', (ldap) => expect(isDenied(ldap)).toBe(true))

test.each([
  'title',
  'sshPublicKey',
  'nsAccountLock',
  'uidNumber',
  'member',
  'userCertificate;binary',
])('%s is not', (ldap) => expect(isDenied(ldap)).toBe(false))

test('nor what no SCIM attribute carries, nor where the rest of a value goes', () => {
  const write = problemsOf(
    userMapping(['userName: uid'], ['write: { aci: { on: create, value: x } }']),
  )
  expect(write).toHaveLength(1)
  expect(write[0]).toContain(WHY)
  const rest = 'emails: [ { rest: sudoOption }, { type: work, value: mail } ]'
  expect(problemsOf(userMapping(['userName: uid', rest])).join()).toContain(WHY)
})

test.each([
  'title: ServicePrincipalName;x-a',
  'title: { ldap: aci, required: true }',
  'emails: [ { value: scriptPath } ]',
  'emails: sIDHistory',
  'enterprise.manager: { reference: User, ldap: msDS-AllowedToDelegateTo }',
])('not in any kind of rule: %s', (line) => {
  const problems = problemsOf(userMapping(['userName: uid', line]))
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(WHY)
})

test.each([
  ['0x2', 'ACCOUNTDISABLE'],
  ['0x20', 'PASSWD_NOTREQD'],
  ['0x80', 'ENCRYPTED_TEXT_PWD_ALLOWED'],
  ['0x200', 'NORMAL_ACCOUNT'],
  ['0x800', 'INTERDOMAIN_TRUST_ACCOUNT'],
  ['0x1000', 'WORKSTATION_TRUST_ACCOUNT'],
  ['0x2000', 'SERVER_TRUST_ACCOUNT'],
  ['0x80000', 'TRUSTED_FOR_DELEGATION'],
  ['0x100000', 'NOT_DELEGATED'],
  ['0x200000', 'USE_DES_KEY_ONLY'],
  ['0x400000', 'DONT_REQ_PREAUTH'],
  ['0x1000000', 'TRUSTED_TO_AUTH_FOR_DELEGATION'],
  ['0x4000000', 'PARTIAL_SECRETS_ACCOUNT'],
])('nobody writes bit %s of userAccountControl, %s', (bit) => {
  const line = `active: { ldap: UserAccountControl, as: { flag: ${bit} } }`
  expect(problemsOf(userMapping(['userName: uid', line]))).toEqual([
    `mapping.yaml:9:7 resources.User.attributes.active: bit ${bit} of UserAccountControl may not be mapped; these may: 0x10000 (DONT_EXPIRE_PASSWD) and 0x40000 (SMARTCARD_REQUIRED)`,
  ])
})

test('a denied attribute without a list of bits has none that may be mapped', () => {
  const line = 'active: { ldap: adminCount, as: { flag: 1 } }'
  expect(problemsOf(userMapping(['userName: uid', line]))).toEqual([
    `mapping.yaml:9:7 resources.User.attributes.active: adminCount ${WHY}`,
  ])
})

test.each([
  'active: { ldap: userAccountControl, as: { flag: 0x10000 } }',
  'active: { ldap: userAccountControl, as: { flag: 0x80000 }, mutability: readOnly }',
  'title: { ldap: adminCount, mutability: readOnly }',
  'emails: { ldap: altSecurityIdentities, mutability: readOnly }',
])('reading them is no harm: %s', (line) => {
  expect(problemsOf(userMapping(['userName: uid', line]))).toEqual([])
})
