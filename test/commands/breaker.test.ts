import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import { smallUser } from '../conformance/subject.ts'
import { runCli } from '../support/cli.ts'
import type { TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'

let directory: RunningOpenLdap
let gateway: TestGateway
beforeAll(async () => {
  directory = await startOpenLdap()
  gateway = await startGateway(directory, { breaker: { deletes: 0 } })
})
afterAll(async () => {
  await gateway.stop()
  await directory.stop()
})

test('shows what is open, and resets it', async () => {
  const { body } = await gateway.post('/Users', smallUser())
  expect((await gateway.delete(`/Users/${body.id}`)).status).toBe(403)
  const admin = ['breaker', '--admin', gateway.adminUrl]
  const shown = await runCli(admin)
  expect(shown.stdout).toMatch(/^OPEN\t\/scim\/v2\ttests\tdeletes\t0 of 0$/m)
  expect(shown.stdout).toMatch(/^closed\t\/scim\/v2\ttests\tdisables\t/m)
  const reset = await runCli([...admin, '--reset', 'deletes', '--client', 'tests'])
  expect(reset).toEqual({ code: 0, stdout: 'reset: /scim/v2 tests deletes\n', stderr: '' })
  expect((await runCli(admin)).stdout).not.toContain('OPEN')
})

test.each([
  [['--reset', 'deletes'], 2, '--reset needs --client'],
  [['--client', 'x'], 2, '--client goes with --reset'],
  [['--reset', 'deletes', '--client', 'nobody'], 1, 'there is no breaker /scim/v2 nobody deletes'],
])('%j ends with %i', async (args, code, message) => {
  const ended = await runCli(['breaker', '--admin', gateway.adminUrl, ...args])
  expect(ended.code).toBe(code)
  expect(ended.stderr).toContain(message)
})
