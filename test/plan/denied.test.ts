import { expect, test } from 'vitest'
import { parseDn } from '../../src/ldap/dn.ts'
import type { Write } from '../../src/ldap/operation.ts'
import { schemaOf } from '../../src/ldap/schema.ts'
import { requireAllowed } from '../../src/plan/denied.ts'
import { shippedRules } from '../support/rules.ts'

const rules = shippedRules('openldap')
const dn = parseDn('uid=anna,ou=people,dc=example')
/** A server that knows `aci` by another name, too. */
const schema = schemaOf(
  ["( 2.16.840.1.113730.3.1.55 NAME ( 'aci' 'rules' ) )", "( 2.5.4.12 NAME 'title' )"],
  [],
)

const modify = (attribute: string): Write => ({
  kind: 'modify',
  dn,
  changes: [{ kind: 'add', attribute, values: ['x'] }],
})
const add = (name: string): Write => ({ kind: 'add', dn, attributes: [{ name, values: ['x'] }] })
const rename = (type: string): Write => ({ kind: 'rename', dn, rdn: [{ type, value: 'x' }] })

test.each([
  ['its name', modify('ACI;x-a')],
  ['its OID', modify('2.16.840.1.113730.3.1.55')],
  ['another name that the server has for it', add('rules')],
  ['a name of the entry', rename('krbPrincipalName')],
  ['its class', modify('objectClass')],
])('no write changes a denied attribute by %s', (_, write) => {
  expect(() => requireAllowed(rules, write, schema)).toThrow(
    expect.objectContaining({ status: 403, reason: 'deniedAttribute' }),
  )
})

test.each([
  ['a title', modify('title')],
  ['a title by its OID', modify('2.5.4.12')],
  ['the class of a new entry', add('objectClass')],
  ['a password', modify('userPassword')],
  ['what switches an account', modify('pwdAccountLockedTime')],
  ['a name', rename('uid')],
])('%s may be written', (_, write) => {
  expect(() => requireAllowed(rules, write, schema)).not.toThrow()
})
