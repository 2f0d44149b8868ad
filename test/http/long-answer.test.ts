import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import { people } from '../../src/demo/people.ts'
import type { TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'

const SUFFIX = 'dc=example,dc=test'
/** More than are written in one piece. */
const MANY = 600

let directory: RunningDirectory
let gateway: TestGateway
beforeAll(async () => {
  directory = await startOpenLdap({ suffix: SUFFIX, entries: people(SUFFIX, MANY) })
  gateway = await startGateway(directory)
})
afterAll(async () => {
  await gateway.stop()
  await directory.stop()
})

test('a long answer comes in pieces and as a whole, and Node has nothing to warn of', async () => {
  const warnings: Error[] = []
  const listen = (warning: Error) => warnings.push(warning)
  process.on('warning', listen)
  onTestFinished(() => void process.off('warning', listen))
  const { status, headers, body } = await gateway.get('/Users?count=1000')
  expect([status, headers.get('content-length'), body.Resources.length]).toEqual([200, null, MANY])
  await new Promise((resolve) => setImmediate(resolve))
  expect(warnings).toEqual([])
})
