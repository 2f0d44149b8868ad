import { BerWriter } from 'ldapts'
import { describe, expect, test } from 'vitest'
import { encodeBind } from '../../src/directory/bind.ts'
import { writeFilter } from '../../src/directory/encode-filter.ts'
import { encodePasswordModify, encodeRename, encodeSearch } from '../../src/directory/encode.ts'
import type { BindOptions } from '../../src/directory/options.ts'
import { Reader } from '../../src/directory/reader.ts'
import { parseDn } from '../../src/ldap/dn.ts'
import type { Filter } from '../../src/ldap/filter.ts'
import { TRUE } from '../../src/ldap/filter.ts'

function hexOf(filter: Filter): string {
  const writer = new BerWriter()
  writeFilter(writer, filter)
  return writer.buffer.toString('hex')
}

const text = (value: string) => Buffer.from(value).toString('hex')
const OBJECT_CLASS = `870b${text('objectClass')}`

describe('a filter on the wire', () => {
  test.each<[string, Filter, string]>([
    ['absolute truth', { kind: 'true' }, OBJECT_CLASS],
    ['absolute falsehood', { kind: 'false' }, `a20d${OBJECT_CLASS}`],
    ['an empty conjunction', { kind: 'and', filters: [] }, OBJECT_CLASS],
    ['an empty disjunction', { kind: 'or', filters: [] }, `a20d${OBJECT_CLASS}`],
    [
      'text',
      { kind: 'equal', attribute: 'cn', value: 'é*' },
      `a3090402${text('cn')}0403${text('é*')}`,
    ],
    [
      'bytes',
      { kind: 'equal', attribute: 'x', value: Uint8Array.of(0xff, 0) },
      'a3070401780402ff00',
    ],
    [
      'bytes in an order',
      { kind: 'greaterOrEqual', attribute: 'x', value: Uint8Array.of(0x80) },
      'a506040178040180',
    ],
    [
      'bytes for a rule',
      {
        kind: 'extensible',
        attribute: 'x',
        rule: '1.2',
        dnAttributes: true,
        value: Uint8Array.of(0x80),
      },
      'a90e8103312e328201788301808401ff',
    ],
    [
      'substrings',
      { kind: 'substrings', attribute: 'x', initial: 'a', any: ['b', ''], final: 'c' },
      'a40e0401783009800161810162820163',
    ],
    ['substrings of nothing', { kind: 'substrings', attribute: 'x', any: [''] }, '870178'],
    [
      'a conjunction',
      {
        kind: 'and',
        filters: [
          { kind: 'present', attribute: 'x' },
          { kind: 'lessOrEqual', attribute: 'y', value: '1' },
        ],
      },
      'a00b870178a606040179040131',
    ],
    [
      'a presence of an attribute with options',
      { kind: 'present', attribute: 'cn;lang-de' },
      `870a${text('cn;lang-de')}`,
    ],
  ])('%s', (_, filter, hex) => expect(hexOf(filter)).toBe(hex))
})

test('a rename carries new RDN and superior as they are printed, not as text that is cut at commas', () => {
  const request = encodeRename({
    dn: parseDn('cn=a\\\\,ou=x'),
    rdn: [{ type: 'cn', value: 'b\\, c' }],
    superior: parseDn('ou="y,z"'),
  })
  const message = new Reader(request.message(9).write()).sequence()
  expect(message.integer()).toBe(9)
  const operation = message.sequence(0x6c)
  expect(operation.text()).toBe('cn=a\\5C,ou=x')
  expect(operation.text()).toBe('cn=b\\5C\\2C c')
  expect(operation.octets(0x01)).toEqual(Buffer.from([0xff]))
  expect(operation.octets(0x80).toString()).toBe('ou=y\\2Cz')
})

test.each([
  [{}, 0xff],
  [{ keepsOldRdn: true }, 0],
] as const)('a rename of %j says so of the old RDN', (more, octet) => {
  const request = encodeRename({ dn: parseDn('cn=a'), rdn: [{ type: 'cn', value: 'b' }], ...more })
  const operation = new Reader(request.message(9).write()).sequence()
  operation.integer()
  const rename = operation.sequence(0x6c)
  expect([rename.text(), rename.text()]).toEqual(['cn=a', 'cn=b'])
  expect(rename.octets(0x01)).toEqual(Buffer.from([octet]))
})

test('a search for no attributes asks for 1.1, with its time limit in whole seconds', () => {
  const search = { base: parseDn('dc=x'), scope: 'one', filter: TRUE, attributes: [] } as const
  const message = new Reader(encodeSearch(search, 1_500).message(1).write()).sequence()
  message.integer()
  const operation = message.sequence(0x63)
  expect(operation.text()).toBe('dc=x')
  expect(operation.integer(0x0a)).toBe(1)
  expect(operation.integer(0x0a)).toBe(0)
  expect(operation.integer()).toBe(0)
  expect(operation.integer()).toBe(2)
  expect(operation.octets(0x01)).toEqual(Buffer.from([0]))
  operation.skip()
  expect(operation.sequence().text()).toBe('1.1')
})

test('a password modify names the entry and the new password (RFC 3062)', () => {
  const request = encodePasswordModify({ dn: parseDn('cn=a'), newPassword: 'sécret' })
  const message = new Reader(request.message(1).write()).sequence()
  message.integer()
  const operation = message.sequence(0x77)
  expect(operation.octets(0x80).toString()).toBe('1.3.6.1.4.1.4203.1.11.1')
  const value = new Reader(operation.octets(0x81)).sequence()
  expect(value.octets(0x80).toString()).toBe('cn=a')
  expect(value.octets(0x82).toString()).toBe('sécret')
  expect(value.done).toBe(true)
})

describe('a bind', () => {
  const hexOf = (bind: BindOptions) => encodeBind(bind).message(1).write().toString('hex')

  test('by password carries name and password', () => {
    const bind = { kind: 'simple', dn: 'cn=é', password: 'sé' } as const
    expect(hexOf(bind)).toBe('3014020101600f0201030405636e3dc3a9800373c3a9')
  })

  test('by the certificate of the connection names EXTERNAL and nobody', () => {
    const hex = `301802010160130201030400a30c0408${text('EXTERNAL')}0400`
    expect(hexOf({ kind: 'external' })).toBe(hex)
  })
})
