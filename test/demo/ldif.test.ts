import { expect, test } from 'vitest'
import { ldifOf } from '../../src/demo/ldif.ts'
import { parseDn } from '../../src/ldap/dn.ts'

const dn = parseDn('cn=a,dc=example')

function record(value: string | Uint8Array): string {
  return ldifOf({ dn, attributes: [{ name: 'description', values: [value] }] })
}

test('an entry is a record that ends with a blank line', () => {
  const attributes = [
    { name: 'cn', values: ['a', 'b'] },
    { name: 'sn', values: [] },
  ]
  expect(ldifOf({ dn, attributes })).toBe('dn: cn=a,dc=example\ncn: a\ncn: b\n\n')
})

test.each([
  ['other letters than ASCII', 'Zoë'],
  ['a line feed', 'a\nb'],
  ['a carriage return', 'a\rb'],
  ['NUL', 'a\0b'],
  ['a blank at the start', ' a'],
  ['a colon at the start', ':a'],
  ['a less-than sign at the start', '<a'],
  ['a blank at the end', 'a '],
])('a value with %s is written in base64', (_, value) => {
  const base64 = Buffer.from(value).toString('base64')
  expect(record(value)).toBe(`dn: cn=a,dc=example\ndescription:: ${base64}\n\n`)
})

test('octets are written in base64', () => {
  expect(record(Uint8Array.of(0xff, 0))).toContain('description:: /wA=\n')
})

test('other values are written as they are', () => {
  expect(record('a: b <c>')).toContain('description: a: b <c>\n')
  expect(record('')).toContain('description: \n')
})
