import { expect, test } from 'vitest'
import { withProtection } from '../../src/config/protection.ts'
import { printFilter } from '../../src/ldap/filter.ts'
import { printDn } from '../../src/ldap/dn.ts'
import { printPath } from '../../src/mapping/problem.ts'
import type { ProtectItem } from '../../src/mapping/protection.ts'
import { shippedRules } from '../support/rules.ts'

const rules = shippedRules('openldap')

function protectionOf(
  protect: readonly ProtectItem[],
  dn = 'cn=svc,dc=example',
  except = ['cn=x'],
) {
  const problems: string[] = []
  const { protection } = withProtection(
    rules,
    { protect, dangerouslyUnprotected: except },
    { dn, password: 'x' },
    ['endpoints', '/v2'],
    (path, message) => problems.push(`${printPath(path)}: ${message}`),
  )
  return { protection, problems }
}

test('what the settings name is protected besides what the directory’s kind has', () => {
  const { protection, problems } = protectionOf([
    { entry: 'CN=Admins,{{ suffix }}' },
    { subtree: 'ou=vault,{{ suffix }}' },
    { filter: '(title=chief)' },
  ])
  expect(problems).toEqual([])
  expect([...protection.entries].sort()).toEqual(
    ['cn=admin', 'cn=admins', 'cn=manager', 'cn=svc'].map((rdn) => `${rdn},dc=example`),
  )
  expect(protection.subtrees.map(printDn)).toEqual(['ou=vault,dc=example'])
  expect(printFilter(protection.filter)).toBe('(title=chief)')
})

test.each([
  ['corp\\svc-scim', '(sAMAccountName=svc-scim)'],
  ['svc-scim@corp.example', '(userPrincipalName=svc-scim@corp.example)'],
])('the account %s is protected by its name', (name, filter) => {
  const { protection } = protectionOf([], name)
  expect(printFilter(protection.filter)).toBe(filter)
  expect(protection.account).toBeUndefined()
})

test.each([
  [{ entry: 'nonsense' }, /protect\[0\]\.entry: /],
  [{ subtree: '' }, /protect\[0\]\.subtree: must be a DN, not empty/],
  [{ subtree: '{{ userName }},dc=x' }, /only \{\{ suffix \}\} may be used here/],
  [{ filter: '(title' }, /protect\[0\]\.filter: /],
  [{ filter: '(createTimestamp>=2020)' }, /so that the gateway can decide it too/],
])('%j is refused', (item, problem) => {
  const { problems } = protectionOf([item])
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatch(problem)
})

test('an exception is a DN', () => {
  const { problems } = protectionOf([], undefined, ['nonsense'])
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatch(/dangerouslyUnprotected\[0\]: /)
})
