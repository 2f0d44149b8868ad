#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Command } from './commands/command.ts'
import { EXIT, UsageError } from './commands/command.ts'
import { demo } from './commands/demo.ts'
import { serve } from './commands/serve.ts'
import { token } from './commands/token.ts'

const COMMANDS: ReadonlyMap<string, Command> = new Map(Object.entries({ serve, demo, token }))
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
  const command = name === undefined ? undefined : COMMANDS.get(name)
  if (command === undefined) {
    const complaint = name === undefined ? '' : `scim2ldap: there is no command "${name}"\n\n`
    process.stderr.write(complaint + usage())
    return EXIT.wrongInput
  }
  try {
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
