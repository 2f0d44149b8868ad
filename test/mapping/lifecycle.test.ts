import { describe, expect, test } from 'vitest'
import { printDn } from '../../src/ldap/dn.ts'
import { resourceRules } from '../../src/mapping/rules.ts'
import { problemsOf, rulesOf } from '../support/rules.ts'

/** Users and groups; `more` are lines of User, the first of them line 15. */
function mapping(more: readonly string[], groups = true): string {
  return [
    'dialect: openldap',
    'resources:',
    '  User:',
    '    base: ou=people,{{ suffix }}',
    '    filter: (objectClass=inetOrgPerson)',
    '    dn: uid={{ userName }},ou=people,{{ suffix }}',
    '    objectClass: [inetOrgPerson]',
    '    attributes:',
    '      userName: uid',
    '      active: { activation: true }',
    '      emails: [{ type: work, value: mail }]',
    '      enterprise.employeeNumber: { ldap: employeeNumber, mutability: immutable }',
    '      displayName: displayName',
    '      nickName: initials',
    ...more.map((line) => `    ${line}`),
    ...(groups
      ? [
          '  Group:',
          '    base: ou=groups,{{ suffix }}',
          '    filter: (objectClass=groupOfNames)',
          '    dn: cn={{ displayName }},ou=groups,{{ suffix }}',
          '    objectClass: [groupOfNames]',
          '    attributes:',
          '      displayName: cn',
          '      members: { reference: [User, Group], ldap: member }',
        ]
      : []),
    '',
  ].join('\n')
}

const userOf = (...more: readonly string[]) => resourceRules(rulesOf(mapping(more)), 'User')

describe('delete', () => {
  test.each([[[]], [['delete: entry']]])('deletes by %s', (lines) => {
    expect(userOf(...lines)).not.toHaveProperty('leaving')
  })

  test('moves, switches off and takes out of groups, unless it is told otherwise', () => {
    const { leaving } = userOf("delete: { move: 'ou=leavers,{{ suffix }}' }")
    expect(leaving).toMatchObject({ disable: true, leaveGroups: true, reviveBy: [] })
    expect(leaving && printDn(leaving.target)).toBe('ou=leavers,dc=example')
    const little = userOf(
      "delete: { move: 'ou=x,{{ suffix }}', disable: false, leaveGroups: false, reviveBy: [userName, nickName] }",
    )
    expect(little.leaving).toMatchObject({
      ...{ disable: false, leaveGroups: false },
      reviveBy: ['userName', 'nickName'],
    })
  })

  test.each([
    [
      "delete: { move: 'ou=old,ou=people,{{ suffix }}' }",
      '15:15 resources.User.delete.move: ou=old,ou=people,dc=example lies in the base ou=people,dc=example: what is moved there would not be gone',
    ],
    [
      "delete: { move: 'ou={{ title }},{{ suffix }}' }",
      '15:15 resources.User.delete.move: only {{ suffix }} may be used here, not "title"',
    ],
    [
      "delete: { move: 'ou=x,{{ suffix }}', reviveBy: userNam }",
      '15:42 resources.User.delete.reviveBy: no line maps "userNam"; did you mean "userName"?',
    ],
    [
      "delete: { move: 'ou=x,{{ suffix }}', reviveBy: [emails] }",
      '15:42 resources.User.delete.reviveBy: emails is not one value in one LDAP attribute, so it finds nobody',
    ],
    ['delete: { disable: true }', '15:5 resources.User.delete: "move" is missing'],
    [
      "delete: { move: 'ou=x,{{ suffix }}', disabel: true }",
      '15:42 resources.User.delete.disabel: unknown key "disabel"; expected one of move, disable, leaveGroups, reviveBy; did you mean "disable"?',
    ],
    [
      'delete: entri',
      '15:5 resources.User.delete: "entri" is not one of entry; did you mean "entry"?',
    ],
  ])('of %s the problem is told', (line, problem) => {
    expect(problemsOf(mapping([line]))).toEqual([`mapping.yaml:${problem}`])
  })

  test('needs something to switch off and groups to leave, or to be told that there are none', () => {
    const move = "delete: { move: 'ou=x,{{ suffix }}' }"
    expect(problemsOf(mapping([move]).replace('      active: { activation: true }\n', ''))).toEqual(
      [
        'mapping.yaml:14:5 resources.User.delete: needs "active" to be mapped, so that the account is switched off, or disable: false',
      ],
    )
    expect(problemsOf(mapping([move], false))).toEqual([
      'mapping.yaml:15:5 resources.User.delete: no attribute is mapped whose values are Users of a group: say leaveGroups: false',
    ])
  })
})

describe('onConflict', () => {
  test('refuses unless it names keys', () => {
    expect(userOf().adoptBy).toEqual([])
    expect(userOf('onConflict: refuse').adoptBy).toEqual([])
    expect(userOf('onConflict: { adopt: [enterprise.employeeNumber] }').adoptBy).toEqual([
      'enterprise.employeeNumber',
    ])
  })

  test.each([
    [
      'onConflict: { adopt: [displayName] }',
      '15:19 resources.User.onConflict.adopt: displayName must be mapped with "mutability: immutable": who can change it could take over accounts',
    ],
    [
      'onConflict: { adopt: [enterprise.employeNumber] }',
      '15:19 resources.User.onConflict.adopt: no line maps "enterprise.employeNumber"; did you mean "enterprise.employeeNumber"?',
    ],
    ['onConflict: {}', '15:5 resources.User.onConflict: "adopt" is missing'],
  ])('of %s the problem is told', (line, problem) => {
    expect(problemsOf(mapping([line]))).toEqual([`mapping.yaml:${problem}`])
  })
})

describe('n', () => {
  const WHERE = 'it may be used in `dn`, and in `write` with "on: create"'

  test.each([
    [
      "write: { title: { on: always, value: '{{ userName }}{{ n }}' } }",
      `15:35 resources.User.write.title.value: n is counted when an entry is made: ${WHERE}`,
    ],
    [
      "delete: { move: 'ou={{ n }},{{ suffix }}', disable: false }",
      '15:15 resources.User.delete.move: only {{ suffix }} may be used here, not "n"',
    ],
  ])('of %s the problem is told', (line, problem) => {
    expect(problemsOf(mapping([line]))).toEqual([`mapping.yaml:${problem}`])
  })

  test('may be no part of a default, which is found anew with each update', () => {
    const line = "displayName: { ldap: displayName, default: '{{ userName }}{{ n }}' }"
    const text = mapping([]).replace('displayName: displayName', line)
    expect(problemsOf(text)).toEqual([
      `mapping.yaml:13:41 resources.User.attributes.displayName.default: n is counted when an entry is made: ${WHERE}`,
    ])
  })

  test('may be part of a DN and of what is written once', () => {
    const text = mapping(["write: { title: { on: create, value: '{{ userName }}{{ n }}' } }"])
    expect(
      problemsOf(text.replace('dn: uid={{ userName }}', 'dn: uid={{ userName }}{{ n }}')),
    ).toEqual([])
  })
})
