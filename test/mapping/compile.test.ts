import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readYaml } from '../../src/config/yaml.ts'
import { parseDn, printDn } from '../../src/ldap/dn.ts'
import { printFilter } from '../../src/ldap/filter.ts'
import { compileMapping, parseSuffix } from '../../src/mapping/compile.ts'
import { resourceRules } from '../../src/mapping/rules.ts'
import { ENTERPRISE_USER } from '../../src/scim/schemas/enterprise-user.ts'
import { GROUP } from '../../src/scim/schemas/group.ts'
import { USER } from '../../src/scim/schemas/user.ts'
import {
  problemsOf,
  ruleOf,
  rulesOf,
  SHIPPED_MAPPINGS,
  shippedRules,
  userMapping,
  userRules,
} from '../support/rules.ts'

describe('the mapping for OpenLDAP', () => {
  const rules = shippedRules('openldap')
  const user = resourceRules(rules, 'User')
  const group = resourceRules(rules, 'Group')

  test('has Users and Groups with their endpoints, bases and filters', () => {
    expect(
      rules.resources.map(({ type, base, filter, objectClasses }) => [
        type.endpoint,
        printDn(base),
        printFilter(filter),
        objectClasses,
      ]),
    ).toEqual([
      ['/Users', 'ou=people,dc=example', '(objectClass=inetOrgPerson)', ['inetOrgPerson']],
      ['/Groups', 'ou=groups,dc=example', '(objectClass=groupOfNames)', ['groupOfNames']],
    ])
    expect(rules.dialect.id.attribute).toBe('entryUUID')
  })

  test('claims what is mapped and nothing else', () => {
    const names = user.type.schema.attributes.map(({ name }) => name)
    expect(names).toContain('userName')
    expect(names).toContain('groups')
    expect(names).not.toContain('nickName')
    expect(names).not.toContain('photos')
    const subsOf = (name: string) =>
      user.type.schema.attributes
        .find((attribute) => attribute.name === name)
        ?.subAttributes?.map((sub) => sub.name)
    expect(subsOf('name')).toEqual(['formatted', 'familyName', 'givenName'])
    expect(subsOf('emails')).toEqual(['value', 'type', 'primary'])
    expect(subsOf('phoneNumbers')).toEqual(['value', 'type'])
    expect(subsOf('x509Certificates')).toEqual(['value'])
    expect(subsOf('groups')).toEqual(['value', '$ref', 'display', 'type'])
    expect(
      user.type.extensions.map(({ schema }) => schema.attributes.map(({ name }) => name)),
    ).toEqual([['employeeNumber', 'organization', 'division', 'department', 'manager']])
  })

  test('shows members by the names that their own mapping gives them', () => {
    const members = ruleOf(group, 'members', 'reference')
    expect([...members.displays]).toEqual([
      ['User', 'displayName'],
      ['Group', 'cn'],
    ])
    expect(members.displayAs).toBe('display')
    expect(members.placeholder && printDn(members.placeholder)).toBe('cn=nobody,dc=example')
    expect(ruleOf(user, 'enterprise.manager', 'reference').displayAs).toBe('displayName')
  })

  test('compiles for every suffix', () => {
    const text = readFileSync(resolve(SHIPPED_MAPPINGS, 'openldap.yaml'), 'utf8')
    const read = readYaml('openldap.yaml', text)
    if ('problems' in read) throw new Error('the YAML cannot be read')
    const compiled = compileMapping(read.document, parseDn('o=Ex\\2Cample \\#1+c=DE'))
    expect('rules' in compiled && printDn(resourceRules(compiled.rules, 'User').base)).toBe(
      'ou=people,o=Ex\\2Cample #1+c=DE',
    )
  })
})

test('the mapping for OpenLDAP with our schema has all of the core and enterprise schemas', () => {
  const rules = shippedRules('openldap-scim')
  const { type: user } = resourceRules(rules, 'User')
  expect(user.schema).toEqual(USER)
  expect(user.extensions.map(({ schema }) => schema)).toEqual([ENTERPRISE_USER])
  expect(resourceRules(rules, 'Group').type.schema).toEqual(GROUP)
})

test('a resource type that nobody has is a bug', () => {
  expect(() => resourceRules(shippedRules('openldap'), 'Device')).toThrow(
    'no resource type is called Device',
  )
})

/** A mapping line by line, some with a mistake that can be made there and the problem it makes. */
const LINES: readonly (readonly [line: string, mistaken?: string, problem?: string])[] = [
  [
    'dialect: openldap',
    'dialect: opnldap',
    'mapping.yaml:1:1 dialect: "opnldap" is not one of openldap, 389ds, active-directory; did you mean "openldap"?',
  ],
  ['resources:'],
  ['  User:'],
  ['    base: ou=people,{{ suffix }}'],
  [
    '    filter: (objectClass=inetOrgPerson)',
    '    filter: (objectClass=inetOrgPerson',
    'mapping.yaml:5:5 resources.User.filter: not a filter: expected ")" at character 27, found the end',
  ],
  [
    '    dn: uid={{ userName }},ou=people,{{ suffix }}',
    '    dn: uid={{ userName }},{{ suffix }}',
    'mapping.yaml:6:5 resources.User.dn: uid=example,dc=example would not lie below the base ou=people,dc=example',
  ],
  ['    objectClass: [inetOrgPerson]'],
  [
    '    rename: never',
    '    renam: never',
    'mapping.yaml:8:5 resources.User.renam: unknown key "renam"; expected one of schema, endpoint, description, base, filter, dn, rename, delete, onConflict, objectClass, attributes, write; did you mean "rename"?',
  ],
  ['    attributes:'],
  ['      userName: uid'],
  [
    '      name.familyName: sn',
    '      name.famlyName: sn',
    'mapping.yaml:11:7 resources.User.attributes["name.famlyName"]: no attribute of User or its extensions is called "name.famlyName"; did you mean "name.familyName"?',
  ],
  [
    "      name.formatted: { ldap: cn, default: '{{ displayName }}' }",
    "      name.formatted: { ldap: cn, default: '{{ dispalyName }}' }",
    'mapping.yaml:12:35 resources.User.attributes["name.formatted"].default: no attribute is called "dispalyName"; did you mean "displayName"?',
  ],
  ['      displayName: displayName'],
  [
    '      active: { ldap: x-active, as: boolean }',
    '      active: { ldap: x-active, as: boolaen }',
    'mapping.yaml:14:33 resources.User.attributes.active.as: "boolaen" is not one of string, boolean, integer, decimal, dateTime, binary, postalAddress, fileTime, lockout, mustChange, guid, sid, json; did you mean "boolean"?',
  ],
  ['      emails:'],
  [
    '        - { type: work, value: mail }',
    '        - { type: work, vale: mail }',
    'mapping.yaml:16:25 resources.User.attributes.emails[0].vale: emails has no sub-attribute "vale"; did you mean "value"?',
  ],
  [
    '      groups: { reference: Group, ldap: memberOf }',
    '      groups: { reference: Grup, ldap: memberOf }',
    'mapping.yaml:17:17 resources.User.attributes.groups.reference: no resource type is called "Grup"; did you mean "Group"?',
  ],
  ['    write:'],
  [
    '      gecos: { on: create, value: x }',
    '      servicePrincipalName: { on: create, value: x }',
    'mapping.yaml:19:7 resources.User.write.servicePrincipalName: servicePrincipalName may not be mapped: whoever writes it can take over accounts (docs/mapping.md, "Denied attributes")',
  ],
  ['  Group:'],
  ['    base: ou=groups,{{ suffix }}'],
  ['    filter: (objectClass=groupOfNames)'],
  ['    dn: cn={{ displayName }},ou=groups,{{ suffix }}'],
  ['    objectClass: [groupOfNames]'],
  ['    attributes:'],
  ['      displayName: cn'],
]
const MISTAKES = LINES.flatMap(([, mistaken, problem], index) =>
  mistaken === undefined || problem === undefined ? [] : [{ index, problem }],
)

/** The mapping with the mistakes that are made at these lines. */
function mistaken(isMade: (index: number) => boolean): string {
  return LINES.map(([line, wrong = line], index) => (isMade(index) ? wrong : line)).join('\n')
}

describe('a mapping with ten different mistakes', () => {
  test('reports exactly ten problems, each at its place, in the order of the lines', () => {
    expect(MISTAKES).toHaveLength(10)
    expect(problemsOf(mistaken(() => true))).toEqual(MISTAKES.map(({ problem }) => problem))
  })

  test.each(MISTAKES)(
    'reports one where the others are not made: $problem',
    ({ index, problem }) => {
      expect(problemsOf(mistaken((line) => line === index))).toEqual([problem])
    },
  )

  test('compiles without them', () => {
    expect(problemsOf(mistaken(() => false))).toEqual([])
  })
})

const PROBLEM = 'mapping.yaml:'

describe('the shape of a mapping', () => {
  test.each([
    ['- a', ['1:1 must be a map, not a list']],
    ['dialect: openldap', ['1:1 "resources" is missing']],
    ['dialect: openldap\nresources: {}', ['2:1 resources: must not be empty']],
    ['dialect: openldap\nresources: x', ['2:1 resources: must be a map, not "x"']],
    [
      'dialect: openldap\nresources:\n  User: true',
      ['3:3 resources.User: must be a map, not true'],
    ],
    [
      'dialect: openldap\nresources:\n  User: {}',
      [
        '3:3 resources.User: "base" is missing',
        '3:3 resources.User: "filter" is missing',
        '3:3 resources.User: "dn" is missing',
        '3:3 resources.User: "objectClass" is missing',
        '3:3 resources.User: "attributes" is missing',
      ],
    ],
  ])('%j', (yaml, problems) => {
    expect(problemsOf(yaml)).toEqual(problems.map((problem) => `${PROBLEM}${problem}`))
  })

  test.each([
    [
      'userName: 1',
      '8:7 resources.User.attributes.userName: must be text or a map or a list, not 1',
    ],
    [
      'userName: u id',
      '8:7 resources.User.attributes.userName: "u id" is not well-formed; expected: An LDAP attribute, by name or OID, with options such as ;binary.',
    ],
    [
      'userName: { ldap: uid, activation: false }',
      '8:30 resources.User.attributes.userName.activation: must be true',
    ],
  ])('a wrong attribute is one problem, even if it is required: %s', (line, problem) => {
    expect(problemsOf(userMapping([line]))).toEqual([`${PROBLEM}${problem}`])
  })

  test('nothing at all is no mapping', () => {
    expect(problemsOf('')).toEqual(['mapping.yaml must be a map, not nothing'])
  })

  test('a key that is no name does not hide the problems of others', () => {
    const write = [
      'write:',
      '  g ecos: { on: create, value: x }',
      '  aci: { on: create, value: x }',
    ]
    expect(problemsOf(userMapping(['userName: uid'], write))).toEqual([
      `${PROBLEM}11:7 resources.User.write["g ecos"]: "g ecos" is not well-formed; expected: An LDAP attribute, by name or OID, with options such as ;binary.`,
      `${PROBLEM}12:7 resources.User.write.aci: aci may not be mapped: whoever writes it can take over accounts (docs/mapping.md, "Denied attributes")`,
    ])
  })

  test('a damaged mapping is reported, never thrown at', () => {
    const schemas = {
      device: { id: 'urn:x:Device', name: 'Device', attributes: { serial: { type: 'string' } } },
    }
    const text = readFileSync(resolve(SHIPPED_MAPPINGS, 'openldap.yaml'), 'utf8')
    const read = readYaml('openldap.yaml', text)
    if ('problems' in read) throw new Error('the YAML cannot be read')
    const whole = { schemas, ...(read.document.value as object) }
    let damaged = 0
    for (const value of damages(whole)) {
      const compiled = compileMapping({ ...read.document, value }, parseDn('dc=example'))
      if ('problems' in compiled) {
        expect(compiled.problems.length).toBeGreaterThan(0)
        damaged++
      }
    }
    expect(damaged).toBeGreaterThan(500)
  })
})

/** The value with each of its parts taken away, or replaced by something else. */
function* damages(value: unknown): Generator {
  for (const other of [null, 1, 'x', [], { x: 1 }, '{{ x']) yield other
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      yield value.toSpliced(index, 1)
      for (const damaged of damages(item)) yield value.with(index, damaged)
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      yield Object.fromEntries(Object.entries(value).filter(([other]) => other !== key))
      for (const damaged of damages(item)) yield { ...value, [key]: damaged }
    }
  }
}

describe('a resource', () => {
  const problemsWith = (...others: readonly string[]) =>
    problemsOf(userMapping(['userName: uid'], others))

  test.each([
    ['base', 'o=a,{{ userName }}', 'only {{ suffix }} may be used here, not "userName"'],
    ['base', "''", 'must be a DN, not empty'],
    ['base', 'people', 'not a DN: expected "=" at character 7'],
    ['filter', "'(uid={{ userName }})'", 'only {{ suffix }} may be used here, not "userName"'],
    [
      'filter',
      '(uidNumber>=1000)',
      'may use &, |, !, equality, substrings and presence only, so that the gateway can decide it too',
    ],
  ])('whose %s is %s is refused', (key, value, message) => {
    const yaml = userMapping(['userName: uid']).replace(
      new RegExp(`${key}: .*`),
      `${key}: ${value}`,
    )
    const line = key === 'base' ? 4 : 5
    expect(problemsOf(yaml)).toEqual([`${PROBLEM}${line}:5 resources.User.${key}: ${message}`])
  })

  test('whose filter uses the suffix compiles', () => {
    const yaml = userMapping(['userName: uid']).replace(
      /filter: .*/,
      "filter: '(&(objectClass=person)(!(o={{ suffix }})))'",
    )
    const [user] = rulesOf(yaml).resources
    expect(user && printFilter(user.filter)).toBe('(&(objectClass=person)(!(o=dc=example)))')
  })

  test.each(['o=A\\2CB', 'o=A (B)', 'o=A*', 'o=A\\5CB'])(
    'whose filter uses the suffix %s means that DN',
    (suffix) => {
      const yaml = userMapping(['userName: uid']).replace(
        /filter: .*/,
        'filter: (manager=cn=x,{{ suffix }})',
      )
      const read = readYaml('mapping.yaml', yaml)
      const compiled = 'document' in read && compileMapping(read.document, parseDn(suffix))
      const [user] = compiled && 'rules' in compiled ? compiled.rules.resources : []
      const printed = printDn(parseDn(`cn=x,${suffix}`))
      expect(user?.filter).toEqual({ kind: 'equal', attribute: 'manager', value: printed })
    },
  )

  test('must map what its schema requires', () => {
    expect(
      problemsOf(
        userMapping(['displayName: uid'], ['dn: uid={{ displayName }},ou=people,{{ suffix }}']),
      ),
    ).toEqual([
      `${PROBLEM}7:5 resources.User.attributes: userName is required by urn:ietf:params:scim:schemas:core:2.0:User and must be mapped`,
    ])
  })

  test('may write one LDAP attribute from one place only, whatever the letter case', () => {
    expect(
      problemsOf(
        userMapping(
          ['userName: uid', 'displayName: CN', 'name.formatted: cn'],
          ['write:', '  cn: { on: always, value: x }', '  gecos: { on: always, value: x }'],
        ),
      ),
    ).toEqual([
      `${PROBLEM}10:7 resources.User.attributes["name.formatted"]: cn is already written by displayName`,
      `${PROBLEM}13:7 resources.User.write.cn: cn is already written by displayName`,
    ])
  })

  test('may read one LDAP attribute in several places', () => {
    expect(
      problemsOf(
        userMapping(['userName: uid', 'displayName: { ldap: uid, mutability: readOnly }']),
      ),
    ).toEqual([])
  })

  test('may have the template of a DN that asks for a whole and its part', () => {
    const dn =
      "dn: 'uid={% if name %}{{ name.givenName }}{% else %}{{ userName }}{% endif %},ou=people,{{ suffix }}'"
    expect(problemsOf(userMapping(['userName: uid', 'name.givenName: givenName'], [dn]))).toEqual(
      [],
    )
  })

  test('has no template that reads what is not mapped', () => {
    expect(
      problemsOf(
        userMapping(
          ['userName: uid', "displayName: { ldap: cn, default: '{{ name.formatted }}' }"],
          [
            'dn: uid={{ externalId }},ou=people,{{ suffix }}',
            'write:',
            "  gecos: { on: always, value: '{{ name }}{{ displayName }}{{ suffix }}' }",
          ],
        ),
      ),
    ).toEqual([
      `${PROBLEM}9:32 resources.User.attributes.displayName.default: name.formatted is not mapped, so it never has a value`,
      `${PROBLEM}10:5 resources.User.dn: externalId is not mapped, so it never has a value`,
      `${PROBLEM}12:28 resources.User.write.gecos.value: name is not mapped, so it never has a value`,
    ])
  })

  test('writes what the dialect writes from one place only', () => {
    expect(
      problemsOf(
        userMapping(
          ['userName: uid', 'active: { activation: true }', 'title: pwdAccountLockedTime'],
          ['write:', '  userPassword: { on: create, value: x }'],
        ),
      ),
    ).toEqual([
      `${PROBLEM}10:7 resources.User.attributes.title: pwdAccountLockedTime is already written by active`,
    ])
    expect(
      problemsOf(
        userMapping(
          ['userName: uid', 'password: { password: true }'],
          ['write:', '  userPassword: { on: create, value: x }'],
        ),
      ),
    ).toEqual([
      `${PROBLEM}12:7 resources.User.write.userPassword: userPassword is already written by password`,
    ])
  })

  test('may have the template of a DN whose attributes lie in an extension', () => {
    expect(
      problemsOf(
        userMapping(
          ['userName: uid', 'enterprise.department: departmentNumber'],
          [
            "dn: '{% if enterprise.department %}ou={{ enterprise.department }}{% else %}uid={{ userName }}{% endif %},ou=people,{{ suffix }}'",
          ],
        ),
      ),
    ).toEqual([])
  })

  test.each([
    [
      'dn: uid={{ userNam }},ou=people,{{ suffix }}',
      'no attribute is called "userNam"; did you mean "userName"?',
    ],
    ['dn: uid={{ userName,ou=people', 'output "{{ userName,ou=people" not closed, line:1, col:5'],
    ['dn: uid={{ name }},ou=people,{{ suffix }}', 'a complex value in a DN, line:1, col:5'],
    [
      "dn: '{{ userName | shout }},ou=people,{{ suffix }}'",
      'undefined filter: shout, line:1, col:1',
    ],
    ["dn: '{{ userName }},ou=people,{{ suffix }}'", 'not a DN: expected "=" at character 8'],
  ])('whose %s is refused', (dn, message) => {
    expect(problemsWith(dn)).toEqual([`${PROBLEM}9:5 resources.User.dn: ${message}`])
  })

  test('of a type of one’s own needs a schema', () => {
    const device = (schema: string) =>
      userMapping(['userName: uid']).replace('  User:', `  Device:${schema}`)
    expect(problemsOf(device(''))).toEqual([
      `${PROBLEM}3:3 resources.Device: needs "schema": the alias of a schema under "schemas"; only User and Group have one of their own`,
    ])
    expect(problemsOf(device('\n    schema: enterprize'))).toEqual([
      `${PROBLEM}4:5 resources.Device.schema: no schema has the alias "enterprize"; did you mean "enterprise"?`,
    ])
  })

  test('keeps its name where renaming is switched off', () => {
    expect(userRules(['userName: uid']).user.naming.rename).toBe(true)
    expect(userRules(['userName: uid'], ['rename: never']).user.naming.rename).toBe(false)
  })
})

test.each([
  ['dc=example,dc=com', true],
  ['', false],
  ['example.com', false],
])('%j as a suffix: %s', (text, accepted) => {
  expect(parseSuffix(text) !== undefined).toBe(accepted)
})
