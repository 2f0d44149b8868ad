import { expect, test } from 'vitest'
import { problemsOf } from '../support/rules.ts'

/** A mapping of Users and of a type of one's own. */
const MAPPING = `dialect: openldap
schemas:
  acme: { id: 'urn:acme:User', name: Acme, attributes: { badge: {} } }
  device: { id: 'urn:acme:Device', name: Device, attributes: { serial: {} } }
resources:
  User:
    base: ou=people,{{ suffix }}
    filter: (objectClass=inetOrgPerson)
    dn: uid={{ userName }},ou=people,{{ suffix }}
    objectClass: [inetOrgPerson]
    attributes: { userName: uid, acme.badge: employeeNumber }
  Device:
    schema: device
    base: ou=devices,{{ suffix }}
    filter: (objectClass=device)
    dn: cn={{ serial }},ou=devices,{{ suffix }}
    objectClass: [device]
    attributes: { serial: cn }
`

test('names of one’s own are free to choose', () => {
  expect(problemsOf(MAPPING)).toEqual([])
})

test.each([
  ['suffix:', '3:3 schemas.suffix: "suffix" is the suffix of the directory already'],
  ['n:', '3:3 schemas.n: "n" is the number of a name already'],
  ['name:', '3:3 schemas.name: "name" is an attribute already'],
])('the alias %s is taken', (alias, problem) => {
  const text = MAPPING.replace('acme:', alias).replace(', acme.badge: employeeNumber', '')
  expect(problemsOf(text)).toEqual([`mapping.yaml:${problem}`])
})

test.each([
  ['urn:acme:user', '4:13 schemas.device.id: urn:acme:user is the schema acme already'],
  [
    'urn:ietf:params:scim:schemas:core:2.0:Group',
    '4:13 schemas.device.id: urn:ietf:params:scim:schemas:core:2.0:Group is the schema Group already',
  ],
  [
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
    '4:13 schemas.device.id: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User is the schema enterprise already',
  ],
])('the schema %s is taken', (id, problem) => {
  expect(problemsOf(MAPPING.replace('urn:acme:Device', id))).toEqual([`mapping.yaml:${problem}`])
})

test.each([
  ['/users', '14:5 resources.Device.endpoint: /users is the endpoint of User already'],
  ['/Schemas', '14:5 resources.Device.endpoint: /Schemas is an endpoint of SCIM itself'],
])('the endpoint %s is taken', (endpoint, problem) => {
  const text = MAPPING.replace('schema: device', `schema: device\n    endpoint: ${endpoint}`)
  expect(problemsOf(text)).toEqual([`mapping.yaml:${problem}`])
})
