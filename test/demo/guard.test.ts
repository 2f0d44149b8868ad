import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const GUARD = resolve(import.meta.dirname, '../../src/demo/guard.ts')
let folder: string
let mark: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scim2ldap-guard-'))
  mark = join(folder, 'a mark')
})
afterEach(() => rm(folder, { recursive: true }))

/** A process that has `mark` made when it is gone, and then does as `then` says. */
function guarded(then: string) {
  const code = `
    import { whenGone } from ${JSON.stringify(GUARD)}
    const release = whenGone('touch "$1"', ${JSON.stringify(mark)})
    ${then}`
  return spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

test('the script runs when the process is killed', async () => {
  const child = guarded(`console.log('up'); setInterval(() => {}, 1000)`)
  await once(child.stdout, 'data')
  expect(existsSync(mark)).toBe(false)
  child.kill('SIGKILL')
  await vi.waitFor(() => expect(existsSync(mark)).toBe(true), { timeout: 5000 })
})

test('the script runs when the process ends, which it does not hold up', async () => {
  await once(guarded(''), 'exit')
  await vi.waitFor(() => expect(existsSync(mark)).toBe(true), { timeout: 5000 })
})

test('the script does not run when it was called off', async () => {
  await once(guarded('release()'), 'exit')
  await new Promise((done) => setTimeout(done, 300))
  expect(existsSync(mark)).toBe(false)
})
