#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Command } from './commands/command.ts'
import { EXIT, UsageError } from './commands/command.ts'

interface Entry {
  readonly summary: string
  /** Commands are loaded one at a time: `--version` need not wait for an LDAP client. */
  load(): Promise<Command>
}

const COMMANDS: ReadonlyMap<string, Entry> = new Map([
  [
    'serve',
    {
      summary: 'run the gateway',
      load: async () => (await import('./commands/serve.ts')).serve,
    },
  ],
  [
    'demo',
    {
      summary: 'try it: a private directory with sample people, and the gateway over it',
      load: async () => (await import('./commands/demo.ts')).demo,
    },
  ],
  [
    'breaker',
    {
      summary: 'see and reset what stops mass changes',
      load: async () => (await import('./commands/breaker.ts')).breaker,
    },
  ],
  [
    'token',
    {
      summary: 'make a bearer token and the hash of it for the settings',
      load: async () => (await import('./commands/token.ts')).token,
    },
  ],
  [
    'password',
    {
      summary: 'make a password for HTTP Basic and the hash of it for the settings',
      load: async () => (await import('./commands/password.ts')).password,
    },
  ],
])
const ROOT = join(import.meta.dirname, '..')

process.exitCode = await main(process.argv.slice(2))

async function main([name, ...rest]: readonly string[]): Promise<number> {
  if (name === '--version') {
    process.stdout.write(`${version()}\n`)
    return EXIT.done
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage())
    return EXIT.done
  }
  const entry = name === undefined ? undefined : COMMANDS.get(name)
  if (entry === undefined) {
    const complaint = name === undefined ? '' : `scim2ldap: there is no command "${name}"\n\n`
    process.stderr.write(complaint + usage())
    return EXIT.wrongInput
  }
  try {
    const command = await entry.load()
    const { help, ...values } = parse(command, rest)
    if (help === true) {
      process.stdout.write(command.help)
      return EXIT.done
    }
    return await command.run(values, { root: ROOT, environment: process.env })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`scim2ldap ${name ?? ''}: ${message}\n`)
    if (!(error instanceof UsageError)) return EXIT.failed
    process.stderr.write(`"scim2ldap ${name ?? ''} --help" tells more.\n`)
    return EXIT.wrongInput
  }
}

function parse({ options }: Command, args: readonly string[]) {
  const help = { type: 'boolean', short: 'h' } as const
  try {
    return parseArgs({ args: [...args], options: { ...options, help } }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function usage(): string {
  const width = Math.max(...[...COMMANDS.keys()].map(({ length }) => length))
  const lines = [...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  return `scim2ldap ${version()}: a SCIM 2.0 to LDAP gateway

Usage: scim2ldap COMMAND [OPTIONS]

Commands:
${lines.join('\n')}

"scim2ldap COMMAND --help" tells more, "scim2ldap --version" the version alone.
`
}

function version(): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    version: string
  }
  return version
}
