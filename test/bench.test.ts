import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const MAIN = join(import.meta.dirname, '../bench/main.ts')

async function bench(...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, [MAIN, '--users', '1320', ...args])
}

test('npm run bench counts operations and compares with ldapts', async () => {
  const { stdout } = await bench('--seconds', '0.2', '--only', 'get,patch,create')
  expect(stdout).toMatch(/^OpenLDAP, 1320 people, left to the system to write, Node 2\d/m)
  // At once, LDAP operations, requests a second of both sides, ratio.
  const figures = String.raw`\s+\d+\s+\d+\s+\d\.\d\d\s`
  expect(stdout).toMatch(new RegExp(`^GET user by id\\s+32\\s+1${figures}`, 'm'))
  expect(stdout).toMatch(new RegExp(`^PATCH user, one attribute\\s+32\\s+2${figures}`, 'm'))
  expect(stdout).toMatch(/^POST user, DELETE it\s+32\s+POST 2, DELETE \d\s/m)
  expect(stdout).toContain('ldapts did the same\n')
}, 60_000)

test('npm run bench -- --memory tells what the gateway holds', async () => {
  const { stdout } = await bench('--memory', '1000', '--json')
  const { samples, peakMemory } = JSON.parse(stdout) as {
    readonly samples: readonly { readonly requests: number; readonly heap: number }[]
    readonly peakMemory: number
  }
  expect(samples).toHaveLength(21)
  // Pages of a hundred, read by two clients.
  expect(samples.at(-1)?.requests).toBeGreaterThanOrEqual(1000 + 2 * 14)
  for (const { heap } of samples) expect(heap).toBeGreaterThan(1e6)
  expect(peakMemory).toBeGreaterThan(1e7)
}, 60_000)

test('npm run bench refuses what it does not know', async () => {
  await expect(bench('--directory', 'opnldap')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('did you mean "openldap"?') as string,
  })
  await expect(bench('--directory', '389ds', '--durable')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--durable is for openldap') as string,
  })
})
