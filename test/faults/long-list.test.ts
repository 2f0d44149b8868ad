import { afterAll, beforeAll, expect, test } from 'vitest'
import { people } from '../../src/demo/people.ts'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import type { TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'
import type { Proxy } from '../support/proxy.ts'
import { startProxy } from '../support/proxy.ts'

const PEOPLE = 5_000

let server: RunningOpenLdap
let proxy: Proxy
let gateway: TestGateway

beforeAll(async () => {
  server = await startOpenLdap({ entries: people('dc=example,dc=test', PEOPLE) })
  proxy = await startProxy(server.plainUrl)
  gateway = await startGateway(server, {
    directory: {
      urls: [`ldap://127.0.0.1:${proxy.port}`],
      // Whatever a list took of the one place, nobody else would have.
      ...{ poolSize: 1, maxPendingPerConnection: 1, searchPoolSize: 1 },
    },
  })
})
afterAll(async () => {
  await gateway.stop()
  await proxy.stop()
  await server.stop()
})

test('a long list makes nobody wait: other requests are served while it is collected', async () => {
  const one = (await gateway.get('/Users?count=1')).body.Resources[0]
  proxy.lag(200)
  const ended = new AbortController()
  const list = gateway
    .get('/Users?sortBy=name.familyName&sortOrder=descending')
    .finally(() => ended.abort())
  let served = 0
  for (; !ended.signal.aborted; served++) {
    expect(await gateway.get(`/Users/${one.id}`)).toMatchObject({ status: 200 })
  }
  // The list takes five pages and more, each as long as one of these requests.
  expect(served).toBeGreaterThanOrEqual(4)
  expect(await list).toMatchObject({ status: 200, body: { totalResults: PEOPLE } })
})
