import { createHash, randomBytes } from 'node:crypto'
import type { Command } from './command.ts'
import { EXIT } from './command.ts'

/** A bearer token of 256 random bits, and what the settings keep of it. */
export function newToken(): { readonly token: string; readonly sha256: string } {
  const token = randomBytes(32).toString('base64url')
  return { token, sha256: createHash('sha256').update(token).digest('hex') }
}

export const token: Command = {
  help: `Usage: scim2ldap token

Makes a bearer token of 256 random bits. The token goes to the identity provider and is shown only
now; its hash goes to gateway.yaml, under clients[].tokens[].sha256.

Example:
  scim2ldap token

The hash of a token that you have already:
  printf %s "$TOKEN" | sha256sum
`,
  options: {},
  run: () => {
    const { token, sha256 } = newToken()
    process.stdout.write(`token:  ${token}\nsha256: ${sha256}\n`)
    return Promise.resolve(EXIT.done)
  },
}
