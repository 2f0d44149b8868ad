import { afterAll, beforeAll, expect, vi } from 'vitest'
import { smallUser } from '../conformance/subject.ts'
import { testSlapd } from '../support/here.ts'
import type { TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { ldapread } from '../support/ldapsearch.ts'
import type { RunningSlapd } from '../../src/demo/slapd.ts'
import { ALL_OVERLAYS } from '../../src/demo/slapd-conf.ts'
import { startSlapd } from '../../src/demo/slapd.ts'
import type { Restartable } from '../support/restartable.ts'
import { restartable } from '../support/restartable.ts'

// Two servers that do not replicate: where an entry is tells where it was written.
let first: RunningSlapd & Restartable
let second: RunningSlapd & Restartable
let gateway: TestGateway
let firstIsUp = true

beforeAll(async () => {
  const options = {
    servicePassword: 'of the service',
    adminPassword: 'of the admin',
    // With it they tell how far they have come, and none is taken back that has not the changes of the other.
    overlays: ALL_OVERLAYS.filter((name) => name !== 'syncprov'),
  }
  const start = async () => restartable(await startSlapd(options))
  ;[first, second] = await Promise.all([start(), start()])
  gateway = await startGateway(first, {
    directory: {
      urls: [first.url, second.url],
      tls: { ca: first.ca + second.ca },
      heartbeatMs: 300,
      connectTimeoutMs: 2_000,
    },
  })
})
afterAll(async () => {
  await gateway.stop()
  await Promise.all([first.stop(), second.stop()])
})

/** Makes a user, reads it back ten times, and tells which servers have it. */
async function written(): Promise<readonly string[]> {
  const body = smallUser()
  const made = await gateway.post('/Users', body)
  expect(made).toMatchObject({ status: 201 })
  const reads = Array.from({ length: 10 }, () => gateway.get(`/Users/${made.body.id}`))
  for (const { status } of await Promise.all(reads)) expect(status).toBe(200)
  const dn = `uid=${body.userName},ou=people,${first.suffix}`
  const there: string[] = []
  if (firstIsUp && (await ldapread(first, dn)) !== undefined) there.push('first')
  if ((await ldapread(second, dn)) !== undefined) there.push('second')
  return there
}

testSlapd(
  'the preferred server has the writes and the reads; the other one while it is down',
  async () => {
    expect(await written()).toEqual(['first'])

    firstIsUp = false
    await first.kill()
    expect(await written()).toEqual(['second'])
    expect(await written()).toEqual(['second'])
    expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(200)

    await first.restart()
    firstIsUp = true
    await vi.waitFor(() => expect(messages()).toContain('back to the preferred directory server'), {
      timeout: 10_000,
      interval: 50,
    })
    expect(await written()).toEqual(['first'])
  },
)

testSlapd('with both down there is 503, and either one that comes back is taken', async () => {
  await Promise.all([first.kill(), second.kill()])
  const answer = await gateway.post('/Users', smallUser())
  expect(answer.status).toBe(503)
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
  expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(503)
  firstIsUp = false
  await second.restart()
  await vi.waitFor(async () => expect(await written()).toEqual(['second']), {
    timeout: 15_000,
    interval: 200,
  })
})

function messages(): readonly string[] {
  return gateway.log.map(({ msg }) => msg as string)
}
