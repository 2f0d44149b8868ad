import { expect, test } from 'vitest'
import { DENIED_ATTRIBUTES } from '../../src/mapping/denied.ts'
import { problemsOf, userMapping } from '../support/rules.ts'

const WHY =
  'may not be mapped: whoever writes it can take over accounts (docs/mapping.md, "Denied attributes")'

test.each([...DENIED_ATTRIBUTES])('nobody writes %s', (ldap) => {
  expect(problemsOf(userMapping(['userName: uid', `title: ${ldap}`]))).toEqual([
    `mapping.yaml:9:7 resources.User.attributes.title: ${ldap} ${WHY}`,
  ])
})

test.each(['servicePrincipalName', 'SIDHistory', 'aci', 'msDS-KeyCredentialLink', 'objectClass'])(
  '%s is denied',
  (ldap) => expect(DENIED_ATTRIBUTES.has(ldap.toLowerCase())).toBe(true),
)

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
  'title: { ldap: adminCount, mutability: readOnly }',
  'emails: { ldap: altSecurityIdentities, mutability: readOnly }',
])('reading them is no harm: %s', (line) => {
  expect(problemsOf(userMapping(['userName: uid', line]))).toEqual([])
})
