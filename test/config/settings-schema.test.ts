import { describe, expect, test } from 'vitest'
import { settingsErrors } from '../../src/config/settings-schema.ts'
import { readYaml } from '../../src/config/yaml.ts'
import { printProblem } from '../../src/mapping/problem.ts'
import { problemsOfShape } from '../../src/mapping/shape.ts'

const HASH = 'a'.repeat(64)
const ENDPOINT = `
    mapping: openldap
    directory: { url: ldap://localhost, suffix: dc=example, bind: { dn: cn=admin, password: x } }
    clients: [ { name: idp, tokens: [ { sha256: ${HASH} } ] } ]
`

/** The settings, defaults filled in, and what is wrong with them. */
function read(yaml: string) {
  const document = readYaml('gateway.yaml', yaml)
  if ('problems' in document) throw new Error('the YAML cannot be read')
  const { value } = document.document
  const problems = problemsOfShape(document.document, settingsErrors(value)).map(printProblem)
  return { value, problems }
}

test('what is not said has its default', () => {
  const { value, problems } = read(`endpoints:\n  /scim/v2:${ENDPOINT}`)
  expect(problems).toEqual([])
  expect(value).toEqual({
    listen: {
      host: '127.0.0.1',
      port: 8443,
      bodyLimit: 5242880,
      bulkLimit: 1000,
      trustedProxies: [],
      dangerouslyAllowPlainHttp: false,
    },
    admin: { host: '127.0.0.1', port: 9090 },
    log: { level: 'info', tokenExpiryDays: 30 },
    audit: {},
    cursors: { lifetimeSeconds: 3600 },
    limits: {
      rate: { requests: 1000, seconds: 10 },
      concurrency: 64,
      totalConcurrency: 256,
      queue: 256,
      failedAttempts: { most: 20, seconds: 60 },
      requestSeconds: 60,
    },
    endpoints: {
      '/scim/v2': {
        mapping: 'openldap',
        directory: {
          url: 'ldap://localhost',
          suffix: 'dc=example',
          bind: { dn: 'cn=admin', password: 'x' },
          startTls: false,
          tls: { dangerouslyAllowUnverified: false },
          dangerouslyAllowPlainLdap: false,
        },
        lookThrough: 10000,
        protect: [],
        dangerouslyUnprotected: [],
        breaker: { windowMinutes: 60, deletes: 50, disables: 50, memberRemovals: 200 },
        clients: [{ name: 'idp', tokens: [{ sha256: HASH }] }],
      },
    },
  })
})

test('what is said stays', () => {
  const { value, problems } = read(
    `listen: { host: 0.0.0.0, port: 0, bodyLimit: 1, bulkLimit: 2, publicUrl: https://scim.example:8443 }\nlog: { level: silent }\nendpoints:\n  /:${ENDPOINT}`.replace(
      '/:',
      '/a-b/v2.0~x:',
    ),
  )
  expect(problems).toEqual([])
  expect(value).toMatchObject({
    listen: {
      host: '0.0.0.0',
      port: 0,
      bodyLimit: 1,
      bulkLimit: 2,
      publicUrl: 'https://scim.example:8443',
    },
    log: { level: 'silent' },
    endpoints: { '/a-b/v2.0~x': {} },
  })
})

test('numbers and booleans may come as text, as they do from the environment', () => {
  const { value, problems } = read(
    `listen: { port: '8080', dangerouslyAllowPlainHttp: 'true' }\nendpoints:\n  /scim:${ENDPOINT}`,
  )
  expect(problems).toEqual([])
  expect(value).toMatchObject({ listen: { port: 8080, dangerouslyAllowPlainHttp: true } })
})

describe('settings', () => {
  test.each([
    [
      'listn: {}',
      '1:1 listn: unknown key "listn"; expected one of $schema, listen, admin, log, audit, cursors, limits, counters, endpoints; did you mean "listen"?',
    ],
    [
      'listen: { prot: 1 }',
      '1:11 listen.prot: unknown key "prot"; expected one of host, port, tls, publicUrl, trustedProxies, clientCertificateHeader, bodyLimit, bulkLimit, dangerouslyAllowPlainHttp; did you mean "port"?',
    ],
    ['listen: { port: 65536 }', '1:11 listen.port: must be <= 65535'],
    ['listen: { port: https }', '1:11 listen.port: must be a whole number, not "https"'],
    ['listen: { host: "" }', '1:11 listen.host: must not be empty'],
    ['cursors: { key: short-secret }', '1:12 cursors.key: must have at least 32 characters'],
    ['listen: { bodyLimit: 0 }', '1:11 listen.bodyLimit: must be >= 1'],
    ['listen: { bulkLimit: 0 }', '1:11 listen.bulkLimit: must be >= 1'],
    ['listen: { tls: { key: k } }', '1:11 listen.tls: "certificate" is missing'],
    [
      'listen: { publicUrl: https://scim.example/scim }',
      '1:11 listen.publicUrl: "https://scim.example/scim" is not well-formed; expected: Scheme and host that clients use, without a path, where a proxy stands in between.',
    ],
    [
      'log: { level: inof }',
      '1:8 log.level: "inof" is not one of debug, info, warn, error, silent; did you mean "info"?',
    ],
    ['log: []', '1:1 log: must be a map, not a list'],
  ])('%s is refused', (line, problem) => {
    expect(read(`${line}\nendpoints:\n  /scim:${ENDPOINT}`).problems).toEqual([
      `gateway.yaml:${problem}`,
    ])
  })

  test('need an endpoint', () => {
    expect(read('listen: {}').problems).toEqual(['gateway.yaml:1:1 "endpoints" is missing'])
    expect(read('endpoints: {}').problems).toEqual([
      'gateway.yaml:1:1 endpoints: must not be empty',
    ])
  })

  test.each(['scim', '/', '/scim/', '/sc im', '/scim?x'])('the path %s is refused', (path) => {
    const { problems } = read(`endpoints:\n  '${path}':${ENDPOINT}`)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^gateway\.yaml:2:3 endpoints.*: .* is not well-formed/)
  })
})

describe('an endpoint', () => {
  const problemsWith = (from: string, to: string) =>
    read(`endpoints:\n  /scim:${ENDPOINT}`.replace(from, to)).problems.map((problem) =>
      problem.replace('gateway.yaml:', '').replace('endpoints["/scim"].', '…'),
    )

  test.each([
    [/clients.*/.exec(ENDPOINT)?.[0] ?? '', 'clients: []', '5:5 …clients: must not be empty'],
    [`{ sha256: ${HASH} }`, '', '5:29 …clients[0].tokens: must not be empty'],
    ['name: idp, ', '', '5:16 …clients[0]: "name" is missing'],
    [
      'name: idp',
      'name: idp, token: x',
      '5:29 …clients[0].token: unknown key "token"; expected one of name, profile, unknownReferences, breaker, user, actAs, tokens, jwt, certificate, basic, rights, subtree, rate, concurrency; did you mean "tokens"?',
    ],
    [
      '} ] } ]',
      ', expires: tomorrow } ] } ]',
      `5:116 …clients[0].tokens[0].expires: "tomorrow" is not well-formed; expected: Date, or date and time with offset, from which on the token is refused.`,
    ],
    ['url: ldap://localhost', 'url: []', '4:18 …directory.url: must not be empty'],
    ['suffix: dc=example, ', '', '4:5 …directory: "suffix" is missing'],
    ['bind: {', 'poolSize: 0, bind: {', '4:61 …directory.poolSize: must be >= 1'],
    [
      'bind: {',
      'timeout: 1, bind: {',
      '4:61 …directory.timeout: unknown key "timeout"; expected one of url, suffix, bind, startTls, tls, connectTimeoutMs, operationTimeoutMs, poolSize, searchPoolSize, maxQueue, dangerouslyAllowPlainLdap',
    ],
    [
      'password: x',
      'passwort: x',
      '4:83 …directory.bind.passwort: unknown key "passwort"; expected one of dn, password, method; did you mean "password"?',
    ],
    [
      'password: x',
      'method: simple',
      '4:83 …directory.bind.method: "simple" is not one of external',
    ],
  ])('with %s → %s is refused', (from, to, problem) => {
    expect(problemsWith(from, to)).toEqual([problem])
  })

  test('whose token stands where its hash belongs does not show it', () => {
    expect(problemsWith(HASH, 'tops3cret-token')).toEqual([
      '5:41 …clients[0].tokens[0].sha256: the value is not well-formed; expected: SHA-256 of the token, 64 hexadecimal digits (scim2ldap token).',
    ])
  })
})
