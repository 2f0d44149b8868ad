import { expect, test } from 'vitest'
import { countryName, countryNumber } from '../../src/mapping/countries.ts'

test.each([
  ['DE', 'Germany', '276'],
  ['de', 'Germany', '276'],
  ['US', 'United States', '840'],
  ['AF', 'Afghanistan', '4'],
  ['ZW', 'Zimbabwe', '716'],
  ['EU', '', '0'],
  ['XX', '', '0'],
  ['Germany', '', '0'],
  ['', '', '0'],
  [undefined, '', '0'],
])('%s is %s, %s', (letters, name, number) => {
  expect(countryName(letters)).toBe(name)
  expect(countryNumber(letters)).toBe(number)
})

test('there are 249 countries, each with a name and a number of its own', () => {
  const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ')
  const codes = letters.flatMap((a) => letters.map((b) => a + b))
  const numbers = codes.map(countryNumber).filter((number) => number !== '0')
  const names = codes.map(countryName).filter((name) => name !== '')
  expect(numbers).toHaveLength(249)
  expect(new Set(numbers).size).toBe(249)
  expect(new Set(names).size).toBe(249)
})
