import { join } from 'node:path'
import { loadConfiguration } from '../config/load.ts'
import type { Configuration } from '../config/load.ts'
import { createLog } from '../log.ts'
import { ProblemsError, printProblem } from '../mapping/problem.ts'
import { startServer } from '../server.ts'
import type { Command } from './command.ts'
import { EXIT, UsageError } from './command.ts'
import { ReadFiles } from './read-files.ts'
import { untilAskedToEnd } from './signals.ts'

export const serve: Command = {
  help: `Usage: scim2ldap serve [--config FILE]

Serves SCIM as the settings say. Problems of settings and mappings are printed all at once, each
with its line, and the exit code is 2. A directory that is not there yet is waited for: requests
get 503 and /readyz says "not ready" in the meantime. SIGTERM and SIGINT let requests finish first.
SIGHUP, or a change of a file that was read, takes the settings anew; where they have problems the
log tells them and the old ones stay.

Options:
  --config FILE   the settings; gateway.yaml in the current folder unless given

Exit codes: 0 ended when asked to, 1 could not listen, 2 wrong settings, mapping or usage.

Example:
  scim2ldap serve --config /etc/scim2ldap/gateway.yaml
`,
  options: { config: { type: 'string', default: 'gateway.yaml' } },
  run: async ({ config }, { root, environment }) => {
    if (typeof config !== 'string') throw new UsageError('--config needs a file')
    const files = new ReadFiles()
    const load = () => {
      files.begin()
      return loadConfiguration(config, {
        environment,
        shippedMappings: join(root, 'mappings'),
        readFile: (path) => files.read(path),
      })
    }
    let configuration: Configuration
    try {
      configuration = load()
    } catch (error) {
      if (!(error instanceof ProblemsError)) throw error
      for (const problem of error.problems) process.stderr.write(`${printProblem(problem)}\n`)
      const count = error.problems.length
      process.stderr.write(
        `${count} ${count === 1 ? 'problem' : 'problems'}; nothing was started\n`,
      )
      return EXIT.wrongInput
    }
    const log = createLog(configuration.log.level)
    const asked = untilAskedToEnd(['SIGINT', 'SIGTERM'])
    // It would end a process that does not listen to it; what has just been read is new enough.
    process.on('SIGHUP', () => {})
    const server = await startServer(configuration, log)
    process.on('SIGHUP', () => {
      server.reopen()
      server.reload(load)
    })
    const watch = setInterval(() => {
      if (files.haveSettled()) server.reload(load)
    }, WATCH_MS)
    const signal = await asked
    clearInterval(watch)
    log.info({ signal }, 'asked to end')
    await server.close()
    return EXIT.done
  },
}

/** How often the files are looked at. */
const WATCH_MS = 1_000
