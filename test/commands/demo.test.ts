import { existsSync } from 'node:fs'
import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Cli } from '../support/cli.ts'
import { startCli } from '../support/cli.ts'

const run = promisify(execFile)

describe('demo', () => {
  let demo: Cli
  beforeAll(async () => {
    demo = startCli(['demo'])
    await demo.until(/Ctrl-C/)
  })
  afterAll(async () => {
    demo.kill('SIGKILL')
    await demo.ended
  })

  /** The command lines that it prints, which are indented and begin with a program. */
  const lines = () =>
    demo.stdout.split('\n').filter((line) => /^ {2}(curl|LDAPTLS_CACERT)/.test(line))
  const shell = async (line: string | undefined) =>
    (await run('sh', ['-ec', line ?? 'exit 1'])).stdout

  test('prints the base URL and a token', () => {
    expect(demo.stdout).toMatch(/Base URL {3}http:\/\/127\.0\.0\.1:\d+\/scim\/v2\n/)
    expect(demo.stdout).toMatch(/Token {6}[\w-]{43}\n/)
  })

  test('its command lines work as they are pasted, one after the other', async () => {
    expect(lines()).toHaveLength(4)
    const [find, create, list, search] = lines()
    expect(JSON.parse(await shell(find))).toMatchObject({
      totalResults: 1,
      Resources: [
        {
          userName: 'amara.okafor',
          externalId: '00u000001',
          timezone: 'Europe/London',
          groups: [{ display: 'Everyone' }, {}],
        },
      ],
    })
    expect(JSON.parse(await shell(create))).toMatchObject({
      userName: 'ada.lovelace',
      externalId: '00u1815',
      emails: [{ type: 'work' }, { type: 'home', value: 'ada@example.net' }],
    })
    expect(JSON.parse(await shell(list))).toMatchObject({ totalResults: 6 })
    const entry = await shell(search)
    expect(entry).toContain('mail: ada.lovelace@example.com\n')
    expect(entry).toContain('scimEmail: {"type":"home","value":"ada@example.net"}\n')
  })

  test('Ctrl-C ends everything and removes every file', async () => {
    const folder = dirname(dirname(/LDAPTLS_CACERT=(\S+)/.exec(demo.stdout)?.[1] ?? ''))
    const url = /Base URL +(\S+)/.exec(demo.stdout)?.[1] ?? ''
    expect(existsSync(folder)).toBe(true)
    demo.kill('SIGINT')
    expect(await demo.ended).toBe(0)
    expect(existsSync(folder)).toBe(false)
    await expect(fetch(url)).rejects.toThrow('fetch failed')
    const said = demo.stderr.trim().split('\n')
    expect(said.filter((line) => !line.includes('"stream":"audit"'))).toEqual([])
  })
})

test('demo --json prints one line when everything is up, with as many users as wanted', async () => {
  const demo = startCli(['demo', '--json', '--users', '250'])
  onTestFinished(() => demo.kill('SIGTERM'))
  const [line] = await demo.until(/^.*\n/)
  const { url, token, ldapUrl, bindDn, bindPassword, suffix, ...rest } = JSON.parse(line)
  expect(rest).toEqual({})
  const authorization = `Bearer ${token}`
  const response = await fetch(`${url}/Users?count=0`, { headers: { authorization } })
  expect(await response.json()).toMatchObject({ totalResults: 250 })
  const search = ['-x', '-LLL', '-H', ldapUrl, '-D', bindDn, '-w', bindPassword, '-b', suffix]
  const { stdout } = await run('ldapsearch', [...search, '(uid=amara.okafor)', 'mail'])
  expect(stdout).toContain('mail: amara.okafor@example.com')
  // What the directory refuses is a line of the log, and that is not on standard output.
  const refused = { userName: 'x', name: { familyName: 'X' }, password: 'short' }
  const { status } = await fetch(`${url}/Users`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/scim+json' },
    body: JSON.stringify(refused),
  })
  expect(status).toBe(400)
  demo.kill('SIGTERM')
  expect(await demo.ended).toBe(0)
  expect(demo.stdout).toBe(line)
  expect(demo.stderr).toContain('the directory refused')
})
