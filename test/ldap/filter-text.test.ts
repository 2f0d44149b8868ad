import { expect, test } from 'vitest'
import { parseFilter } from '../../src/ldap/filter-text.ts'
import type { Filter } from '../../src/ldap/filter.ts'
import { printFilter } from '../../src/ldap/filter.ts'
import type { Value } from '../../src/ldap/value.ts'
import { randomFrom } from '../support/random.ts'

const FILTERS: readonly (readonly [string, Filter])[] = [
  ['(cn=Babs Jensen)', { kind: 'equal', attribute: 'cn', value: 'Babs Jensen' }],
  [
    '(!(cn=Tim Howes))',
    { kind: 'not', filter: { kind: 'equal', attribute: 'cn', value: 'Tim Howes' } },
  ],
  [
    '(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))',
    {
      kind: 'and',
      filters: [
        { kind: 'equal', attribute: 'objectClass', value: 'Person' },
        {
          kind: 'or',
          filters: [
            { kind: 'equal', attribute: 'sn', value: 'Jensen' },
            { kind: 'substrings', attribute: 'cn', initial: 'Babs J', any: [] },
          ],
        },
      ],
    },
  ],
  [
    '(o=univ*of*mich*)',
    { kind: 'substrings', attribute: 'o', initial: 'univ', any: ['of', 'mich'] },
  ],
  ['(o=*mich)', { kind: 'substrings', attribute: 'o', any: [], final: 'mich' }],
  ['(seeAlso=)', { kind: 'equal', attribute: 'seeAlso', value: '' }],
  ['(seeAlso=*)', { kind: 'present', attribute: 'seeAlso' }],
  ['(n>=3)', { kind: 'greaterOrEqual', attribute: 'n', value: '3' }],
  ['(n<=3)', { kind: 'lessOrEqual', attribute: 'n', value: '3' }],
  ['(n~=3)', { kind: 'approximate', attribute: 'n', value: '3' }],
  [
    '(cn:caseExactMatch:=Fred Flintstone)',
    { kind: 'extensible', attribute: 'cn', rule: 'caseExactMatch', value: 'Fred Flintstone' },
  ],
  ['(cn:=Betty Rubble)', { kind: 'extensible', attribute: 'cn', value: 'Betty Rubble' }],
  [
    '(sn:dn:2.4.6.8.10:=Barney Rubble)',
    {
      kind: 'extensible',
      attribute: 'sn',
      dnAttributes: true,
      rule: '2.4.6.8.10',
      value: 'Barney Rubble',
    },
  ],
  ['(o:dn:=Ace)', { kind: 'extensible', attribute: 'o', dnAttributes: true, value: 'Ace' }],
  ['(:1.2.3:=Wilma)', { kind: 'extensible', rule: '1.2.3', value: 'Wilma' }],
  ['(:DN:2.4.6:=Dino)', { kind: 'extensible', dnAttributes: true, rule: '2.4.6', value: 'Dino' }],
  [
    '(o=Parens R Us \\28for all your parenthetical needs\\29)',
    { kind: 'equal', attribute: 'o', value: 'Parens R Us (for all your parenthetical needs)' },
  ],
  ['(cn=*\\2A*)', { kind: 'substrings', attribute: 'cn', any: ['*'] }],
  ['(filename=C:\\5cMyFile)', { kind: 'equal', attribute: 'filename', value: 'C:\\MyFile' }],
  ['(sn=Lu\\c4\\8di\\c4\\87)', { kind: 'equal', attribute: 'sn', value: 'Lučić' }],
  ['(bin=\\00\\00\\00\\04)', { kind: 'equal', attribute: 'bin', value: '\0\0\0\u0004' }],
  [
    '(objectGUID=\\ff\\00)',
    { kind: 'equal', attribute: 'objectGUID', value: Uint8Array.of(255, 0) },
  ],
  [
    '(1.3.6.1.4.1.1466.0=\\04\\02\\48\\69)',
    { kind: 'equal', attribute: '1.3.6.1.4.1.1466.0', value: '\u0004\u0002Hi' },
  ],
  ['(cn;lang-de;x-1=a=b)', { kind: 'equal', attribute: 'cn;lang-de;x-1', value: 'a=b' }],
  ['(&)', { kind: 'true' }],
  ['(|)', { kind: 'false' }],
]

test.each(FILTERS)('%s is read', (text, filter) => expect(parseFilter(text)).toEqual(filter))

test('blanks may stand between filters, and stay inside of values', () => {
  expect(parseFilter(' ( & \n (a=1) (! (b= 2 ) ) ) ')).toEqual({
    kind: 'and',
    filters: [
      { kind: 'equal', attribute: 'a', value: '1' },
      { kind: 'not', filter: { kind: 'equal', attribute: 'b', value: ' 2 ' } },
    ],
  })
})

test.each([
  ['', 'expected "(" at character 1, found the end'],
  ['cn=a', 'expected "(" at character 1, found "c"'],
  ['(cn=a', 'expected ")" at character 6, found the end'],
  ['(cn=a))', 'expected the end at character 7, found ")"'],
  ['(cn)', 'expected "=", ">=", "<=" or "~=" at character 4, found ")"'],
  ['()', 'expected an attribute, "&", "|" or "!" at character 2'],
  ['(!)', 'expected "(" at character 3'],
  ['(!(a=1)(b=2))', 'expected ")" at character 8'],
  ['(cn=a(b)', 'expected ")" at character 6, found "("'],
  ['(cn=\\4)', 'expected two hexadecimal digits after "\\" at character 5'],
  ['(cn=\\zz)', 'expected two hexadecimal digits after "\\" at character 5'],
  ['(n>=3*)', 'expected ")" at character 6, found "*"'],
  ['(:=a)', 'expected a matching rule'],
  ['(cn:=a', 'expected ")"'],
  ['(cn=\\ff*)', 'expected substrings that are UTF-8 text'],
  ['('.repeat(50_000), 'not a filter: more than 10000 characters'],
  ['(!'.repeat(200), 'expected at most 100 filters in each other'],
])('%s is refused with position and expectation', (text, message) => {
  expect(() => parseFilter(text)).toThrow(SyntaxError)
  expect(() => parseFilter(text)).toThrow(message)
})

test('what is printed is read back, whatever the values', () => {
  const random = randomFrom(3)
  const characters = [...' *()\\\0=<>~:!&|aZä😀\n']
  const text = () =>
    Array.from({ length: 1 + random(5) }, () => characters[random(characters.length)]).join('')
  const value = (): Value => (random(5) === 0 ? Uint8Array.of(0xff, random(256)) : text())
  const filter = (depth: number): Filter => {
    switch (depth === 0 ? 3 + random(6) : random(9)) {
      case 0:
        return { kind: 'not', filter: filter(depth - 1) }
      case 1:
        return { kind: 'and', filters: [filter(depth - 1), filter(depth - 1)] }
      case 2:
        return { kind: 'or', filters: [filter(depth - 1)] }
      case 3:
        return { kind: random(2) ? 'true' : 'false' }
      case 4:
        return { kind: 'substrings', attribute: 'a', initial: text(), any: [text()], final: text() }
      case 5:
        return {
          kind: 'extensible',
          attribute: 'a',
          rule: '1.2',
          dnAttributes: true,
          value: value(),
        }
      case 6:
        return { kind: 'present', attribute: 'a;x' }
      case 7:
        return { kind: 'lessOrEqual', attribute: '2.5', value: value() }
      default:
        return { kind: 'equal', attribute: 'a', value: value() }
    }
  }
  for (let round = 0; round < 3_000; round++) {
    const before = filter(3)
    expect(parseFilter(printFilter(before))).toEqual(before)
  }
})
