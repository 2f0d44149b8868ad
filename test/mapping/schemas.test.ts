import { describe, expect, test } from 'vitest'
import { catalogueOf, findExactly } from '../../src/mapping/schemas.ts'
import { resourceRules } from '../../src/mapping/rules.ts'
import { USER } from '../../src/scim/schemas/user.ts'
import { problemsOf, ruleOf, rulesOf } from '../support/rules.ts'

/** A mapping with an extension of Users and a resource type of its own. */
const MAPPING = `
dialect: openldap
schemas:
  acme:
    id: urn:acme:2.0:Person
    name: Person
    attributes:
      badge: { type: integer, uniqueness: server }
      skills: { multiValued: true, caseExact: true }
      car: { subAttributes: { plate: { required: true }, electric: { type: boolean } } }
  device:
    id: urn:acme:2.0:Device
    name: Device
    description: Things with a plug
    attributes:
      serial: { required: true, mutability: immutable, uniqueness: server }
      owner:
        type: complex
        subAttributes: { value: {}, $ref: { type: reference, referenceTypes: [User] } }
      key: { type: binary }
resources:
  User:
    base: ou=people,{{ suffix }}
    filter: (objectClass=acmePerson)
    dn: uid={{ userName }},ou=people,{{ suffix }}
    objectClass: [acmePerson]
    attributes:
      userName: uid
      acme.badge: acmeBadge
      acme.skills: acmeSkill
      acme.car.plate: acmePlate
    write:
      gecos: { on: always, value: '{{ acme.badge }}' }
  Device:
    schema: device
    base: ou=devices,{{ suffix }}
    filter: (objectClass=device)
    dn: serialNumber={{ serial }},ou=devices,{{ suffix }}
    objectClass: [device]
    attributes:
      serial: serialNumber
      owner: { reference: User, ldap: owner, display: userName }
`

describe('an extension in YAML', () => {
  const user = resourceRules(rulesOf(MAPPING), 'User')
  const [extension] = user.type.extensions

  test('extends the resource type with what is mapped of it', () => {
    expect(extension).toMatchObject({
      required: false,
      schema: { id: 'urn:acme:2.0:Person', name: 'Person', description: '' },
    })
    expect(extension?.schema.attributes.map(({ name }) => name)).toEqual(['badge', 'skills', 'car'])
    expect(user.type.extensions).toHaveLength(1)
  })

  test('has the characteristics that are written, and the defaults of RFC 7643 §2.2', () => {
    const [badge, skills, car] = extension?.schema.attributes ?? []
    expect(badge).toEqual({
      name: 'badge',
      type: 'integer',
      multiValued: false,
      description: '',
      required: false,
      caseExact: false,
      mutability: 'readWrite',
      returned: 'default',
      uniqueness: 'server',
    })
    expect(skills).toMatchObject({ type: 'string', multiValued: true, caseExact: true })
    expect(car).toMatchObject({ type: 'complex' })
    expect(car?.subAttributes?.map(({ name, required }) => [name, required])).toEqual([
      ['plate', true],
    ])
  })

  test('is mapped by its alias', () => {
    expect(ruleOf(user, 'acme.badge', 'value').transform.type).toBe('integer')
    expect(ruleOf(user, 'acme.car.plate', 'value').path).toMatchObject({
      extension: true,
      schema: { id: 'urn:acme:2.0:Person' },
      attribute: { name: 'car' },
      sub: { name: 'plate' },
    })
    expect(user.writes[0]?.value.variables).toEqual([['acme', 'badge']])
  })
})

describe('a resource type in YAML', () => {
  const device = resourceRules(rulesOf(MAPPING), 'Device')

  test('has the schema that its alias names', () => {
    expect(device.type).toMatchObject({
      name: 'Device',
      endpoint: '/Devices',
      description: 'Things with a plug',
      schema: { id: 'urn:acme:2.0:Device' },
      extensions: [],
    })
    expect(device.type.schema.attributes.map(({ name }) => name)).toEqual(['serial', 'owner'])
  })

  test('refers to others without a name to show where its schema has none', () => {
    const rule = ruleOf(device, 'owner', 'reference')
    expect(rule.displayAs).toBeUndefined()
    expect([...rule.displays]).toEqual([['User', 'uid']])
  })

  test('may have another endpoint', () => {
    const text = MAPPING.replace('schema: device', 'schema: device\n    endpoint: /Things')
    expect(resourceRules(rulesOf(text), 'Device').type.endpoint).toBe('/Things')
  })

  test('must map what its own schema requires', () => {
    const text = MAPPING.replace(/serial: serialNumber/, 'key: jpegPhoto')
    expect(problemsOf(text)).toEqual([
      'mapping.yaml:40:5 resources.Device.attributes: serial is required by urn:acme:2.0:Device and must be mapped',
    ])
  })
})

describe('a schema', () => {
  test.each([
    [
      MAPPING.replace('urn:acme:2.0:Person', 'Person'),
      '5:5 schemas.acme.id: "Person" is not well-formed; expected: The URN of the schema.',
    ],
    [
      MAPPING.replace('type: integer', 'type: interger'),
      '8:16 schemas.acme.attributes.badge.type: "interger" is not one of string, boolean, decimal, integer, dateTime, binary, reference, complex; did you mean "integer"?',
    ],
    [
      MAPPING.replace('type: integer', 'typ: integer'),
      '8:16 schemas.acme.attributes.badge.typ: unknown key "typ"; expected one of type, multiValued, description, referenceTypes, subAttributes, mutability, required, returned, uniqueness, caseExact, canonicalValues; did you mean "type"?',
    ],
    [
      MAPPING.replace('acme.badge: acmeBadge', 'acme.bagde: acmeBadge'),
      '29:7 resources.User.attributes["acme.bagde"]: no attribute of User or its extensions is called "acme.bagde"; did you mean "acme.badge"?',
    ],
    [
      MAPPING.replace('schema: device', 'schema: devize'),
      '35:5 resources.Device.schema: no schema has the alias "devize"; did you mean "device"?',
    ],
  ])('with a mistake is refused: %#', (text, problem) => {
    expect(problemsOf(text)).toEqual([`mapping.yaml:${problem}`])
  })

  test('without attributes is refused', () => {
    const empty = 'schemas:\n  thing: { id: "urn:x:Thing", name: Thing }'
    expect(problemsOf(MAPPING.replace('schemas:', empty))).toEqual([
      'mapping.yaml:4:3 schemas.thing: "attributes" is missing',
    ])
  })
})

test.each([
  ['userName', 'userName', undefined],
  ['name.givenName', 'name', 'givenName'],
])('%s is found in the spelling of the schema', (name, attribute, sub) => {
  const found = findExactly(USER, name)
  expect([found?.attribute.name, found?.sub?.name]).toEqual([attribute, sub])
})

test.each(['username', 'name.givenname', 'name.givenName.x', 'name.', '', '__proto__'])(
  '%j is not found',
  (name) => expect(findExactly(USER, name)).toBeUndefined(),
)

test('an alias that nobody declared names nothing', () => {
  expect([...catalogueOf({}).aliases.keys()]).toEqual(['enterprise'])
})
