import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { parse, stringify } from 'yaml'
import { people } from '../../src/demo/people.ts'
import { docker } from '../support/docker.ts'
import { freePort } from '../support/free-port.ts'
import { blocksOf, documentOf } from '../support/markdown.ts'
import { blockOf } from '../support/docs.ts'
import { npm } from '../support/npm.ts'
import { startOpenLdap } from '../support/openldap.ts'

const GUIDE = 'docs/deploy-systemd.md'
const IMAGE = 'scim2ldap-test-systemd'
const SUFFIX = 'dc=corp,dc=example'
const TOKEN = 'a token for this test alone'
const ROOT = resolve(import.meta.dirname, '../..')

/** The most that `systemd-analyze security` may find exposed, of 100. */
const EXPOSURE = 15

let machine: string
let base: string
let admin: string
let settings: Settings
const cleanups: (() => Promise<unknown>)[] = []

/** A machine of its own (a container with systemd), set up by the guide's commands. */
beforeAll(async () => {
  const directory = await startOpenLdap({ suffix: SUFFIX, entries: people(SUFFIX) })
  cleanups.push(() => directory.stop())
  const folder = await mkdtemp(join(tmpdir(), 'scim2ldap-systemd-'))
  cleanups.push(() => rm(folder, { recursive: true }))
  await npm('pack', '--pack-destination', folder)
  await docker('build', '--tag', IMAGE, '--file', file('test/deploy/systemd.Dockerfile'), folder)
  machine = await docker(
    ...['run', '--detach', '--network', 'host', '--cgroupns', 'private'],
    // What systemd needs to make the sandbox of a service.
    ...['--cap-add', 'SYS_ADMIN', '--tmpfs', '/run', '--tmpfs', '/tmp'],
    ...['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined'],
    ...['--env', 'container=docker'],
    IMAGE,
  )
  cleanups.push(() => docker('rm', '--force', '--volumes', machine))
  await docker('cp', `${folder}/.`, `${machine}:/srv`)
  await sh('mkdir /srv/deploy')
  await docker('cp', file('deploy/scim2ldap.service'), `${machine}:/srv/deploy/`)
  await vi.waitFor(() => sh('systemctl is-system-running'), { timeout: 20_000, interval: 250 })
  await sh(blockOf(GUIDE, 'sh install'))

  const [port, adminPort] = [await freePort(), await freePort()]
  base = `http://127.0.0.1:${port}/scim/v2`
  admin = `http://127.0.0.1:${adminPort}`
  settings = guideSettings()
  settings.listen = { host: '127.0.0.1', port }
  settings.admin = { port: adminPort }
  const endpoint = settings.endpoints['/scim/v2']
  endpoint.directory.url = directory.url
  endpoint.directory.tls = { ca: '/etc/scim2ldap/tls/ca.pem' }
  const sha256 = createHash('sha256').update(TOKEN).digest('hex')
  endpoint.clients = [{ name: 'test', tokens: [{ sha256 }] }]
  await put('tls/ca.pem', directory.ca)
  await put('gateway.yaml', stringify(settings))
  await put('secrets/ldap-password', directory.servicePassword, 'root:root', '0600')
  await sh(blockOf(GUIDE, 'sh start')).catch(withJournal)
})
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
})

function file(path: string): string {
  return join(ROOT, path)
}

/** Runs commands as root on the machine. */
function sh(commands: string): Promise<string> {
  return docker('exec', '--workdir', '/srv', machine, 'sh', '-ec', commands)
}

/** Writes a file below /etc/scim2ldap of the machine. */
async function put(name: string, text: string, owner = 'root:scim2ldap', mode = '0640') {
  const path = `/etc/scim2ldap/${name}`
  const draft = await mkdtemp(join(tmpdir(), 'scim2ldap-put-'))
  await writeFile(join(draft, 'file'), text)
  await docker('cp', join(draft, 'file'), `${machine}:${path}`)
  await rm(draft, { recursive: true })
  await sh(`chown ${owner} ${path}; chmod ${mode} ${path}`)
}

/** The example of gateway.yaml in the guide. */
function guideSettings(): Settings {
  const [example] = blocksOf(documentOf(GUIDE)).filter(({ language }) => language === 'yaml')
  return parse(example?.text ?? '') as Settings
}

async function withJournal(error: unknown): Promise<never> {
  throw new Error(await sh('journalctl --unit scim2ldap --no-pager'), { cause: error })
}

function property(name: string): Promise<string> {
  return sh(`systemctl show --property ${name} --value scim2ldap`)
}

function readiness() {
  const answer = async () => expect((await fetch(`${admin}/readyz`)).status).toBe(200)
  return vi.waitFor(answer, { timeout: 20_000, interval: 250 })
}

test('serves SCIM, with the password as a credential', async () => {
  await readiness().catch(withJournal)
  const response = await fetch(`${base}/Users?count=1`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  })
  expect(await response.json()).toMatchObject({ totalResults: 30 })
})

test('runs as its own user, without capabilities, on a file system that it cannot change', async () => {
  const pid = await property('MainPID')
  const status = await sh(`cat /proc/${pid}/status`)
  const uid = await sh('id -u scim2ldap')
  expect(status).toContain(`Uid:\t${uid}\t${uid}`)
  expect(status).toMatch(/^CapBnd:\t0+$/m)
  expect(status).toMatch(/^NoNewPrivs:\t1$/m)
  expect(status).toMatch(/^Seccomp:\t2$/m)
  const mounts = await sh(`cat /proc/${pid}/mountinfo`)
  for (const place of ['/', '/etc', '/opt']) {
    const options = mounts.split('\n').find((line) => line.split(' ')[4] === place)
    if (place === '/') expect(options).toBeDefined()
    if (options !== undefined) expect(options.split(' ')[5]?.split(',')).toContain('ro')
  }
  const read = 'runuser -u scim2ldap -- cat /etc/scim2ldap/secrets/ldap-password'
  await expect(sh(read)).rejects.toThrow(/Permission denied/)
})

test('systemd finds nothing wrong with the unit, and little that is exposed', async () => {
  expect(await sh('systemd-analyze verify scim2ldap.service 2>&1')).toBe('')
  await sh(`systemd-analyze security --threshold=${EXPOSURE} scim2ldap.service`)
})

test('is started again when it dies', async () => {
  await sh('systemctl kill --signal KILL scim2ldap')
  await vi.waitFor(async () => expect(await property('NRestarts')).toBe('1'), {
    timeout: 20_000,
    interval: 250,
  })
  await readiness()
})

test('ends in order', async () => {
  await sh('systemctl stop scim2ldap')
  expect(await property('Result')).toBe('success')
  expect(await property('ExecMainStatus')).toBe('0')
})

test('wrong settings are told in the journal, and not tried again and again', async () => {
  await put('gateway.yaml', stringify({ ...settings, lisen: {} }))
  await sh('systemctl start scim2ldap || true')
  await vi.waitFor(async () => expect(await property('ActiveState')).toBe('failed'), {
    timeout: 20_000,
    interval: 250,
  })
  expect(await property('ExecMainStatus')).toBe('2')
  expect(await property('NRestarts')).toBe('0')
  expect(await sh('journalctl --unit scim2ldap --no-pager')).toContain('lisen')
})

interface Settings {
  listen: Readonly<Record<string, unknown>>
  admin?: Readonly<Record<string, unknown>>
  endpoints: { '/scim/v2': { directory: Record<string, unknown>; clients: unknown } }
}
