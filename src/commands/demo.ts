import { once } from 'node:events'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { DEFAULT_LIMITS } from '../config/limits-schema.ts'
import type { Configuration } from '../config/load.ts'
import { loadMapping } from '../config/load.ts'
import type { RunningDirectory } from '../demo/directory.ts'
import { DEFAULT_SUFFIX } from '../demo/directory.ts'
import { groups, people } from '../demo/people.ts'
import type { Product } from '../demo/products.ts'
import { PRODUCTS } from '../demo/products.ts'
import { scimGroups, scimPeople } from '../demo/scim.ts'
import { createLog } from '../log.ts'
import { startServer } from '../server.ts'
import type { Command } from './command.ts'
import { EXIT, oneOf, wholeNumber } from './command.ts'
import type { Access } from './demo-text.ts'
import { asJson, asText } from './demo-text.ts'
import { endSignal } from './signals.ts'
import { newToken } from './token.ts'

const PATH = '/scim/v2'

export const demo: Command = {
  help: `Usage: scim2ldap demo [--directory NAME] [--users N] [--port N] [--json]

Starts a directory of its own in a temporary folder, on loopback, with sample people and groups, and
the gateway over it, with TLS between the two; then prints how to talk to both. Ctrl-C ends
everything and removes every file, at any time.

Options:
  --directory NAME   which one; openldap unless given:
      openldap           OpenLDAP with the schema of deploy/schema and mappings/openldap-scim.yaml
      389ds              389 Directory Server with that schema and mappings/389ds-scim.yaml
      active-directory   an Active Directory domain by Samba, with mappings/active-directory.yaml;
                         needs root
  --users N          how many people there are; 30 unless given
  --port N           port of the gateway; a free one unless given
  --json             print one line of JSON instead, when everything is up:
                     {"url","token","ldapUrl","bindDn","bindPassword","suffix"}

The directory is the one that is installed on this machine. Where it is not, its packages are
installed, as root on Debian or Ubuntu, without starting a service; an OpenLDAP is rather started in
Docker, where there is one.

Example:
  scim2ldap demo --users 1000 --port 8080
`,
  options: {
    directory: { type: 'string', default: 'openldap' },
    users: { type: 'string' },
    port: { type: 'string' },
    json: { type: 'boolean' },
  },
  run: async (values, { root }) => {
    const product = oneOf(values, 'directory', PRODUCTS)
    const users = wholeNumber(values, 'users', { least: 0, most: 1_000_000 })
    const port = wholeNumber(values, 'port', { least: 0, most: 65_535 }) ?? 0
    const asked = endSignal()
    const directory = await startUnlessAsked(asked, product, root, users)
    if (directory === undefined) return EXIT.done
    try {
      const { token, sha256 } = newToken()
      const configuration = configurationOf(product, directory, root, port, sha256)
      // What is said on standard output is for whoever reads it by program.
      const log = createLog(configuration.log.level, process.stderr)
      const server = await startServer(configuration, log)
      try {
        await server.ready(AbortSignal.timeout(10_000))
        const access: Access = { url: `${server.url}${PATH}`, token, product, directory }
        process.stdout.write(values.json === true ? asJson(access) : asText(access))
        if (!asked.aborted) await once(asked, 'abort')
      } finally {
        await server.close(1_000)
      }
    } finally {
      await directory.stop()
    }
    return EXIT.done
  },
}

/** The directory with its people and groups; `undefined` where the end came first. */
async function startUnlessAsked(
  asked: AbortSignal,
  product: Product,
  root: string,
  users: number | undefined,
): Promise<RunningDirectory | undefined> {
  const members = scimPeople(people(DEFAULT_SUFFIX, users))
  const entries = [...members, ...scimGroups(groups(DEFAULT_SUFFIX, members))]
  const say = (line: string) => process.stderr.write(`${line}\n`)
  try {
    return await product.start({ root, entries, say, signal: asked })
  } catch (error) {
    // Ctrl-C reaches the programs under way, too, and that they ended may be heard before it.
    await setImmediate()
    if (asked.aborted) return undefined
    throw error
  }
}

function configurationOf(
  { mapping }: Product,
  { url, ca, suffix, serviceDn, servicePassword }: RunningDirectory,
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
        rules: loadMapping(join(root, `mappings/${mapping}.yaml`), suffix),
        directory: {
          urls: [url],
          tls: { ca },
          bind: { kind: 'simple', dn: serviceDn, password: servicePassword },
        },
      },
    ],
  }
}
