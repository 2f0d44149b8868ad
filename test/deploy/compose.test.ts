import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { blockOf } from '../support/docs.ts'
import { docker } from '../support/docker.ts'
import { freePort } from '../support/free-port.ts'
import { havePrograms } from '../support/programs.ts'

const run = promisify(execFile)

const ROOT = resolve(import.meta.dirname, '../..')
const GUIDE = 'docs/deploy-compose.md'
const PROJECT = 'scim2ldap-test-compose'
const PATIENCE = { timeout: 60_000, interval: 500 }

let folder: string
let port: number
/** What makes `docker compose` of whatever this machine has. */
let prelude: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scim2ldap-compose-'))
  port = await freePort()
  const plugin = await docker('compose', 'version').then(
    () => true,
    () => false,
  )
  if (!plugin && !(await havePrograms('docker-compose'))) throw new Error('no docker compose')
  await havePrograms('curl')
  prelude = plugin
    ? ''
    : 'docker() { case $1 in compose) shift; docker-compose "$@" ;; *) command docker "$@" ;; esac; }'
  await guide('start')
  await untilHealthy()
  await guide('token')
})
afterAll(async () => {
  await sh('docker compose down --volumes --remove-orphans')
  await rm(folder, { recursive: true })
})

/** Runs the guide's commands of this name, from the root of the repository, with a name and a port of our own. */
function guide(name: string): Promise<string> {
  const commands = blockOf(GUIDE, `sh ${name}`)
    .replaceAll(/(?<=> |--cacert |cat )(token|ca\.pem)/g, `${folder}/$1`)
    .replace('COMPOSE_PROJECT_NAME=scim2ldap', '')
  return sh(commands)
}

async function sh(commands: string): Promise<string> {
  const { stdout } = await run('sh', ['-ec', `${prelude}\n${commands}`], {
    cwd: ROOT,
    env: {
      ...process.env,
      COMPOSE_FILE: 'deploy/compose.yaml',
      COMPOSE_PROJECT_NAME: PROJECT,
      SCIM_PORT: String(port),
    },
    maxBuffer: 1 << 26,
  })
  return stdout
}

async function idOf(service: string): Promise<string> {
  return (await sh(`docker compose ps -q ${service}`)).trim()
}

async function untilHealthy(): Promise<void> {
  for (const service of ['openldap', 'gateway']) {
    const id = await idOf(service)
    await vi.waitFor(async () => {
      const health = await docker('inspect', '--format', '{{.State.Health.Status}}', id)
      if (health !== 'healthy') throw new Error(`${service}: ${await docker('logs', id)}`)
    }, PATIENCE)
  }
}

/** A SCIM request with the guide's token and certificate. */
async function scim(method: string, path: string, body?: unknown) {
  const [ca, token] = [
    await readFile(join(folder, 'ca.pem')),
    (await readFile(join(folder, 'token'), 'utf8')).trim(),
  ]
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(
      `https://localhost:${port}/scim/v2${path}`,
      {
        method,
        ca,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
      },
      resolve,
    )
      .on('error', reject)
      .end(body === undefined ? undefined : JSON.stringify(body))
  })
  let text = ''
  for await (const piece of response.setEncoding('utf8')) text += String(piece)
  return {
    status: response.statusCode,
    body: JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>,
  }
}

test("the guide's request is answered", async () => {
  expect(JSON.parse(await guide('try'))).toMatchObject({ patch: { supported: true } })
})

test('what is created by SCIM is in the directory, and stays there over a restart', async () => {
  const created = await scim('POST', '/Users', {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName: 'ada',
    externalId: '42',
    name: { givenName: 'Ada', familyName: 'Lovelace' },
    password: 'a long enough password',
  })
  expect(created).toMatchObject({ status: 201, body: { userName: 'ada', active: true } })
  expect(created.body.meta).toMatchObject({
    location: `https://localhost:${port}/scim/v2/Users/${String(created.body.id)}`,
  })
  expect(await guide('look')).toContain('dn: uid=ada,ou=people,dc=example,dc=org')
  await sh('docker compose down')
  await guide('start')
  await untilHealthy()
  // The token and the certificate are those of the first start.
  const found = await scim('GET', `/Users/${String(created.body.id)}`)
  expect(found).toMatchObject({ status: 200, body: { userName: 'ada', externalId: '42' } })
})

test('the service account may rename, switch off, join and delete', async () => {
  const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User']
  const user = await scim('POST', '/Users', { schemas, userName: 'eve', name: { familyName: 'E' } })
  const id = String(user.body.id)
  const group = await scim('POST', '/Groups', {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    displayName: 'Testers',
    members: [{ value: id }],
  })
  expect(group.status).toBe(201)
  const change = (...operations: readonly object[]) =>
    scim('PATCH', `/Users/${id}`, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: operations,
    })
  const replace = { op: 'replace', value: { userName: 'eva', active: false } }
  expect(await change(replace)).toMatchObject({
    status: 200,
    body: { userName: 'eva', active: false, groups: [{ display: 'Testers' }] },
  })
  expect((await scim('DELETE', `/Users/${id}`)).status).toBe(204)
  expect((await scim('DELETE', `/Groups/${String(group.body.id)}`)).status).toBe(204)
})

describe.each(['openldap', 'gateway'])('%s', (service) => {
  test('has nothing that it does not need', async () => {
    const id = await idOf(service)
    const [container] = JSON.parse(await docker('inspect', id)) as [Container]
    expect(container.HostConfig).toMatchObject({ ReadonlyRootfs: true, Privileged: false })
    expect(container.HostConfig.CapDrop).toEqual(['ALL'])
    expect(container.HostConfig.CapAdd ?? []).toEqual([])
    expect(container.HostConfig.SecurityOpt.join()).toContain('no-new-privileges')
    expect(container.Config.User).toMatch(/^100[01]:/)
    const published = Object.values(container.NetworkSettings.Ports).flatMap((to) => to ?? [])
    expect(published.map(({ HostIp }) => HostIp)).toEqual(
      service === 'gateway' ? ['127.0.0.1'] : [],
    )
  })
})

test('the gateway has the hash of the token, not the token', async () => {
  const list = "require('node:fs').readdirSync('/run/secrets').join(' ')"
  const files = await docker('exec', await idOf('gateway'), 'node', '--print', list)
  expect(files.split(' ').sort()).toEqual(
    ['ca.pem', 'ldap-password', 'tls.crt', 'tls.key', 'token.sha256'].sort(),
  )
})

test('the directory listens for TLS alone, and strangers read nothing', async () => {
  const id = await idOf('openldap')
  const search = (...args: readonly string[]) =>
    docker('exec', id, 'ldapsearch', '-LLL', '-x', ...args, '-b', 'ou=people,dc=example,dc=org')
  await expect(search('-H', 'ldap://openldap:1389')).rejects.toThrow(/contact LDAP server/)
  await expect(search('-H', 'ldaps://openldap:1636')).rejects.toThrow(/No such object/)
})

test('no secret is in the files of the repository', async () => {
  const text = await readFile(join(ROOT, 'deploy/compose.yaml'), 'utf8')
  const { services } = parse(text) as { services: Record<string, { environment?: object }> }
  const variables = Object.values(services).flatMap((one) => Object.keys(one.environment ?? {}))
  expect(variables.filter((name) => /pass|secret|token|key/i.test(name))).toEqual([])
})

interface Container {
  readonly Config: { readonly User: string }
  readonly HostConfig: {
    readonly CapDrop: readonly string[]
    readonly CapAdd: readonly string[] | null
    readonly SecurityOpt: readonly string[]
  }
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { readonly HostIp: string }[] | null>>
  }
}
