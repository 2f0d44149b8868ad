import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { basicClients } from '../../src/http/auth/basic.ts'
import { runCli } from '../support/cli.ts'

const PACKAGE = resolve(import.meta.dirname, '../../package.json')

describe('scim2ldap', () => {
  test('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8'))
    expect(await runCli(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  test('lists its commands when asked for help', async () => {
    const { code, stdout } = await runCli(['--help'])
    expect(code).toBe(0)
    for (const command of ['serve', 'demo', 'token', 'password', 'breaker'])
      expect(stdout).toMatch(`  ${command}  `)
  })

  test.each([
    ['no command', [], 'Usage: scim2ldap COMMAND'],
    ['an unknown command', ['sevre'], 'there is no command "sevre"'],
    ['an unknown option', ['serve', '--conf', 'x'], "Unknown option '--conf'"],
    ['an argument that nobody takes', ['serve', 'gateway.yaml'], "'gateway.yaml'"],
    ['a number that is none', ['demo', '--users', 'many'], '--users must be a whole number'],
    ['a port beyond all ports', ['demo', '--port', '65536'], '--port must be a whole number'],
  ])('%s is refused with exit code 2', async (_, args, message) => {
    const { code, stdout, stderr } = await runCli(args)
    expect(stderr).toContain(message)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  test.each(['serve', 'demo', 'token', 'password', 'breaker'])(
    '%s --help shows an example',
    async (command) => {
      const { code, stdout } = await runCli([command, '--help'])
      expect(code).toBe(0)
      expect(stdout).toContain(`Usage: scim2ldap ${command}`)
      expect(stdout).toMatch(new RegExp(`Examples?:\n  scim2ldap ${command}`))
    },
  )
})

describe('token', () => {
  test('makes a token of 256 bits with its hash, another one each time', async () => {
    const [first, second] = await Promise.all([runCli(['token']), runCli(['token'])])
    const [, token = '', sha256] =
      /^token: {2}([\w-]{43})\nsha256: ([0-9a-f]{64})\n$/.exec(first.stdout) ?? []
    expect(createHash('sha256').update(token).digest('hex')).toBe(sha256)
    expect(second.stdout).not.toContain(token)
  })
})

describe('password', () => {
  test('makes a password of 192 bits with its hash', async () => {
    const { code, stdout } = await runCli(['password'])
    expect(code).toBe(0)
    const [, password = '', scrypt = ''] =
      /^password: ([\w-]{32})\nscrypt: (\S+)\n$/.exec(stdout) ?? []
    const verdictOf = basicClients([{ name: 'a', basic: { user: 'u', scrypt } }])
    const pair = Buffer.from(`u:${password}`).toString('base64')
    expect(await verdictOf(pair)).toEqual({ client: 'a' })
  })
})
