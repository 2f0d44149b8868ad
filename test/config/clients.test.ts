import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadConfiguration } from '../../src/config/load.ts'
import { CA_FILE, CERTIFICATE_FILE, KEY_FILE, makeCertificates } from '../../src/demo/tls.ts'
import { printDn } from '../../src/ldap/dn.ts'
import { ProblemsError, printProblem } from '../../src/mapping/problem.ts'
import { folderWith } from '../support/folder.ts'
import { SHIPPED_MAPPINGS } from '../support/rules.ts'

const HASH = 'a'.repeat(64)
const SCRYPT = `$scrypt$ln=15,r=8,p=1$${'A'.repeat(22)}$${'B'.repeat(43)}`
const MTLS = 'tls: { certificate: server.pem, key: server.key, clientCa: ca.pem }'

let pems: Readonly<Record<string, string>>
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'scim2ldap-'))
  await makeCertificates(folder)
  pems = Object.fromEntries(
    [CA_FILE, CERTIFICATE_FILE, KEY_FILE].map((name) => [
      name,
      readFileSync(join(folder, name), 'utf8'),
    ]),
  )
  rmSync(folder, { recursive: true })
})

function load(clients: string, listen = '') {
  const text = `listen: { ${listen} }
endpoints:
  /scim/v2:
    mapping: openldap
    directory: { url: ldaps://dc1.example, suffix: 'dc=example', bind: { dn: cn=admin, password: x } }
    clients: [ ${clients} ]
`
  const folder = folderWith({ 'gateway.yaml': text, ...pems })
  return loadConfiguration(join(folder, 'gateway.yaml'), {
    environment: {},
    shippedMappings: SHIPPED_MAPPINGS,
  })
}

/** What the operator reads, without the common beginning. */
function problems(clients: string, listen?: string): readonly string[] {
  try {
    load(clients, listen)
    return []
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error
    return error.problems.map((problem) =>
      printProblem(problem)
        .replace(/^.*gateway\.yaml:\d+:\d+ /, '')
        .replace('endpoints["/scim/v2"].clients', '…'),
    )
  }
}

describe('a client', () => {
  test.each([
    ['tokens', `{ name: a, tokens: [ { sha256: ${HASH} } ] }`],
    ['a JWT', '{ name: a, jwt: { issuer: "https://idp.example", audience: x } }'],
    [
      'a JWT with keys here',
      '{ name: a, jwt: { issuer: idp, audience: [x], jwksUri: "http://localhost/k" } }',
    ],
    ['a password', `{ name: a, basic: { user: u, scrypt: "${SCRYPT}" } }`],
    ['a certificate', '{ name: a, certificate: { subject: CN=a } }', MTLS],
    [
      'a certificate that a proxy hands on',
      '{ name: a, certificate: { san: "DNS:a.example" } }',
      'trustedProxies: [10.0.0.0/8, "2001:db8::1"], clientCertificateHeader: X-Cert',
    ],
  ])('may show who it is by %s', (_, client, listen?: string) => {
    expect(problems(client, listen)).toEqual([])
  })

  test.each([
    ['{ name: a }', '…[0]: has no way to show who it is: needs tokens, jwt, certificate or basic'],
    [
      '{ name: a, jwt: { issuer: "http://idp.example", audience: x } }',
      '…[0].jwt.issuer: must be an https:// URL, so that its keys can be found; or give jwksUri',
    ],
    [
      '{ name: a, jwt: { issuer: x, audience: x, jwksUri: "http://idp.example/keys" } }',
      '…[0].jwt.jwksUri: must be an https:// URL',
    ],
    [
      '{ name: a, jwt: { issuer: "https://x", audience: x, algorithms: [HS256] } }',
      '…[0].jwt.algorithms[0]: "HS256" is not one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519; did you mean "RS256"?',
    ],
    [
      '{ name: a, jwt: { issuer: "https://x", audience: x, algorithms: [none] } }',
      '…[0].jwt.algorithms[0]: "none" is not one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519',
    ],
    ['{ name: a, jwt: { issuer: "https://x" } }', '…[0].jwt: "audience" is missing'],
    [
      '{ name: a, certificate: { subject: CN=a } }',
      '…[0].certificate: can never come: needs listen.tls.clientCa, or listen.clientCertificateHeader behind a proxy',
    ],
    [
      '{ name: a, certificate: { subject: CN=a, together: true } }',
      '…[0].certificate.together: needs another credential: tokens, jwt or basic',
      MTLS,
    ],
    [
      '{ name: a, certificate: { together: true }, basic: { user: u, scrypt: "' + SCRYPT + '" } }',
      '…[0].certificate: needs subject, san or fingerprint256',
      MTLS,
    ],
    [
      `{ name: a, basic: { user: u, scrypt: "${SCRYPT}" } }, { name: b, basic: { user: u, scrypt: "${SCRYPT}" } }`,
      '…[1].basic.user: is the user of an earlier client, too',
    ],
    [
      `{ name: a, tokens: [ { sha256: ${HASH} } ], rights: { User: [read], Groups: [] } }`,
      '…[0].rights.User: the mapping has no "User"; there is Users, Groups; did you mean "Users"?',
    ],
    [
      `{ name: a, tokens: [ { sha256: ${HASH} } ], rights: { Users: [write] } }`,
      '…[0].rights.Users[0]: "write" is not one of read, create, update, delete',
    ],
    [
      `{ name: a, tokens: [ { sha256: ${HASH} } ], subtree: emea }`,
      '…[0].subtree: must be a DN such as ou=emea,{{ suffix }}',
    ],
    [
      `{ name: a, tokens: [ { sha256: ${HASH} } ], subtree: "ou=emea,{{ suffix }}" }`,
      '…[0].subtree: has nothing in common with any base of the mapping',
    ],
  ])('%s is refused', (client, problem, listen?: string) => {
    expect(problems(client, listen)).toEqual([problem])
  })

  test('a password instead of its hash is not told', () => {
    const [problem = ''] = problems('{ name: a, basic: { user: u, scrypt: geheim } }')
    expect(problem).toMatch(/^…\[0\]\.basic\.scrypt: /)
    expect(problem).not.toContain('geheim')
  })

  test('is confined to a DN, in which the suffix stands for itself', () => {
    const { endpoints } = load(
      `{ name: a, tokens: [ { sha256: ${HASH} } ], subtree: "ou=emea, ou=people, {{ suffix }}" }`,
    )
    const subtree = endpoints[0]?.subtrees.get('a')
    expect(subtree && printDn(subtree)).toBe('ou=emea,ou=people,dc=example')
  })
})

describe('proxies', () => {
  const CLIENT = `{ name: a, tokens: [ { sha256: ${HASH} } ] }`
  test.each(['10.0.0.0/33', 'proxy.example', '10.0.0', '2001:db8::/129', '10.0.0.0/8/8'])(
    '%s is no network',
    (network) => {
      expect(problems(CLIENT, `trustedProxies: ["${network}"]`)).toEqual([
        'listen.trustedProxies[0]: must be an address or a network such as 10.0.0.0/8',
      ])
    },
  )

  test('a header that nobody is trusted with is refused', () => {
    expect(problems(CLIENT, 'clientCertificateHeader: X-Cert')).toEqual([
      'listen.clientCertificateHeader: needs listen.trustedProxies: from others the header is not believed',
    ])
  })

  test('that are trusted may be served without TLS beyond loopback', () => {
    expect(problems(CLIENT, 'host: 0.0.0.0, trustedProxies: [10.0.0.0/8]')).toEqual([])
  })
})
