import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'

/**
 * Has `sh` run `script` (with `args` as `$1`, `$2` …) as soon as this process is gone, however it
 * ended, so that even SIGKILL leaves no server and no folder behind.
 *
 * @returns Calls it off: whoever cleans up in order does so afterwards.
 */
export function whenGone(script: string, ...args: readonly string[]): () => void {
  // The pipe's other end closes with this process. A session of its own, for Ctrl-C goes to a
  // terminal's whole process group.
  const watcher = spawn('sh', ['-c', `read -r _ && exit 0\n${script}`, 'sh', ...args], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watcher.on('error', () => undefined) // without `sh` there is no watch; the server is none the worse
  watcher.stdin.on('error', () => undefined)
  watcher.unref()
  const pipe = watcher.stdin as unknown as Socket // what a 'pipe' to a child is in Node
  pipe.unref()
  return () => {
    watcher.stdin.end('\n')
  }
}
