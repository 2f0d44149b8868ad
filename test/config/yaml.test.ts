import { describe, expect, test } from 'vitest'
import { readYaml } from '../../src/config/yaml.ts'
import type { DocumentPath } from '../../src/mapping/problem.ts'
import { printProblem } from '../../src/mapping/problem.ts'

function documentOf(text: string) {
  const read = readYaml('a.yaml', text)
  if ('problems' in read) throw new Error(read.problems.map(printProblem).join('\n'))
  return read.document
}

describe('a YAML text', () => {
  const TEXT = `# comment
a: 1
b:
  - x
  - c: { d: 2, "e f": 3 }
    g:
      - - deep
h: &anchor { i: 1 }
j: *anchor
7: seven
`

  test('is a value', () => {
    expect(documentOf(TEXT).value).toEqual({
      a: 1,
      b: ['x', { c: { d: 2, 'e f': 3 }, g: [['deep']] }],
      h: { i: 1 },
      j: { i: 1 },
      7: 'seven',
    })
  })

  test.each<readonly [DocumentPath, number, number]>([
    [[], 2, 1],
    [['a'], 2, 1],
    [['b'], 3, 1],
    [['b', 0], 4, 5],
    [['b', 1], 5, 5],
    [['b', 1, 'c'], 5, 5],
    [['b', 1, 'c', 'd'], 5, 10],
    [['b', 1, 'c', 'e f'], 5, 16],
    [['b', 1, 'g', 0, 0], 7, 11],
    [['h', 'i'], 8, 14],
    [['7'], 10, 1],
  ])('knows where %j stands', (path, line, column) => {
    expect(documentOf(TEXT).position(path)).toEqual({ line, column })
  })

  test.each<readonly [DocumentPath, number, number]>([
    [['x'], 2, 1],
    [['a', 'x', 'y'], 2, 1],
    [['b', 9], 3, 1],
    [['b', 'x'], 3, 1],
    [['b', 1, 'c', 'x'], 5, 5],
    [['j', 'i'], 9, 1],
  ])('knows how far %j leads', (path, line, column) => {
    expect(documentOf(TEXT).position(path)).toEqual({ line, column })
  })

  test('may be empty', () => {
    const document = documentOf('# nothing\n')
    expect(document.value).toBeNull()
    expect(document.position(['a'])).toBeUndefined()
  })

  test('is YAML 1.2: no, on and off are words', () => {
    expect(documentOf('a: [no, on, off, yes, 0o17]').value).toEqual({
      a: ['no', 'on', 'off', 'yes', 15],
    })
  })

  test('cannot reach a prototype', () => {
    const value = documentOf('__proto__: { polluted: true }').value as object
    expect(Object.hasOwn(value, '__proto__')).toBe(true)
    expect('polluted' in value).toBe(false)
  })
})

test.each([
  ['a: 1\nb: "c\n', ['a.yaml:3:1 Missing closing "quote']],
  ['a: 1\na: 2\n', ['a.yaml:2:1 Map keys must be unique']],
  ['a:\n\tb: 1\n', ['a.yaml:2:1 Tabs are not allowed as indentation']],
  [
    'a: 1\n---\nb: 2\n',
    ['a.yaml:2:1 Source contains multiple documents; please use YAML.parseAllDocuments()'],
  ],
  ['a: *b\n', ['a.yaml Unresolved alias (the anchor must be set before the alias): b']],
])('%j is refused where it is wrong', (text, problems) => {
  const read = readYaml('a.yaml', text)
  expect('problems' in read && read.problems.map(printProblem)).toEqual(problems)
})

test('a few lines that would unfold to gigabytes are refused', () => {
  const bomb = Array.from(
    { length: 12 },
    (_, depth) =>
      `a${depth}: &a${depth} [${Array.from({ length: 9 }, () => (depth === 0 ? 'x' : `*a${depth - 1}`)).join()}]`,
  )
  const read = readYaml('a.yaml', bomb.join('\n'))
  expect('problems' in read && read.problems.map(printProblem)).toEqual([
    'a.yaml Excessive alias count indicates a resource exhaustion attack',
  ])
})
