import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Configuration } from '../../src/config/load.ts'
import { loadConfiguration, loadMapping } from '../../src/config/load.ts'
import { CERTIFICATE_FILE, KEY_FILE, makeCertificates } from '../../src/demo/tls.ts'
import { ProblemsError, printProblem } from '../../src/mapping/problem.ts'
import { folderWith } from '../support/folder.ts'
import { SHIPPED_MAPPINGS, userMapping } from '../support/rules.ts'

const HASH = 'a'.repeat(64)

const DIRECTORY =
  'url: ldaps://dc1.example, suffix: dc=example, bind: { dn: cn=admin, password: x }'
const CLIENTS = `[ { name: idp, tokens: [ { sha256: ${HASH} } ] } ]`

let pair: { readonly ca: string; readonly certificate: string; readonly key: string }
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'scim2ldap-'))
  const ca = await makeCertificates(folder)
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  pair = { ca, certificate: read(CERTIFICATE_FILE), key: read(KEY_FILE) }
  rmSync(folder, { recursive: true })
})

interface Parts {
  readonly listen?: string
  readonly mapping?: string
  readonly directory?: string
  readonly clients?: string
}

/** Settings whose parts begin at lines 1 (listen), 4, 5 and 6. */
const settings = ({
  listen = '{}',
  mapping = 'openldap',
  directory = DIRECTORY,
  clients = CLIENTS,
}: Parts) =>
  `listen: ${listen}
endpoints:
  /scim/v2:
    mapping: ${mapping}
    directory: { ${directory} }
    clients: ${clients}
`

function load(
  parts: Parts,
  files: Readonly<Record<string, string>> = {},
  environment: Readonly<Record<string, string>> = {},
): Configuration {
  return loadText(settings(parts), files, environment)
}

function loadText(
  text: string,
  files: Readonly<Record<string, string>> = {},
  environment: Readonly<Record<string, string>> = {},
): Configuration {
  const folder = folderWith({ 'gateway.yaml': text, ...files })
  return loadConfiguration(join(folder, 'gateway.yaml'), {
    environment,
    shippedMappings: SHIPPED_MAPPINGS,
  })
}

/** What the operator reads, without the folder. */
function problemsOf(action: () => unknown): readonly string[] {
  try {
    action()
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error
    return error.problems.map((problem) =>
      printProblem({ ...problem, file: problem.file.replace(/.*\//, '') }),
    )
  }
  return []
}

/** Problems with their common place left out. */
const endpointProblems = (...loading: Parameters<typeof load>) =>
  problemsOf(() => load(...loading)).map((problem) =>
    problem.replace('gateway.yaml:', '').replace('endpoints["/scim/v2"].', '…'),
  )

describe('settings without a problem', () => {
  test('are what the gateway runs by', () => {
    const { listen, admin, log, endpoints } = load({})
    expect(listen).toEqual({
      host: '127.0.0.1',
      port: 8443,
      bodyLimit: 5242880,
      bulkLimit: 1000,
      trustedProxies: [],
      dangerouslyAllowPlainHttp: false,
    })
    expect([admin, log]).toEqual([
      { host: '127.0.0.1', port: 9090 },
      { level: 'info', tokenExpiryDays: 30 },
    ])
    expect(endpoints).toHaveLength(1)
    expect(endpoints[0]?.options).toEqual({
      path: '/scim/v2',
      clients: [{ name: 'idp', tokens: [{ sha256: HASH }] }],
    })
    expect(endpoints[0]?.directory).toEqual({
      urls: ['ldaps://dc1.example'],
      startTls: false,
      allowPlaintext: false,
      bind: { kind: 'simple', dn: 'cn=admin', password: 'x' },
      tls: { allowUnverified: false },
      suffix: 'dc=example',
      identities: [],
    })
    expect(endpoints[0]?.rules.resources.map(({ type }) => type.name)).toEqual(['User', 'Group'])
  })

  test('bring the texts of PEM files, relative to themselves', () => {
    const { ca, certificate, key } = pair
    const { listen, endpoints } = load(
      {
        listen: '{ host: 0.0.0.0, tls: { certificate: tls/crt.pem, key: tls/key.pem } }',
        directory: `${DIRECTORY}, tls: { ca: ca.pem, certificate: tls/crt.pem, key: tls/key.pem, servername: dc, dangerouslyAllowUnverified: true }`,
      },
      { 'tls/crt.pem': certificate, 'tls/key.pem': key, 'ca.pem': ca },
    )
    expect(listen.tls).toEqual({ certificate, key })
    expect(endpoints[0]?.directory.tls).toEqual({
      ...{ ca, certificate, key, servername: 'dc' },
      allowUnverified: true,
    })
  })

  test('have keys that fit their certificates', () => {
    const tls = 'tls: { certificate: crt.pem, key: key.pem }'
    const problems = (files: Readonly<Record<string, string>>) =>
      endpointProblems({ listen: `{ ${tls} }`, directory: `${DIRECTORY}, ${tls}` }, files)
    const both = (message: string) => [
      expect.stringMatching(`^1:\\d+ listen\\.tls\\.${message}$`),
      expect.stringMatching(`^5:\\d+ …directory\\.tls\\.${message}$`),
    ]
    const { certificate, key } = pair
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const other = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    expect(problems({ 'crt.pem': certificate, 'key.pem': key })).toEqual([])
    expect(problems({ 'crt.pem': certificate, 'key.pem': other })).toEqual(
      both('key: is not the key of the certificate'),
    )
    expect(problems({ 'crt.pem': key, 'key.pem': key })).toEqual(
      both('certificate: holds no certificate that can be read'),
    )
    expect(problems({ 'crt.pem': certificate, 'key.pem': certificate })).toEqual(
      both('key: holds no private key that can be read'),
    )
    const alone = `${DIRECTORY}, tls: { certificate: crt.pem }`
    expect(endpointProblems({ directory: alone }, { 'crt.pem': certificate })).toEqual([
      expect.stringMatching(/…directory\.tls: needs "certificate" and "key", or neither$/),
    ])
  })

  test('may name several servers, StartTLS, EXTERNAL and limits', () => {
    const { endpoints } = load({
      directory:
        'url: [ldap://a.example, ldaps://b.example:1636], suffix: dc=example, startTls: true, bind: { method: external }, poolSize: 3, connectTimeoutMs: 7',
    })
    expect(endpoints[0]?.directory).toMatchObject({
      urls: ['ldap://a.example', 'ldaps://b.example:1636'],
      startTls: true,
      bind: { kind: 'external' },
      poolSize: 3,
      connectTimeoutMs: 7,
    })
  })

  test('may take everything from environment and files', () => {
    const { listen, endpoints } = load(
      {
        listen: '{ port: "${PORT}" }',
        directory:
          'url: "ldaps://${HOST}", suffix: "${SUFFIX:-dc=example}", bind: { dn: cn=admin, password: "${file:secret}" }',
      },
      { secret: 'p:${HOST}"\n' },
      { PORT: '1234', HOST: 'dc.example' },
    )
    expect(listen.port).toBe(1234)
    expect(endpoints[0]?.directory).toMatchObject({
      urls: ['ldaps://dc.example'],
      bind: { password: 'p:${HOST}"' },
    })
  })

  test('may have several endpoints', () => {
    const text = settings({})
    const second = text.split('\n').slice(2).join('\n').replace('/scim/v2', '/other')
    expect(loadText(`${text}${second}`).endpoints.map(({ options }) => options.path)).toEqual([
      '/scim/v2',
      '/other',
    ])
  })
})

describe('a mapping', () => {
  test('with a bare name is one that is shipped', () => {
    expect(load({ mapping: 'openldap' }).endpoints[0]?.rules.resources).toHaveLength(2)
    expect(endpointProblems({ mapping: 'opneldap' })).toEqual([
      expect.stringMatching(
        /^4:5 …mapping: no shipped mapping is called "opneldap"; there is .*openldap.*; did you mean "openldap"\?$/,
      ),
    ])
  })

  test.each(['mine.yaml', './mine.yaml', './mine', 'maps/mine.yaml'])(
    'else is a file beside the settings: %s',
    (mapping) => {
      const { endpoints } = load({ mapping }, { [mapping]: userMapping(['userName: uid']) })
      expect(endpoints[0]?.rules.resources.map(({ type }) => type.name)).toEqual(['User'])
    },
  )

  test('that is not there is told at its line, beside problems of shape', () => {
    const absent = [expect.stringMatching(/^4:5 …mapping: there is no file \/.*\/mine\.yaml$/)]
    expect(endpointProblems({ mapping: 'mine.yaml' })).toEqual(absent)
    expect(endpointProblems({ mapping: 'mine.yaml', listen: '{ prot: 1 }' }).slice(1)).toEqual(
      absent,
    )
  })

  test('may be an absolute path', () => {
    const folder = folderWith({ 'mine.yaml': userMapping(['userName: uid']) })
    expect(load({ mapping: join(folder, 'mine.yaml') }).endpoints[0]?.rules.resources).toHaveLength(
      1,
    )
  })

  test('alone is loaded with the directory’s suffix, or every problem of it', () => {
    const folder = folderWith({
      'good.yaml': userMapping(['userName: uid']),
      'bad.yaml': userMapping(['userNam: uid', 'userName: u id']),
    })
    expect(loadMapping(join(folder, 'good.yaml'), 'o=x').resources[0]?.base).toEqual({
      rdns: [[{ type: 'ou', value: 'people' }], [{ type: 'o', value: 'x' }]],
    })
    expect(problemsOf(() => loadMapping(join(folder, 'bad.yaml'), 'o=x'))).toEqual([
      'bad.yaml:8:7 resources.User.attributes.userNam: no attribute of User or its extensions is called "userNam"; did you mean "userName"?',
      'bad.yaml:9:7 resources.User.attributes.userName: "u id" is not well-formed; expected: An LDAP attribute, by name or OID, with options such as ;binary.',
    ])
  })
})

describe('problems', () => {
  const BAD_MAPPING = { 'mine.yaml': userMapping(['userNam: uid', 'userName: uid']) }
  const OF_MAPPING =
    'mine.yaml:8:7 resources.User.attributes.userNam: no attribute of User or its extensions is called "userNam"; did you mean "userName"?'

  test('of the settings’ shape and of the mapping come together', () => {
    const parts = { listen: '{ prot: 1 }', mapping: 'mine.yaml', clients: '[]' }
    expect(endpointProblems(parts, BAD_MAPPING)).toEqual([
      '1:11 listen.prot: unknown key "prot"; expected one of host, port, tls, publicUrl, trustedProxies, clientCertificateHeader, bodyLimit, bulkLimit, dangerouslyAllowPlainHttp; did you mean "port"?',
      '6:5 …clients: must not be empty',
      OF_MAPPING,
    ])
  })

  test('of the settings’ meaning and of the mapping come together', () => {
    const parts = {
      listen: '{ host: 0.0.0.0, tls: { certificate: no.pem, key: mine.yaml } }',
      mapping: 'mine.yaml',
      directory:
        'url: [ldap://a.example, https://b.example], suffix: example, bind: { dn: cn=admin }',
      clients: CLIENTS.replace(HASH, `${HASH}, expires: 2026-02-30`),
    }
    expect(endpointProblems(parts, BAD_MAPPING)).toEqual([
      '1:33 listen.tls.certificate: must be the path of a PEM file; it cannot be read: there is no such file',
      '1:54 listen.tls.key: is not a PEM file',
      '6:115 …clients[0].tokens[0].expires: is no date of the calendar',
      '5:79 …directory.bind: needs "dn" and "password", or "method: external" alone',
      '5:24 …directory.url[0]: would send the password in the clear: use ldaps://, or startTls, or dangerouslyAllowPlainLdap',
      '5:42 …directory.url[1]: must be ldaps://host[:port] or ldap://host[:port], or ldaps+srv://domain',
      '5:62 …directory.suffix: must be a DN such as dc=example,dc=com',
      OF_MAPPING,
    ])
  })

  test('of several endpoints come together', () => {
    const text = settings({ directory: DIRECTORY.replace('dc=example', 'x') })
    const second = text.split('\n').slice(2).join('\n').replace('/scim/v2', '/other')
    expect(problemsOf(() => loadText(`${text}${second}`))).toEqual([
      'gateway.yaml:5:44 endpoints["/scim/v2"].directory.suffix: must be a DN such as dc=example,dc=com',
      'gateway.yaml:9:44 endpoints["/other"].directory.suffix: must be a DN such as dc=example,dc=com',
    ])
  })

  test('of two clients with one name', () => {
    const client = `{ name: idp, tokens: [ { sha256: ${HASH} } ] }`
    expect(endpointProblems({ clients: `[ ${client}, ${client} ]` })).toEqual([
      expect.stringMatching(/^6:\d+ …clients\[1\]\.name: is the name of an earlier client, too$/),
    ])
  })

  test('of YAML come with their line', () => {
    expect(problemsOf(() => loadText('listen: {\n'))).toHaveLength(1)
    expect(problemsOf(() => loadText('a: 1\na: 2\n'))).toEqual([
      'gateway.yaml:2:1 Map keys must be unique',
    ])
  })

  test('of a file that is not there name it', () => {
    const folder = folderWith({})
    const surroundings = { environment: {}, shippedMappings: SHIPPED_MAPPINGS }
    expect(problemsOf(() => loadConfiguration(join(folder, 'no.yaml'), surroundings))).toEqual([
      'no.yaml cannot be read: there is no such file',
    ])
  })
})

describe('a value from environment or file', () => {
  const SECRET = 'tops3cret'

  test.each<readonly [Parts, string]>([
    [
      { listen: '{ port: "${SECRET}" }' },
      '1:11 listen.port: the value from the environment or file does not fit here',
    ],
    [
      { clients: CLIENTS.replace(HASH, '"${SECRET}"') },
      '6:41 …clients[0].tokens[0].sha256: the value from the environment or file does not fit here',
    ],
    [
      { directory: DIRECTORY.replace('ldaps://dc1.example', '"${SECRET}"') },
      '5:18 …directory.url: must be ldaps://host[:port] or ldap://host[:port], or ldaps+srv://domain',
    ],
    [
      { directory: DIRECTORY.replace('dc=example', '"${SECRET}"') },
      '5:44 …directory.suffix: must be a DN such as dc=example,dc=com',
    ],
    [
      { listen: '{ tls: { certificate: "${SECRET}", key: "${file:key}" } }' },
      '1:18 listen.tls.certificate: must be the path of a PEM file; it cannot be read: there is no such file',
    ],
  ])('%# is not shown where it does not fit', (parts, problem) => {
    const problems = endpointProblems(parts, { key: SECRET }, { SECRET })
    expect(problems[0]).toBe(problem)
    expect(problems.join()).not.toContain(SECRET)
  })

  test('that is a key where its path belongs is not shown', () => {
    const listen = '{ tls: { certificate: "${file:key}", key: "${file:key}" } }'
    const problems = endpointProblems({ listen }, { key: `${pair.certificate}${SECRET}` })
    expect(problems).toHaveLength(2)
    expect(problems.join()).not.toContain(SECRET)
    expect(problems.join()).not.toContain('BEGIN')
  })

  test('that is missing is one problem', () => {
    expect(endpointProblems({ listen: '{ port: "${NONE}" }' })).toEqual([
      '1:11 listen.port: the environment variable NONE is not set',
    ])
  })
})

describe('what would go in the clear', () => {
  const HTTP =
    '1:11 listen.host: would serve tokens and data in the clear: set listen.tls, listen on loopback behind a proxy, name the proxy in listen.trustedProxies, or dangerouslyAllowPlainHttp'
  const LDAP =
    '5:18 …directory.url: would send the password in the clear: use ldaps://, or startTls, or dangerouslyAllowPlainLdap'

  test.each(['0.0.0.0', '::', '192.0.2.1', 'gw.example', '127.0.0.1.example', '::ffff:192.0.2.1'])(
    'is not served on %s',
    (host) => expect(endpointProblems({ listen: `{ host: '${host}' }` })).toEqual([HTTP]),
  )

  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('may be served on %s', (host) => {
    expect(load({ listen: `{ host: '${host}' }` }).listen.host).toBe(host)
  })

  test('may be served where the operator insists', () => {
    const listen = '{ host: 0.0.0.0, dangerouslyAllowPlainHttp: true }'
    expect(load({ listen }).listen.dangerouslyAllowPlainHttp).toBe(true)
  })

  const directory = (url: string, more = '') =>
    DIRECTORY.replace('ldaps://dc1.example', `'${url}'`) + more

  test.each(['ldap://dc.example', 'ldap://192.0.2.1:389', 'ldap://[2001:db8::1]'])(
    'is not sent to %s',
    (url) => expect(endpointProblems({ directory: directory(url) })).toEqual([LDAP]),
  )

  test.each(['ldap://localhost', 'ldap://127.0.0.1:1389', 'ldap://[::1]'])(
    'may be sent to %s',
    (url) => {
      expect(load({ directory: directory(url) }).endpoints[0]?.directory.urls).toEqual([url])
    },
  )

  test('may be sent where the operator insists, and not with StartTLS', () => {
    const plain = directory('ldap://dc.example', ', dangerouslyAllowPlainLdap: true')
    expect(load({ directory: plain }).endpoints[0]?.directory.allowPlaintext).toBe(true)
    const startTls = directory('ldap://dc.example', ', startTls: true')
    expect(load({ directory: startTls }).endpoints[0]?.directory.allowPlaintext).toBe(false)
  })
})

describe('the directory', () => {
  test.each([
    'dc.example',
    'ldapi://%2ftmp',
    'ldaps://',
    'ldap:',
    'http://dc.example',
    'ldaps://a:b',
  ])('is not at %s', (url) => {
    const directory = DIRECTORY.replace('ldaps://dc1.example', `'${url}'`)
    expect(endpointProblems({ directory })).toEqual([
      '5:18 …directory.url: must be ldaps://host[:port] or ldap://host[:port], or ldaps+srv://domain',
    ])
  })

  test.each(['ldaps+srv://corp.example', 'ldaps+srv://dc._msdcs.corp.example/'])(
    'is found by DNS at %s',
    (url) => {
      const directory = DIRECTORY.replace('ldaps://dc1.example', `'${url}'`)
      expect(endpointProblems({ directory })).toEqual([])
    },
  )

  test.each([
    ['ldaps+srv://corp.example:636', 'must be ldaps+srv://domain alone'],
    ['ldaps+srv://corp.example/dc=corp', 'must be ldaps+srv://domain alone'],
    ['ldap+srv://localhost', 'would send the password in the clear'],
  ])('is not found by DNS at %s', (url, problem) => {
    const directory = DIRECTORY.replace('ldaps://dc1.example', `'${url}'`)
    expect(endpointProblems({ directory })).toEqual([
      expect.stringContaining(`5:18 …directory.url: ${problem}`),
    ])
  })

  test('has no credentials in its URL, and they are not shown', () => {
    const directory = DIRECTORY.replace('ldaps://', 'ldaps://admin:tops3cret@')
    expect(endpointProblems({ directory })).toEqual([
      '5:18 …directory.url: must not hold credentials; they belong in "bind"',
    ])
  })

  test.each([
    '{}',
    '{ dn: cn=admin }',
    '{ password: x }',
    '{ dn: cn=admin, password: x, method: external }',
    '{ password: x, method: external }',
  ])('is not entered with %s', (bind) => {
    const directory = DIRECTORY.replace('{ dn: cn=admin, password: x }', bind)
    expect(endpointProblems({ directory })).toEqual([
      '5:64 …directory.bind: needs "dn" and "password", or "method: external" alone',
    ])
  })
})

describe('whom a client acts as', () => {
  const clients = (actAs: string) => CLIENTS.replace('name: idp', `name: idp, actAs: '${actAs}'`)

  test.each(['dn:cn=reader,dc=example', 'u:reader'])('may be %s', (actAs) => {
    const [endpoint] = load({ clients: clients(actAs) }).endpoints
    expect(endpoint?.options.clients).toMatchObject([{ name: 'idp', actAs }])
    expect(endpoint?.directory).toMatchObject({
      suffix: 'dc=example',
      identities: [{ client: 'idp', actAs }],
    })
  })

  test.each(['reader', 'cn=reader,dc=example', 'dn:', 'u:'])('is not %j', (actAs) => {
    expect(endpointProblems({ clients: clients(actAs) })).toEqual([
      expect.stringContaining(`clients[0].actAs: "${actAs}" is not well-formed; expected: Whose`),
    ])
  })

  test('has a DN behind "dn:"', () => {
    expect(endpointProblems({ clients: clients('dn:reader') })).toEqual([
      '6:29 …clients[0].actAs: has no DN behind "dn:"',
    ])
  })
})

describe('a password that is empty', () => {
  test.each(["''", '"${NONE:-}"', '"${EMPTY}"', '"${file:empty}"'])(
    'is refused, as %s: servers take it for nobody’s and say success',
    (password) => {
      const directory = DIRECTORY.replace('password: x', `password: ${password}`)
      const found = problemsOf(() => load({ directory }, { empty: '\n' }, { EMPTY: '' }))
      expect(found).toEqual([expect.stringContaining('directory.bind.password: ')])
    },
  )
})

describe('a token', () => {
  const clients = (expires: string) => CLIENTS.replace(HASH, `${HASH}, expires: '${expires}'`)

  test.each(['2027-06-30', '2028-02-29', '2027-06-30T12:00Z', '2027-06-30T23:30:00+02:00'])(
    'expires at %s',
    (expires) => {
      const [endpoint] = load({ clients: clients(expires) }).endpoints
      expect(endpoint?.options.clients[0]?.tokens).toEqual([{ sha256: HASH, expires }])
    },
  )

  test.each(['2027-02-29', '2027-06-31', '2027-13-01', '2027-00-10', '2027-06-30T25:00Z'])(
    'does not expire at %s',
    (expires) => {
      expect(endpointProblems({ clients: clients(expires) })).toEqual([
        '6:115 …clients[0].tokens[0].expires: is no date of the calendar',
      ])
    },
  )
})

describe('counters', () => {
  const withCounters = (counters: string, files?: Readonly<Record<string, string>>) =>
    loadText(`${settings({})}counters: ${counters}\n`, files)

  test('a URL, or an object with what belongs to it', () => {
    expect(withCounters('redis://localhost:6380/2').counters).toEqual({
      url: 'redis://localhost:6380/2',
    })
    const files = { 'ca.pem': pair.ca, password: 'geheim\n' }
    expect(
      withCounters(
        '{ url: rediss://redis.example, username: u, password: "${file:password}", ca: ca.pem }',
        files,
      ).counters,
    ).toEqual({ url: 'rediss://redis.example', username: 'u', password: 'geheim', ca: pair.ca })
  })

  test.each([
    [
      'another scheme',
      'http://localhost',
      'counters: must be redis://host[:port][/database] or rediss://host[:port][/database]',
    ],
    [
      'a path',
      'redis://localhost/a',
      'counters: must be redis://host[:port][/database] or rediss://host[:port][/database]',
    ],
    [
      'credentials',
      'redis://:geheim@localhost',
      'counters: must not hold credentials; they belong in counters.username and .password',
    ],
    [
      'no TLS beyond loopback',
      '{ url: redis://redis.example }',
      'counters.url: would be without TLS beyond loopback: use rediss://, or counters.dangerouslyAllowPlainRedis',
    ],
  ])('%s is refused, and not quoted', (_, counters, problem) => {
    const [first = '', ...more] = problemsOf(() => withCounters(counters))
    expect(first).toMatch(/^gateway\.yaml:7:/)
    expect(first.replace(/^\S+ /, '')).toBe(problem)
    expect(more).toEqual([])
  })

  test('plain Redis beyond loopback must be asked for', () => {
    const counters = '{ url: redis://redis.example, dangerouslyAllowPlainRedis: true }'
    expect(withCounters(counters).counters).toEqual({ url: 'redis://redis.example' })
  })
})
