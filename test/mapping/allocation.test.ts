import { describe, expect, test } from 'vitest'
import { printDn } from '../../src/ldap/dn.ts'
import { resourceRules } from '../../src/mapping/rules.ts'
import { problemsOf, ruleOf, rulesOf, userMapping } from '../support/rules.ts'

const SCHEMAS = `schemas:
  posix:
    id: urn:posix
    name: Posix
    attributes:
      uid: { type: integer, mutability: readOnly }
      own: { type: integer, mutability: immutable }
      open: { type: integer }
      many: { type: integer, multiValued: true, mutability: readOnly }
      text: { mutability: readOnly }
`
const COUNTER = "counter: 'cn=next,{{ suffix }}'"
const mapping = (...lines: readonly string[]) => SCHEMAS + userMapping(['userName: uid', ...lines])
const problemOf = (line: string) => {
  const [problem = '', ...more] = problemsOf(mapping(line))
  expect(more).toEqual([])
  return problem.replace(/^.*?attributes/, '')
}

test('a number comes from an entry that counts, by the attribute that it is for unless said otherwise', () => {
  const rules = rulesOf(
    mapping(
      `posix.uid: { ldap: uidNumber, allocate: { ${COUNTER}, from: 10, to: 20 } }`,
      `posix.own: { ldap: gidNumber, allocate: { ${COUNTER}, attribute: serial, from: 1, to: 1 } }`,
    ),
  )
  const user = resourceRules(rules, 'User')
  const { allocation } = ruleOf(user, 'posix.uid', 'value')
  expect(allocation && { ...allocation, counter: printDn(allocation.counter) }).toEqual({
    counter: 'cn=next,dc=example',
    attribute: 'uidNumber',
    from: 10,
    to: 20,
  })
  expect(ruleOf(user, 'posix.own', 'value').allocation?.attribute).toBe('serial')
  // Nobody else has it, and /Schemas says so.
  const [extension] = user.type.extensions
  expect(extension?.schema.attributes.map(({ name, uniqueness }) => [name, uniqueness])).toEqual([
    ['uid', 'server'],
    ['own', 'server'],
  ])
})

describe('a mapping is told', () => {
  test.each([
    [
      'an attribute of another type',
      `posix.text: { ldap: uid, allocate: { ${COUNTER}, from: 1, to: 2 } }`,
      '["posix.text"]: "allocate" is for an integer, and posix.text is a string',
    ],
    [
      'one of several values',
      `posix.many: { ldap: uidNumber, allocate: { ${COUNTER}, from: 1, to: 2 } }`,
      '["posix.many"]: "allocate" is for an integer, and posix.many is multi-valued',
    ],
    [
      'one that clients change',
      `posix.open: { ldap: uidNumber, allocate: { ${COUNTER}, from: 1, to: 2 } }`,
      '["posix.open"]: "allocate" is for readOnly and immutable attributes, and posix.open is readWrite: what an account owns goes by its number',
    ],
    [
      'a default beside it',
      `posix.uid: { ldap: uidNumber, default: '7', allocate: { ${COUNTER}, from: 1, to: 2 } }`,
      '["posix.uid"]: "allocate" and "default" exclude each other',
    ],
    [
      'a range that is none',
      `posix.uid: { ldap: uidNumber, allocate: { ${COUNTER}, from: 9, to: 2 } }`,
      '["posix.uid"].allocate: no number lies between 9 and 2: "from" is the lower one',
    ],
    [
      'a counter that is no DN',
      'posix.uid: { ldap: uidNumber, allocate: { counter: next, from: 1, to: 2 } }',
      '["posix.uid"].allocate.counter: not a DN: expected "=" at character 5',
    ],
    [
      'a counter by the resource',
      "posix.uid: { ldap: uidNumber, allocate: { counter: 'cn={{ userName }}', from: 1, to: 2 } }",
      '["posix.uid"].allocate.counter: only {{ suffix }} may be used here, not "userName"',
    ],
    [
      'the number of root',
      `posix.uid: { ldap: uidNumber, allocate: { ${COUNTER}, from: 0, to: 2 } }`,
      '["posix.uid"].allocate.from: must be >= 1',
    ],
    [
      'a missing end',
      `posix.uid: { ldap: uidNumber, allocate: { ${COUNTER}, from: 1 } }`,
      '["posix.uid"].allocate: "to" is missing',
    ],
    [
      'a denied attribute, although it is readOnly',
      `posix.uid: { ldap: primaryGroupID, allocate: { ${COUNTER}, from: 1, to: 2 } }`,
      '["posix.uid"]: primaryGroupID may not be mapped: whoever writes it can take over accounts (docs/mapping.md, "Denied attributes")',
    ],
  ])('of %s', (_, line, problem) => {
    expect(problemOf(line)).toBe(problem)
  })

  test('that another rule writes the attribute', () => {
    const lines = [
      `posix.uid: { ldap: uidNumber, allocate: { ${COUNTER}, from: 1, to: 2 } }`,
      'posix.open: uidNumber',
    ]
    expect(problemsOf(mapping(...lines))).toEqual([
      expect.stringContaining('uidNumber is already written by posix.uid'),
    ])
  })
})
