import { join } from 'node:path'
import { DEFAULT_LIMITS } from '../config/limits-schema.ts'
import type { Configuration } from '../config/load.ts'
import { loadMapping } from '../config/load.ts'
import type { RunningOpenLdap } from '../demo/openldap.ts'
import { groups, people } from '../demo/people.ts'
import { SCIM_INDEXES, SCIM_SCHEMA, scimGroups, scimPeople } from '../demo/scim.ts'
import { startOpenLdap } from '../demo/start.ts'
import { createLog } from '../log.ts'
import { startServer } from '../server.ts'
import type { Command } from './command.ts'
import { EXIT, wholeNumber } from './command.ts'
import { untilAskedToEnd } from './signals.ts'
import { newToken } from './token.ts'

const SUFFIX = 'dc=example,dc=test'
const PATH = '/scim/v2'

export const demo: Command = {
  help: `Usage: scim2ldap demo [--users N] [--port N] [--json]

Starts an OpenLDAP of its own in a temporary folder, on loopback, with the schema of deploy/schema
and sample people and groups, and the gateway with mappings/openldap-scim.yaml over it, with TLS
between the two; then prints how to talk to both. It takes the slapd of this machine; else Docker;
else, as root on Debian or Ubuntu, it installs the package without starting its service. Ctrl-C ends
everything and removes every file.

Options:
  --users N   how many people there are; 30 unless given
  --port N    port of the gateway; a free one unless given
  --json      print one line of JSON instead, when everything is up:
              {"url","token","ldapUrl","bindDn","bindPassword","suffix"}

Example:
  scim2ldap demo --users 1000 --port 8080
`,
  options: { users: { type: 'string' }, port: { type: 'string' }, json: { type: 'boolean' } },
  run: async (values, { root }) => {
    const users = wholeNumber(values, 'users', { least: 0, most: 1_000_000 })
    const port = wholeNumber(values, 'port', { least: 0, most: 65_535 }) ?? 0
    const say = (line: string) => process.stderr.write(`${line}\n`)
    const asked = untilAskedToEnd()

    const members = scimPeople(people(SUFFIX, users))
    const openLdap = await startOpenLdap(
      {
        image: join(root, 'deploy/openldap'),
        suffix: SUFFIX,
        entries: [...members, ...scimGroups(groups(SUFFIX, members))],
        schema: join(root, SCIM_SCHEMA),
        indexes: SCIM_INDEXES,
      },
      say,
    )
    try {
      const { token, sha256 } = newToken()
      const configuration = configurationOf(openLdap, root, port, sha256)
      // What is said on standard output is for whoever reads it by program.
      const log = createLog(configuration.log.level, process.stderr)
      const server = await startServer(configuration, log)
      try {
        await server.ready(AbortSignal.timeout(10_000))
        const access: Access = { url: `${server.url}${PATH}`, token, openLdap }
        process.stdout.write(values.json === true ? asJson(access) : asText(access))
        await asked
      } finally {
        await server.close(1_000)
      }
    } finally {
      await openLdap.stop()
    }
    return EXIT.done
  },
}

function configurationOf(
  openLdap: RunningOpenLdap,
  root: string,
  port: number,
  sha256: string,
): Configuration {
  const host = '127.0.0.1'
  return {
    listen: {
      host,
      port,
      bodyLimit: 5 * 1024 * 1024,
      bulkLimit: 1000,
      trustedProxies: [],
      dangerouslyAllowPlainHttp: false,
    },
    admin: { host, port: 0 },
    log: { level: 'warn', tokenExpiryDays: 30 },
    audit: { ldif: true },
    cursors: { lifetimeSeconds: 3600 },
    limits: DEFAULT_LIMITS,
    endpoints: [
      {
        options: { path: PATH, clients: [{ name: 'demo', tokens: [{ sha256 }] }] },
        lookThrough: 10_000,
        breaker: new Map(), // who tries it out shall not be stopped
        subtrees: new Map(),
        rules: loadMapping(join(root, 'mappings/openldap-scim.yaml'), openLdap.suffix),
        directory: {
          urls: [openLdap.url],
          tls: { ca: openLdap.ca },
          bind: { kind: 'simple', dn: openLdap.serviceDn, password: openLdap.servicePassword },
        },
      },
    ],
  }
}

interface Access {
  readonly url: string
  readonly token: string
  readonly openLdap: RunningOpenLdap
}

function asJson({ url, token, openLdap }: Access): string {
  const { plainUrl: ldapUrl, adminDn: bindDn, adminPassword: bindPassword, suffix } = openLdap
  return `${JSON.stringify({ url, token, ldapUrl, bindDn, bindPassword, suffix })}\n`
}

/** Every command line works as it is when pasted into a shell. */
function asText({ url, token, openLdap }: Access): string {
  const { caFile, adminDn, adminPassword, suffix } = openLdap
  const curl = `curl -sSw '\\n' -H 'Authorization: Bearer ${token}'`
  const ada = {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName: 'ada.lovelace',
    name: { givenName: 'Ada', familyName: 'Lovelace' },
    emails: [
      { type: 'work', value: 'ada.lovelace@example.com', primary: true },
      { type: 'home', value: 'ada@example.net' },
    ],
    externalId: '00u1815',
    timezone: 'Europe/London',
    active: true,
  }
  return `
scim2ldap is up, over an OpenLDAP of its own.

  Base URL   ${url}
  Token      ${token}

Find a person:
  ${curl} '${url}/Users?filter=userName%20eq%20%22amara.okafor%22'

Create one:
  ${curl} -H 'Content-Type: application/scim+json' '${url}/Users' -d '${JSON.stringify(ada)}'

List the groups:
  ${curl} '${url}/Groups?attributes=displayName'

Look into the directory at ${openLdap.url}:
  LDAPTLS_CACERT=${caFile} ldapsearch -LLL -x -H ${openLdap.url} -D '${adminDn}' -w '${adminPassword}' -b '${suffix}' '(uid=ada.lovelace)'

Ctrl-C ends both and leaves no file behind.
`
}
