import type { ChildProcess } from 'node:child_process'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * Runs a program to its end; resolves to what it wrote to its standard output.
 *
 * @throws {Error} If it fails; the message holds what it wrote to its standard error.
 * @param signal Kills the program. The promise is rejected with the signal's reason once it is gone,
 *   so that nobody writes into a folder that is being removed.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  signal?.throwIfAborted()
  const running = promisify(execFile)(program, args)
  const release = killWhenAborted(running.child, signal)
  try {
    return (await running).stdout
  } catch (error) {
    signal?.throwIfAborted()
    // Not the command line, which may hold a password.
    const { stderr, message } = error as Error & { readonly stderr?: string }
    throw new Error(
      `${program} failed: ${stderr === undefined ? message : stderr.slice(-2000).trim()}`,
      {
        cause: error,
      },
    )
  } finally {
    release()
  }
}

/** Has the signal kill a child; what is returned calls it off. */
export function killWhenAborted(child: ChildProcess, signal: AbortSignal | undefined): () => void {
  const kill = () => void child.kill('SIGKILL')
  signal?.addEventListener('abort', kill)
  return () => signal?.removeEventListener('abort', kill)
}
