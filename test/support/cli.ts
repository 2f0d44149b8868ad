import { spawn } from 'node:child_process'
import { resolve } from 'node:path'

const MAIN = resolve(import.meta.dirname, '../../src/main.ts')

/** `scim2ldap` as a process of its own. */
export interface Cli {
  readonly pid: number
  /** What it wrote so far. */
  readonly stdout: string
  readonly stderr: string
  /** Resolves with the exit code when it has ended. */
  readonly ended: Promise<number | null>
  kill(signal: NodeJS.Signals): void
  /** Resolves when standard output or error matches; rejects with what was written if it ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>
}

/** Runs `scim2ldap` with these arguments, unbuilt. */
export function startCli(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Cli {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const written = { stdout: '', stderr: '' }
  const waiting = new Set<() => void>()
  const wake = () => waiting.forEach((check) => check())
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      written[stream] += text
      wake()
    })
  }
  let over = false
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      over = true
      resolve(code)
      wake()
    })
  })
  return {
    pid: child.pid ?? 0,
    get stdout() {
      return written.stdout
    },
    get stderr() {
      return written.stderr
    },
    ended,
    kill: (signal) => void child.kill(signal),
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const match = pattern.exec(written.stdout) ?? pattern.exec(written.stderr)
          if (match !== null) resolve(match)
          else if (over) reject(new Error(`ended:\n${written.stdout}${written.stderr}`))
          else return
          waiting.delete(check)
        }
        waiting.add(check)
        check()
      }),
  }
}

/** Runs it to its end. */
export async function runCli(
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const cli = startCli(args, environment)
  const code = await cli.ended
  return { code, stdout: cli.stdout, stderr: cli.stderr }
}
