import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Dn } from '../../src/ldap/dn.ts'
import {
  childOf,
  commonAncestor,
  dnKey,
  isWithin,
  parentOf,
  parseDn,
  printDn,
  sameDn,
} from '../../src/ldap/dn.ts'
import type { Value } from '../../src/ldap/value.ts'
import { randomFrom } from '../support/random.ts'

interface Vector {
  readonly section: string
  readonly text: string
  readonly rdns: readonly (readonly (readonly [string, string])[])[]
  readonly printed: string
  readonly error?: string
}

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/dn.json', import.meta.url), 'utf8'),
) as readonly Vector[]

describe.each(vectors.filter(({ error }) => error === undefined))(
  'the DN $text ($section)',
  ({ text, rdns, printed }) => {
    const expected: Dn = {
      rdns: rdns.map((rdn) => rdn.map(([type, value]) => ({ type, value }))),
    }

    test('is read', () => expect(parseDn(text)).toEqual(expected))
    test('is printed with hexadecimal escapes', () => expect(printDn(expected)).toBe(printed))
  },
)

test.each(vectors.filter(({ error }) => error !== undefined))(
  'the text $text is refused with its position',
  ({ text, error }) => {
    expect(() => parseDn(text)).toThrow(SyntaxError)
    expect(() => parseDn(text)).toThrow(error)
  },
)

test('what is printed is read back, whatever the values', () => {
  const random = randomFrom(7)
  const characters = [...' "+,;<>\\=#\n\r\t\x01\x7fabZ09äß语😀*()/']
  for (let round = 0; round < 5_000; round++) {
    const value = (): Value =>
      random(10) === 0
        ? Uint8Array.from({ length: 1 + random(300) }, (_, index) =>
            index === 0 ? 0xff : 1 + random(255),
          )
        : Array.from({ length: random(8) }, () => characters[random(characters.length)]).join('')
    const dn: Dn = {
      rdns: Array.from({ length: 1 + random(4) }, () =>
        Array.from({ length: 1 + random(2) }, () => ({
          type: random(2) ? 'cn' : '2.5.4.3',
          value: value(),
        })),
      ),
    }
    expect(parseDn(printDn(dn))).toEqual(dn)
  }
})

test('a name that a server gave may have a backslash before any character', () => {
  const dn = parseDn('cn=a\\?\\é\\2C\\+,o=x', { from: 'server' })
  expect(dn.rdns[0]).toEqual([{ type: 'cn', value: 'a?é,+' }])
  expect(() => parseDn('cn=a\\?,o=x')).toThrow(SyntaxError)
  expect(() => parseDn('cn=a\\', { from: 'server' })).toThrow(SyntaxError)
})

test('a name that a server gave may hold NUL', () => {
  const dn = parseDn('cn=a\\00b', { from: 'server' })
  expect(dn.rdns).toEqual([[{ type: 'cn', value: 'a\0b' }]])
  expect(printDn(dn)).toBe('cn=a\\00b')
})

test.each([
  ['cn=A  b ,OU=x', 'CN=a b,ou=X', true],
  ['cn=a+uid=b,o=x', 'uid=B+cn=A,o=x', true],
  ['cn=a\\2Cb', 'cn="a,b"', true],
  ['cn=a\\2Cb', 'cn=a,b=', false],
  ['cn=a\\2B uid\\3Db', 'cn=a+uid=b', false],
  ['cn=#0401ff', 'cn=#0401fe', false],
  ['cn=é', 'cn=e', false],
  ['cn=a,o=x', 'cn=a', false],
])('%s and %s name the same entry: %s', (a, b, same) => {
  expect(sameDn(parseDn(a), parseDn(b))).toBe(same)
  expect(dnKey(parseDn(a)) === dnKey(parseDn(b))).toBe(same)
})

test('comparing takes time linear in a value of blanks', () => {
  const value = `x${' '.repeat(200_000)}x`
  const started = performance.now()
  expect(dnKey({ rdns: [[{ type: 'cn', value }]] })).toBe('cn=x x')
  expect(() => parseDn(`cn=${value}`)).not.toThrow()
  expect(performance.now() - started).toBeLessThan(1_000)
})

test('a DN knows its parent, its children and what lies below it', () => {
  const base = parseDn('ou=people,dc=x')
  const child = childOf(base, [{ type: 'uid', value: 'a,b' }])
  expect(printDn(child)).toBe('uid=a\\2Cb,ou=people,dc=x')
  expect(parentOf(child)).toEqual(base)
  expect(parentOf({ rdns: [] })).toBeUndefined()
  expect(isWithin(child, parseDn('OU=People, DC=X'))).toBe(true)
  expect(isWithin(base, base)).toBe(true)
  expect(isWithin(base, child)).toBe(false)
  expect(isWithin(parseDn('uid=a,ou=xpeople,dc=x'), base)).toBe(false)
})

test('the common ancestor is the deepest DN above all', () => {
  const dns = ['uid=a,ou=people,dc=x', 'uid=b,OU=People,dc=x', 'cn=c,ou=y,ou=people,dc=x']
  expect(printDn(commonAncestor(dns.map((dn) => parseDn(dn))))).toBe('ou=people,dc=x')
  expect(commonAncestor([parseDn('dc=x'), parseDn('dc=y')])).toEqual({ rdns: [] })
  expect(commonAncestor([])).toEqual({ rdns: [] })
})
