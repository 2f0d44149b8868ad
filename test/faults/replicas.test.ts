import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import { freshName, groupBody, patchOf, smallUser } from '../conformance/subject.ts'
import type { Balancer } from '../support/balancer.ts'
import { startBalancer } from '../support/balancer.ts'
import type { Cli } from '../support/cli.ts'
import { startCli } from '../support/cli.ts'
import { freePort } from '../support/free-port.ts'
import type { Json } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'

const TOKEN = 'the-token-of-the-replicas'
const WORKERS = 6
/** How often a client sends a request again that had no answer, or 503. */
const TRIES = 6

const folder = mkdtempSync(join(tmpdir(), 'scim2ldap-replicas-'))
let directory: RunningOpenLdap
let balancer: Balancer
const ports: number[] = []
const replicas: Cli[] = []

beforeAll(async () => {
  directory = await startOpenLdap()
  ports.push(await freePort(), await freePort())
  replicas.push(await startReplica(0), await startReplica(1))
  balancer = await startBalancer(ports)
})
afterAll(async () => {
  for (const replica of replicas) replica.kill('SIGKILL')
  await balancer.stop()
  await directory.stop()
  rmSync(folder, { recursive: true })
})

/** A process of its own, which shares with the others the settings and the key of cursors alone. */
async function startReplica(index: number): Promise<Cli> {
  const { url, caFile, serviceDn, servicePassword, suffix } = directory
  const file = join(folder, `${index}.yaml`)
  writeFileSync(
    file,
    `
listen: { port: ${ports[index]} }
admin: { port: ${await freePort()} }
cursors: { key: 0123456789abcdef0123456789abcdef }
limits: { rate: { requests: 1000000, seconds: 10 } }
endpoints:
  /scim/v2:
    mapping: openldap
    directory:
      url: ${url}
      bind: { dn: "${serviceDn}", password: "\${BIND_PASSWORD}" }
      tls: { ca: ${caFile} }
      suffix: ${suffix}
    clients:
      - { name: tests, tokens: [ { sha256: ${createHash('sha256').update(TOKEN).digest('hex')} } ] }
`,
  )
  const replica = startCli(['serve', '--config', file], { BIND_PASSWORD: servicePassword })
  await replica.until(/"msg":"listening"/)
  return replica
}

interface Told {
  readonly status: number
  readonly body: Json
  /** It was sent more than once: an earlier one may have been carried out. */
  readonly again: boolean
}

/** What was told that no client may be told, or cannot help itself with. */
const complaints: string[] = []
let requests = 0
let repeated = 0

/** As an identity provider does: what had no answer, and 503, is sent again. */
async function ask(method: string, path: string, body?: unknown): Promise<Told> {
  requests++
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(`http://127.0.0.1:${balancer.port}/scim/v2${path}`, {
        method,
        headers: {
          authorization: `Bearer ${TOKEN}`,
          ...(body !== undefined && { 'content-type': 'application/scim+json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      if (response.status !== 503) {
        const again = attempt > 1
        return { status: response.status, body: text === '' ? undefined : JSON.parse(text), again }
      }
    } catch (error) {
      // No answer: the connection was lost.
      if (attempt === TRIES) throw error
    }
    if (attempt === TRIES) throw new Error(`${method} ${path} was not answered`)
    repeated++
    await sleep(100 * attempt)
  }
}

function expectStatus(
  what: string,
  { status, again }: Told,
  ...allowed: readonly number[]
): boolean {
  if (allowed.includes(status)) return true
  // The first one was carried out, and its answer lost.
  if (again && status === 409) return true
  complaints.push(`${what}: ${status}`)
  return false
}

describe('two replicas behind a load balancer, one of them killed, reloaded and drained', () => {
  const users = new Map<string, { readonly id: string; title: string }>()
  const members = new Set<string>()
  let group: string

  beforeAll(async () => {
    group = (await ask('POST', '/Groups', groupBody(freshName('group')))).body.id
    let over = false
    const workers = Array.from({ length: WORKERS }, async () => {
      while (!over) await oneRound()
    })
    await sleep(800)
    replicas[0]?.kill('SIGKILL')
    await sleep(500)
    replicas[0] = await startReplica(0)
    for (const _ of [1, 2, 3]) {
      replicas[1]?.kill('SIGHUP')
      await sleep(300)
    }
    replicas[1]?.kill('SIGTERM')
    expect(await replicas[1]?.ended).toBe(0)
    replicas[1] = await startReplica(1)
    await sleep(500)
    over = true
    await Promise.all(workers)
  }, 60_000)

  async function oneRound(): Promise<void> {
    const body = smallUser({ title: 'new' })
    const userName = body.userName as string
    const made = await ask('POST', '/Users', body)
    if (!expectStatus('POST', made, 201)) return
    const found = await ask('GET', `/Users?filter=userName%20eq%20%22${userName}%22`)
    if (!expectStatus('GET', found, 200)) return
    const id = found.body.Resources[0]?.id as string | undefined
    if (id === undefined) return void complaints.push(`${userName} is not there`)
    const title = freshName('title')
    users.set(userName, { id, title })
    const change = patchOf({ op: 'replace', path: 'title', value: title })
    expectStatus('PATCH', await ask('PATCH', `/Users/${id}`, change), 200)
    const join = patchOf({ op: 'add', path: 'members', value: [{ value: id }] })
    if (expectStatus('PATCH of a group', await ask('PATCH', `/Groups/${group}`, join), 204)) {
      members.add(id)
    }
    const page = await ask('GET', '/Users?cursor&count=3&attributes=id')
    if (!expectStatus('a list', page, 200) || page.body.nextCursor === undefined) return
    const next = await ask('GET', `/Users?count=3&attributes=id&cursor=${page.body.nextCursor}`)
    expectStatus('its next page', next, 200)
  }

  test('no client is told what it cannot help itself with', () => {
    expect(complaints).toEqual([])
    // Else nothing was tried.
    expect(requests).toBeGreaterThan(100)
    expect(repeated).toBeGreaterThan(0)
  })

  test('nothing that was acknowledged is lost', async () => {
    for (const [userName, { id, title }] of users) {
      const { status, body } = await ask('GET', `/Users/${id}`)
      expect([status, body.userName, body.title]).toEqual([200, userName, title])
    }
    const { body } = await ask('GET', `/Groups/${group}`)
    const held = (body.members as Json[]).map(({ value }) => value as string)
    expect(held.filter((id) => members.has(id)).length).toBe(members.size)
  })
})
