import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { people } from '../src/demo/people.ts'
import { docker } from './support/docker.ts'
import { freePort } from './support/free-port.ts'
import { startOpenLdap } from './support/openldap.ts'

const run = promisify(execFile)

const ROOT = resolve(import.meta.dirname, '..')
const IMAGE = 'scim2ldap-test-gateway'
const TOKEN = 'a token for this test alone'
const SUFFIX = 'dc=example,dc=test'
const READ_STATUS = "require('node:fs').readFileSync('/proc/self/status', 'utf8')"

let base: string
let admin: string
let container: string
let folder: string
const cleanups: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  await docker('build', '--tag', IMAGE, ROOT)
  const directory = await startOpenLdap({ suffix: SUFFIX, entries: people(SUFFIX) })
  cleanups.push(() => directory.stop())
  folder = await mkdtemp(join(tmpdir(), 'scim2ldap-image-'))
  cleanups.push(() => rm(folder, { recursive: true }))
  const [port, adminPort] = [await freePort(), await freePort()]
  base = `http://127.0.0.1:${port}/scim/v2`
  admin = `http://127.0.0.1:${adminPort}`
  const settings = join(folder, 'gateway.yaml')
  await writeFile(
    settings,
    `listen: { host: 127.0.0.1, port: ${port} }
admin: { host: 127.0.0.1, port: ${adminPort} }
endpoints:
  /scim/v2:
    mapping: /opt/scim2ldap/mappings/openldap.yaml
    directory:
      url: [${directory.url}]
      bind: { dn: "${directory.serviceDn}", password: "\${BIND_PASSWORD}" }
      tls: { ca: /etc/scim2ldap/ca.pem }
      suffix: ${SUFFIX}
    clients:
      - { name: test, tokens: [ { sha256: ${createHash('sha256').update(TOKEN).digest('hex')} } ] }
`,
  )
  container = await docker(
    'run',
    ...['--detach', '--read-only', '--cap-drop', 'ALL', '--network', 'host'],
    ...['--volume', `${settings}:/etc/scim2ldap/gateway.yaml:ro`],
    ...['--volume', `${directory.caFile}:/etc/scim2ldap/ca.pem:ro`],
    ...['--env', `BIND_PASSWORD=${directory.servicePassword}`],
    ...['--env', `SCIM2LDAP_HEALTH_URL=${admin}/healthz`, '--health-interval', '1s'],
    IMAGE,
  )
  cleanups.push(() => docker('rm', '--force', container))
})
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
})

test('comes up healthy on a read-only file system', async () => {
  await vi.waitFor(
    async () => {
      const logs = docker('logs', container)
      const response = await fetch(`${admin}/healthz`).catch(async (error: unknown) => {
        throw new Error(await logs, { cause: error })
      })
      expect(response.status).toBe(200)
    },
    { timeout: 20_000, interval: 250 },
  )
  const health = () => docker('inspect', '--format', '{{.State.Health.Status}}', container)
  await vi.waitFor(async () => expect(await health()).toBe('healthy'), { timeout: 30_000 })
})

test('does not run as root, and holds no capability', async () => {
  const status = await docker('exec', container, 'node', '--print', READ_STATUS)
  expect(status).toMatch(/^Uid:\t1000\t1000\t1000\t1000$/m)
  expect(status).toMatch(/^CapEff:\t0+$/m)
})

test('has no shell and no package manager', async () => {
  const files = await filesOf(IMAGE)
  const programs = ['sh', 'bash', 'dash', 'busybox', 'apt', 'apt-get', 'dpkg', 'npm', 'npx', 'env']
  expect(files.filter((file) => programs.includes(basename(file)))).toEqual([])
  expect(files).toContain('usr/local/bin/node')
})

test('is smaller than 200 MB', async () => {
  const size = Number(await docker('image', 'inspect', '--format', '{{.Size}}', IMAGE))
  expect(size).toBeGreaterThan(50e6) // Node is in it
  expect(size).toBeLessThan(200e6)
})

test('tells scanners which packages its libraries come from', async () => {
  const files = await filesOf(IMAGE)
  expect(files).toContain('etc/os-release')
  for (const name of ['libc6', 'libstdc++6']) {
    expect(files).toContain(`var/lib/dpkg/status.d/${name}`)
    expect(files).toContain(`usr/share/doc/${name}/copyright`)
  }
})

test('answers SCIM requests from the directory', async () => {
  const query = new URLSearchParams({ filter: 'userName eq "amara.okafor"' })
  const response = await fetch(`${base}/Users?${query.toString()}`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  })
  expect(await response.json()).toMatchObject({
    totalResults: 1,
    Resources: [{ userName: 'amara.okafor', name: { familyName: 'Okafor' } }],
  })
})

test('ends in order when it is told to', async () => {
  await docker('stop', '--time', '10', container)
  expect(await docker('inspect', '--format', '{{.State.ExitCode}}', container)).toBe('0')
})

/** The paths of all files of an image, links among them, without the slash in front. */
async function filesOf(image: string): Promise<readonly string[]> {
  const created = await docker('create', image)
  try {
    const archive = join(folder, 'image.tar')
    await docker('export', '--output', archive, created)
    const { stdout } = await run('tar', ['-tf', archive], { maxBuffer: 1 << 26 })
    return stdout.split('\n').filter((path) => !path.endsWith('/'))
  } finally {
    await docker('rm', created)
  }
}
