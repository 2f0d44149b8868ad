import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { newScryptHash } from '../http/auth/basic.ts'
import type { Command } from './command.ts'
import { EXIT, UsageError } from './command.ts'

export const password: Command = {
  help: `Usage: scim2ldap password [--stdin]

Makes a password of 192 random bits for a client that can do nothing better than HTTP Basic. The
password goes to the client and is shown only now; its hash goes to gateway.yaml, under
clients[].basic.scrypt.

Options:
  --stdin   hash the password that comes on standard input, up to the end of its first line

Example:
  scim2ldap password
`,
  options: { stdin: { type: 'boolean' } },
  run: async ({ stdin }) => {
    const given = stdin === true ? await firstLine() : undefined
    const password = given ?? randomBytes(24).toString('base64url')
    const told = given === undefined ? `password: ${password}\n` : ''
    process.stdout.write(`${told}scrypt: ${await newScryptHash(password)}\n`)
    return EXIT.done
  },
}

async function firstLine(): Promise<string> {
  const [line = ''] = (await text(process.stdin)).split(/\r?\n/)
  if (line === '') throw new UsageError('--stdin needs a password on standard input')
  return line
}
