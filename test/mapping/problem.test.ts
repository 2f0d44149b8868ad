import { expect, test } from 'vitest'
import type { Document } from '../../src/mapping/problem.ts'
import {
  printPath,
  printProblem,
  problemAt,
  ProblemsError,
  suggestion,
} from '../../src/mapping/problem.ts'

const document: Document = {
  file: 'users.yaml',
  value: {},
  position: (path) => (path[0] === 'a' ? { line: 14, column: 9 } : undefined),
}

test.each([
  [['a', 'b'], 'users.yaml:14:9 a.b: is wrong'],
  [['a', 'name.familyName', 0], 'users.yaml:14:9 a["name.familyName"][0]: is wrong'],
  [['b'], 'users.yaml b: is wrong'],
  [[], 'users.yaml is wrong'],
])('the problem at %j says where it is', (path, printed) => {
  expect(printProblem(problemAt(document, path, 'is wrong'))).toBe(printed)
})

test.each([
  [['listen', 'port'], 'listen.port'],
  [['endpoints', '/scim/v2', 'clients', 0, 'name'], 'endpoints["/scim/v2"].clients[0].name'],
  [['write', 'userCertificate;binary'], 'write["userCertificate;binary"]'],
  [['members', '$ref'], 'members.$ref'],
  [['say "a"', 3], '["say \\"a\\""][3]'],
  [[2], '[2]'],
  [[], ''],
])('the path %j is printed as %s', (path, printed) => {
  expect(printPath(path)).toBe(printed)
})

test('an error of problems carries all of them, a line each', () => {
  const problems = [problemAt(document, ['a'], 'is wrong'), problemAt(document, [], 'is bad')]
  const error = new ProblemsError(problems)
  expect(error.problems).toEqual(problems)
  expect(error.message).toBe('users.yaml:14:9 a: is wrong\nusers.yaml is bad')
})

const KNOWN = ['userName', 'displayName', 'title', 'ou', 'active']

test.each([
  ['userNmae', 'userName'],
  ['UserName', 'userName'],
  ['username', 'userName'],
  ['usrname', 'userName'],
  ['displyName', 'displayName'],
  ['tilte', 'title'],
  ['actve', 'active'],
  ['ouu', 'ou'],
])('%s is near to %s', (name, near) => {
  expect(suggestion(name, KNOWN)).toBe(`; did you mean "${near}"?`)
})

test.each(['', 'x', 'xyz', 'lastName', 'photos', 'nickNickNick'])(
  '%j is near to nothing',
  (name) => {
    expect(suggestion(name, KNOWN)).toBe('')
  },
)

test('the nearest of several names is suggested', () => {
  expect(suggestion('emial', ['email', 'emil'])).toBe('; did you mean "email"?')
  expect(suggestion('emil', ['email', 'emil'])).toBe('; did you mean "emil"?')
})
