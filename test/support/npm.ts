import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Runs `npm` in the root of the repository; its standard output. */
export async function npm(...args: readonly string[]): Promise<string> {
  const cwd = resolve(import.meta.dirname, '../..')
  const { stdout } = await run('npm', args, { cwd, maxBuffer: 1 << 26 })
  return stdout.trim()
}
