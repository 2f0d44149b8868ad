import { describe, expect, test } from 'vitest'
import { folderAt, fromDisk } from '../../src/config/folder.ts'
import { resolveReferences } from '../../src/config/secrets.ts'
import { readYaml } from '../../src/config/yaml.ts'
import { printProblem } from '../../src/mapping/problem.ts'
import { folderWith } from '../support/folder.ts'

const ENVIRONMENT = {
  HOST: 'h.example',
  EMPTY: '',
  DOLLAR: '${HOST} $$ $&',
  SECRET: 'tops3cret',
}

function resolve(yaml: string, folder = '/') {
  const read = readYaml('gateway.yaml', yaml)
  if ('problems' in read) throw new Error('the YAML cannot be read')
  const { document, hidden, problems } = resolveReferences(
    read.document,
    ENVIRONMENT,
    folderAt(folder, fromDisk),
  )
  return {
    document,
    value: document.value,
    hidden: [...hidden],
    problems: problems.map(printProblem),
  }
}

describe('a reference to the environment', () => {
  test.each([
    ['${HOST}', 'h.example'],
    ['ldaps://${HOST}:636', 'ldaps://h.example:636'],
    ['${HOST}${HOST}', 'h.exampleh.example'],
    ['${NONE:-other}', 'other'],
    ['${NONE:-}', ''],
    ['${EMPTY:-other}', 'other'],
    ['${HOST:-other}', 'h.example'],
    ['${EMPTY}', ''],
    ['${NONE:-a:-b}', 'a:-b'],
  ])('%s is %j', (text, value) => {
    expect(resolve(`a: '${text}'`)).toMatchObject({
      value: { a: value },
      problems: [],
      hidden: ['a'],
    })
  })

  test.each([
    ['$$', '$'],
    ['$${HOST}', '${HOST}'],
    ['a$b', 'a$b'],
    ['$HOST', '$HOST'],
    ['${HOST', '${HOST'],
    ['{HOST}', '{HOST}'],
  ])('%s is none: it stands for %s', (text, value) => {
    expect(resolve(`a: '${text}'`)).toMatchObject({ value: { a: value }, problems: [], hidden: [] })
  })

  test('is resolved once: what it brings is taken as it is', () => {
    expect(resolve('a: ${DOLLAR}').value).toEqual({ a: '${HOST} $$ $&' })
  })

  test('that is not set is a problem at its place', () => {
    expect(resolve('a:\n  - x\n  - b: p-${NONE}\n').problems).toEqual([
      'gateway.yaml:3:5 a[1].b: the environment variable NONE is not set',
    ])
  })

  test.each(['__proto__', 'constructor', 'toString'])('%s is not set', (name) => {
    expect(resolve(`a: \${${name}}`).problems).toEqual([
      `gateway.yaml:1:1 a: the environment variable ${name} is not set`,
    ])
  })
})

describe('a reference to a file', () => {
  test('brings its text less the last end of line', () => {
    const folder = folderWith({ 'a.txt': 'one\ntwo\n', 'b.txt': ' x \r\n', 'c/d.txt': '${HOST}' })
    expect(
      resolve("[ '${file:a.txt}', '<${file:./b.txt}>', '${file:c/d.txt}' ]", folder).value,
    ).toEqual(['one\ntwo', '< x >', '${HOST}'])
    expect(resolve(`a: \${file:${folder}/b.txt}`).value).toEqual({ a: ' x ' })
  })

  test('that is not there is a problem at its place', () => {
    const folder = folderWith({})
    expect(resolve('a:\n  b: ${file:no/such}', folder).problems).toEqual([
      'gateway.yaml:2:3 a.b: cannot read the file no/such: there is no such file',
    ])
    expect(resolve('a:\n  b: ${file:.}', folder).problems).toEqual([
      'gateway.yaml:2:3 a.b: cannot read the file .: it is a folder',
    ])
  })
})

test('what is no text, and names, stay as they are', () => {
  const { value, hidden } = resolve('{ "${HOST}": 1, b: true, c: null, d: [2.5], e: { f: x } }')
  expect(value).toEqual({ '${HOST}': 1, b: true, c: null, d: [2.5], e: { f: 'x' } })
  expect(hidden).toEqual([])
})

test('the document still knows where everything stands', () => {
  expect(resolve('a: 1\nb: ${SECRET}').document.position(['b'])).toEqual({ line: 2, column: 1 })
})

test('all problems are found, and none shows a value', () => {
  const { problems, hidden } = resolve(
    'a: ${SECRET}${NONE}\nb: [ "${file:/no/such/${SECRET}" ]\nc: ${NADA}',
  )
  expect(problems).toEqual([
    'gateway.yaml:1:1 a: the environment variable NONE is not set',
    'gateway.yaml:2:6 b[0]: cannot read the file /no/such/${SECRET: there is no such file',
    'gateway.yaml:3:1 c: the environment variable NADA is not set',
  ])
  expect(hidden).toEqual(['a', 'b[0]', 'c'])
})
