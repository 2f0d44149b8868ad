import { describe, expect, test } from 'vitest'
import { problemsOf, ruleOf, userMapping, userRules } from '../support/rules.ts'

const NAME = 'userName: uid'
const user = (...attributes: readonly string[]) => userRules([NAME, ...attributes]).user
const problemsWith = (...attributes: readonly string[]) =>
  problemsOf(userMapping([NAME, ...attributes])).map((problem) =>
    problem.replace('mapping.yaml:', '').replace('resources.User.attributes', '…'),
  )

describe('an LDAP attribute', () => {
  test('holds a value as the schema has it', () => {
    const rules = user('title: title', 'name.givenName: givenName', 'enterprise.costCenter: o')
    expect(ruleOf(rules, 'title', 'value')).toMatchObject({
      ldap: 'title',
      transform: { type: 'string' },
      refuseWrites: false,
      path: { extension: false, attribute: { name: 'title' } },
    })
    expect(ruleOf(rules, 'name.givenName', 'value').path.sub?.name).toBe('givenName')
    expect(ruleOf(rules, 'enterprise.costCenter', 'value').path).toMatchObject({
      extension: true,
      attribute: { name: 'costCenter' },
    })
  })

  test.each(['2.5.4.12', 'userCertificate;binary', 'x-title;lang-de;x-a'])('is named %s', (ldap) =>
    expect(ruleOf(user(`title: ${ldap}`), 'title', 'value').ldap).toBe(ldap),
  )

  test.each([
    ['active: x-active', 'boolean', true, 'TRUE'],
    [
      'active: { ldap: x-active, as: { boolean: { true: on, false: off } } }',
      'boolean',
      false,
      'off',
    ],
    ['userType: { ldap: employeeType, as: { enum: { Employee: E } } }', 'string', 'Employee', 'E'],
    ['profileUrl: labeledURI', 'string', 'https://x', 'https://x'],
  ])('is written as the mapping says: %s', (line, type, scim, ldap) => {
    const [, rule] = user(line).attributes
    if (rule?.kind !== 'value') throw new Error('no value rule')
    expect(rule.transform.type).toBe(type)
    expect(rule.transform.toLdap(scim)).toBe(ldap)
  })

  test('has the characteristics that the mapping gives it', () => {
    const characteristics =
      '{ ldap: title, mutability: readOnly, required: true, returned: request, uniqueness: server, caseExact: true, canonicalValues: [a] }'
    const { path } = ruleOf(user(`title: ${characteristics}`), 'title', 'value')
    expect(path.attribute).toMatchObject({
      mutability: 'readOnly',
      required: true,
      returned: 'request',
      uniqueness: 'server',
      caseExact: true,
      canonicalValues: ['a'],
    })
  })

  test('gives its characteristics to a sub-attribute alone', () => {
    const { path } = ruleOf(
      user('name.givenName: { ldap: givenName, mutability: readOnly, onWrite: refuse }'),
      'name.givenName',
      'value',
    )
    expect(path.sub?.mutability).toBe('readOnly')
    expect(path.attribute.mutability).toBe('readWrite')
  })

  test('that refuses what clients send says so', () => {
    const line = 'title: { ldap: title, mutability: readOnly, onWrite: refuse }'
    expect(ruleOf(user(line), 'title', 'value').refuseWrites).toBe(true)
  })
})

describe('slots', () => {
  test('keep one value by its type each', () => {
    const { slots, unmapped } = ruleOf(
      user('emails: [ { type: work, primary: true, value: mail }, { value: x-mail } ]'),
      'emails',
      'slots',
    )
    expect(unmapped).toBe('refuse')
    expect(
      slots.map(({ type, primary, many, parts }) => [
        type,
        primary,
        many,
        parts.get('value')?.ldap,
      ]),
    ).toEqual([
      ['work', true, false, 'mail'],
      [undefined, false, false, 'x-mail'],
    ])
  })

  test('keep all values in one attribute', () => {
    for (const line of ['emails: mail', 'emails: [ { each: mail } ]', 'emails: { ldap: mail }']) {
      const { slots } = ruleOf(user(line), 'emails', 'slots')
      expect(slots).toHaveLength(1)
      expect(slots[0]).toMatchObject({ many: true, primary: false })
      expect(slots[0]?.parts.get('value')?.ldap).toBe('mail')
    }
  })

  test('have options when they are written as a map', () => {
    const rule = ruleOf(
      user(
        'emails: { slots: [ { type: work, value: mail } ], unmapped: ignore, returned: request }',
      ),
      'emails',
      'slots',
    )
    expect(rule.unmapped).toBe('ignore')
    expect(rule.path.attribute.returned).toBe('request')
  })

  test('of sub-attributes have a transform each', () => {
    const { slots } = ruleOf(
      user(
        'addresses: [ { type: work, locality: l, formatted: { ldap: postalAddress, as: postalAddress } } ]',
      ),
      'addresses',
      'slots',
    )
    const formatted = slots[0]?.parts.get('formatted')
    expect(formatted?.transform.toLdap('a\nb')).toBe('a$b')
    expect(slots[0]?.parts.get('locality')?.transform.toLdap('a\nb')).toBe('a\nb')
  })

  test('are not needed where JSON keeps the whole', () => {
    const rule = ruleOf(user('addresses: { ldap: x-addresses, as: json }'), 'addresses', 'value')
    expect(rule.transform.toLdap({ locality: 'Bonn' })).toBe('{"locality":"Bonn"}')
  })

  test('have a rest beside them, or alone', () => {
    const both = ruleOf(
      user('emails: [ { type: work, value: mail }, { rest: x-mails } ]'),
      'emails',
      'slots',
    )
    expect(both.rest).toBe('x-mails')
    expect(both.slots.map(({ type }) => type)).toEqual(['work'])
    const alone = ruleOf(user('roles: { slots: [ { rest: x-roles } ] }'), 'roles', 'slots')
    expect(alone).toMatchObject({ rest: 'x-roles', slots: [] })
    expect(ruleOf(user('emails: mail'), 'emails', 'slots')).not.toHaveProperty('rest')
  })

  test.each([
    [
      'emails: [ { type: work, value: mail }, { rest: x-a }, { rest: x-b } ]',
      '9:61 ….emails[2]: the values of emails have one "rest" at most',
    ],
    [
      'emails: [ { type: work, rest: x-a } ]',
      '9:17 ….emails[0]: "rest" keeps values with all that they have; nothing can stand beside it',
    ],
    [
      'emails: { slots: [ { rest: x-a } ], unmapped: ignore }',
      '9:26 ….emails.slots[0]: "unmapped" has no meaning: no value of emails is, because of "rest"',
    ],
    [
      'emails: [ { type: work, value: mail }, { rest: MAIL } ]',
      '9:7 ….emails: two slots use the same LDAP attribute',
    ],
    [
      'roles: [ { rest: authzTo } ]',
      '9:18 ….roles[0].rest: authzTo may not be mapped: whoever writes it can take over accounts (docs/mapping.md, "Denied attributes")',
    ],
    [
      'title: [ { rest: x-title } ]',
      '9:7 ….title: title has no values with a type; a list of slots is for attributes such as emails',
    ],
    ['emails: [ { rest: { ldap: x-a } } ]', '9:19 ….emails[0].rest: must be text, not a map'],
    [
      'emails: [ { rest: "x a" } ]',
      '9:19 ….emails[0].rest: "x a" is not well-formed; expected: An LDAP attribute, by name or OID, with options such as ;binary.',
    ],
  ])('with a rest: %s is refused', (line, problem) => {
    expect(problemsWith(line)).toEqual([problem])
  })

  test('with a rest of a readOnly attribute may read what nobody may write', () => {
    expect(problemsWith('roles: { slots: [ { rest: authzTo } ], mutability: readOnly }')).toEqual(
      [],
    )
  })

  test.each([
    [
      'emails: [ { type: work } ]',
      '9:17 ….emails[0]: a slot needs a sub-attribute that is kept in LDAP, such as "value"',
    ],
    [
      'emails: [ { each: mail, display: cn } ]',
      '9:17 ….emails[0]: "each" keeps whole values in one LDAP attribute; no other sub-attribute can stand beside it',
    ],
    [
      'emails: [ { Value: mail } ]',
      '9:19 ….emails[0].Value: emails has no sub-attribute "Value"; did you mean "value"?',
    ],
    [
      'emails: { slots: [ { valu: mail } ] }',
      '9:28 ….emails.slots[0].valu: emails has no sub-attribute "valu"; did you mean "value"?',
    ],
    [
      'x509Certificates: [ { value: { ldap: userCertificate, as: string } } ]',
      '9:61 ….x509Certificates[0].value.as: makes a string, and x509Certificates.value is a binary',
    ],
    [
      'title: [ { value: title } ]',
      '9:7 ….title: title has no values with a type; a list of slots is for attributes such as emails',
    ],
    [
      'emails: [ { type: work, value: mail }, { type: home, value: MAIL } ]',
      '9:7 ….emails: two slots use the same LDAP attribute',
    ],
    ['emails: []', '9:7 ….emails: must not be empty'],
    [
      'emails: [ { type: work, primary: true, value: mail }, { primary: true, value: x-mail } ]',
      '9:7 ….emails: two slots are primary; one value of emails can be',
    ],
    [
      'emails: [ { primary: true, each: mail } ]',
      '9:17 ….emails[0]: "each" holds any number of values, and only one can be primary',
    ],
    [
      "emails: { slots: [ { value: mail } ], default: '{{ userName }}' }",
      '9:7 ….emails: "default" has no meaning beside "slots"',
    ],
    [
      "emails: { ldap: mail, default: '{{ userName }}' }",
      '9:7 ….emails: "default" has no meaning for emails, whose values have parts',
    ],
    [
      'emails.value: mail',
      '9:7 …["emails.value"]: emails has several values: map emails as a whole, by slots or "as: json"',
    ],
  ])('%s is refused', (line, problem) => {
    expect(problemsWith(line)).toEqual([problem])
  })
})

describe('a reference', () => {
  test('has its types, its display and its placeholder', () => {
    const rule = ruleOf(
      user(
        "enterprise.manager: { reference: User, ldap: manager, display: userName, placeholder: 'cn=x,{{ suffix }}' }",
      ),
      'enterprise.manager',
      'reference',
    )
    expect(rule).toMatchObject({
      ldap: 'manager',
      types: ['User'],
      display: 'userName',
      displayAs: 'displayName',
      placeholder: { rdns: [[{ type: 'cn', value: 'x' }], [{ type: 'dc', value: 'example' }]] },
    })
    expect([...rule.displays]).toEqual([['User', 'uid']])
  })

  test.each([
    [
      'groups: { reference: [User, Users], ldap: memberOf }',
      '9:17 ….groups.reference: no resource type is called "Users"; did you mean "User"?',
    ],
    [
      'title: { reference: User, ldap: title }',
      '9:7 ….title: a reference needs an attribute with a "value" sub-attribute, such as members or manager',
    ],
    [
      'enterprise.manager.value: { reference: User, ldap: manager }',
      '9:7 …["enterprise.manager.value"]: a reference needs an attribute with a "value" sub-attribute, such as members or manager',
    ],
    [
      'enterprise.manager: { reference: User, ldap: manager, display: userNam }',
      '9:61 …["enterprise.manager"].display: no attribute of User that is mapped is called "userNam"; did you mean "userName"?',
    ],
    [
      'enterprise.manager: { reference: User, ldap: manager, as: string }',
      '9:7 …["enterprise.manager"]: "as" has no meaning beside "reference"',
    ],
    [
      'groups: memberOf',
      '9:7 ….groups: groups names resources: it needs "reference", the resource types that "ldap" names',
    ],
    [
      'enterprise.manager: manager',
      '9:7 …["enterprise.manager"]: enterprise.manager names resources: it needs "reference", the resource types that "ldap" names',
    ],
    [
      'groups: { reference: User, ldap: memberOf, primary: true }',
      '9:50 ….groups.primary: the dialect knows no primary group',
    ],
    [
      'groups: { reference: User }',
      '9:7 ….groups: "ldap" is missing: the LDAP attribute that holds the value',
    ],
    [
      "groups: { reference: User, ldap: memberOf, placeholder: 'cn={{ userName }}' }",
      '9:50 ….groups.placeholder: only {{ suffix }} may be used here, not "userName"',
    ],
  ])('%s is refused', (line, problem) => {
    expect(problemsWith(line)).toEqual([problem])
  })
})

describe('an attribute', () => {
  test('is an account’s switch or its password', () => {
    const rules = user('active: { activation: true }', 'password: { password: true }')
    expect(ruleOf(rules, 'active', 'activation').path.attribute.name).toBe('active')
    expect(ruleOf(rules, 'password', 'password').path.attribute.name).toBe('password')
  })

  test.each([
    [
      'UserType: employeeType',
      '9:7 ….UserType: no attribute of User or its extensions is called "UserType"; did you mean "userType"?',
    ],
    [
      'enterprise.divison: ou',
      '9:7 …["enterprise.divison"]: no attribute of User or its extensions is called "enterprise.divison"; did you mean "enterprise.division"?',
    ],
    [
      'name.givenName.first: cn',
      '9:7 …["name.givenName.first"]: no attribute of User or its extensions is called "name.givenName.first"; did you mean "name.givenName"?',
    ],
    [
      'members: member',
      '9:7 ….members: no attribute of User or its extensions is called "members"',
    ],
    [
      'title: { activation: true }',
      '9:7 ….title: activation needs a boolean attribute, and title is a string',
    ],
    [
      'active: { password: true }',
      '9:7 ….active: password needs a string attribute, and active is a boolean',
    ],
    [
      'active: { activation: true, password: true }',
      '9:7 ….active: activation and password exclude each other',
    ],
    [
      'active: { activation: true, ldap: x }',
      '9:7 ….active: "ldap" has no meaning beside "activation"',
    ],
    [
      'title: { as: string }',
      '9:7 ….title: "ldap" is missing: the LDAP attribute that holds the value',
    ],
    [
      'active: { ldap: x, perClient: true }',
      '9:7 ….active: "perClient" is for plain text, and active is boolean',
    ],
    [
      'userType: { ldap: x, as: { enum: { A: a } }, perClient: true }',
      '9:7 ….userType: "perClient" is for plain text, and userType is written otherwise',
    ],
    ['title: { ldap: title, unmapped: ignore }', '9:7 ….title: "unmapped" is for slots only'],
    [
      'title: { ldap: title, onWrite: refuse }',
      '9:7 ….title: "onWrite" is for readOnly attributes, and title is readWrite',
    ],
    [
      'name: cn',
      '9:7 ….name: name is complex: map its sub-attributes, such as name.formatted, or keep it "as: json"',
    ],
    ['title: { ldap: title, display: cn }', '9:7 ….title: "display" is for references only'],
    [
      "title: { ldap: title, placeholder: 'cn=x' }",
      '9:7 ….title: "placeholder" is for references only',
    ],
    [
      'title: { ldap: title, as: integer }',
      '9:29 ….title.as: makes a integer, and title is a string',
    ],
    [
      "title: { ldap: title, default: '{{ titel }}' }",
      '9:29 ….title.default: no attribute is called "titel"; did you mean "title"?',
    ],
    [
      'title: { ldap: title, as: enum }',
      '9:29 ….title.as: "enum" is not one of string, boolean, integer, decimal, dateTime, binary, postalAddress, fileTime, lockout, mustChange, guid, sid, json',
    ],
    [
      'active: { ldap: x, as: { flag: 3 } }',
      `9:32 ….active.as.flag: 3 is not one of ${Array.from({ length: 31 }, (_, n) => 2 ** n).join(', ')}; did you mean "1"?`,
    ],
    [
      "active: { ldap: x, as: { flag: 4 }, default: '4' }",
      '9:43 ….active.default: "default" has no meaning for a flag, which is off then',
    ],
    [
      'title: { ldap: title, omitted: kept }',
      '9:29 ….title.omitted: "kept" is not one of clear, keep',
    ],
    ['title: { ldap: title, primary: true }', '9:7 ….title: "primary" is for references only'],
    ['title: { ldap: title, as: { enum: {} } }', '9:35 ….title.as.enum: must not be empty'],
    [
      'title: { ldap: title, as: { boolean: { true: a } } }',
      '9:35 ….title.as.boolean: "false" is missing',
    ],
    [
      'title: { ldap: title, mutability: readwrite }',
      '9:29 ….title.mutability: "readwrite" is not one of readWrite, readOnly, immutable, writeOnly; did you mean "readWrite"?',
    ],
  ])('%s is refused', (line, problem) => {
    expect(problemsWith(line)).toEqual([problem])
  })
})
