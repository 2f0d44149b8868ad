import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Cli } from '../support/cli.ts'
import { runCli, startCli } from '../support/cli.ts'
import { hasDs389 } from '../support/ds389.ts'
import { hasSamba } from '../support/samba.ts'

const run = promisify(execFile)

/** A domain takes ten seconds of a processor, which others may want as well. */
const PATIENCE = 240_000 // ms

/** What is seen of two people, and what the demo says while it starts. */
interface Case {
  readonly directory: string
  readonly here: boolean
  /** Who is there, and has a group. */
  readonly amara: object
  /** Finds who is there. */
  readonly filter: string
  /** Who is made by the second command line, as a resource and as lines of LDIF. */
  readonly ada: object
  readonly ldif: readonly string[]
  readonly says: string
}

const EVERYTHING: Omit<Case, 'directory' | 'here'> = {
  amara: { userName: 'amara.okafor', externalId: '00u000001', timezone: 'Europe/London' },
  filter: '(uid=amara.okafor)',
  ada: {
    userName: 'ada.lovelace',
    externalId: '00u1815',
    emails: [{ type: 'work' }, { type: 'home', value: 'ada@example.net' }],
  },
  ldif: [
    'mail: ada.lovelace@example.com\n',
    'scimEmail: {"type":"home","value":"ada@example.net"}\n',
  ],
  says: '',
}

const CASES: readonly Case[] = [
  { ...EVERYTHING, directory: 'openldap', here: true },
  { ...EVERYTHING, directory: '389ds', here: await hasDs389() },
  {
    directory: 'active-directory',
    here: await hasSamba(),
    amara: { userName: 'amara.okafor@corp.example.test', externalId: '00u000001' },
    filter: '(sAMAccountName=amara.okafor)',
    ada: {
      userName: 'ada.lovelace@corp.example.test',
      externalId: '00u1815',
      emails: [{ type: 'work' }],
    },
    ldif: ['mail: ada.lovelace@example.com\n', 'sAMAccountName: ada.lovelace\n'],
    says: 'Making an Active Directory domain, which takes some ten seconds.\n',
  },
]
const HERE = CASES.filter(({ here }) => here)

/** A demo whose temporary files are in a folder of their own, which is given along. */
async function startDemo(args: readonly string[]): Promise<{ demo: Cli; parent: string }> {
  const parent = await mkdtemp(join(tmpdir(), 'scim2ldap-test-'))
  return { demo: startCli(['demo', ...args], { TMPDIR: parent }), parent }
}

/** The processes in whose command line a folder is. */
async function processesOf(folder: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''))
  return (await Promise.all(lines)).filter((line) => line.includes(folder))
}

async function expectNothingLeft(parent: string): Promise<void> {
  expect(await readdir(parent)).toEqual([])
  // Who watches over the server ends when it hears that there is nothing to watch over.
  await vi.waitFor(async () => expect(await processesOf(parent)).toEqual([]))
}

describe.each(HERE)('demo --directory $directory', ({ directory, amara, ada, ldif, says }) => {
  let demo: Cli
  let parent: string
  beforeAll(async () => {
    ;({ demo, parent } = await startDemo(['--directory', directory]))
    await demo.until(/Ctrl-C/)
  }, PATIENCE)
  afterAll(async () => {
    demo.kill('SIGKILL')
    await demo.ended
    await rm(parent, { recursive: true, force: true })
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
      Resources: [{ ...amara, groups: [{ display: 'Everyone' }, {}] }],
    })
    expect(JSON.parse(await shell(create))).toMatchObject(ada)
    expect(JSON.parse(await shell(list))).toMatchObject({ totalResults: 6 })
    const entry = await shell(search)
    for (const line of ldif) expect(entry).toContain(line)
  })

  test('Ctrl-C ends everything and removes every file', async () => {
    const url = /Base URL +(\S+)/.exec(demo.stdout)?.[1] ?? ''
    expect(await processesOf(parent)).not.toEqual([])
    demo.kill('SIGINT')
    expect(await demo.ended).toBe(0)
    await expectNothingLeft(parent)
    await expect(fetch(url)).rejects.toThrow('fetch failed')
    const said = demo.stderr.split('\n').filter((line) => !line.includes('"stream":"audit"'))
    expect(said.join('\n')).toBe(says)
  })
})

test.each(HERE)(
  'an end that comes while $directory is started is clean as well',
  async ({ directory }) => {
    const { demo, parent } = await startDemo(['--directory', directory, '--users', '5000'])
    onTestFinished(async () => {
      demo.kill('SIGKILL')
      await rm(parent, { recursive: true, force: true })
    })
    // A program that makes the directory, or loads the people, is at work.
    await vi.waitFor(async () => expect(await processesOf(parent)).not.toEqual([]), {
      timeout: 20_000,
      interval: 20,
    })
    demo.kill('SIGTERM')
    expect(await demo.ended).toBe(0)
    expect(demo.stdout).toBe('')
    await expectNothingLeft(parent)
  },
  PATIENCE,
)

test('a directory that there is not is refused, with the nearest name', async () => {
  const { code, stderr } = await runCli(['demo', '--directory', 'openlap'])
  expect(code).toBe(2)
  expect(stderr).toContain(
    '--directory cannot be "openlap"; there is openldap, active-directory, 389ds; did you mean "openldap"?',
  )
})

// Only root can become somebody else; whoever runs this as somebody else sees the sentences anyway.
describe.runIf(process.getuid?.() === 0)('to a user who is not root', () => {
  test.each(HERE.filter(({ directory }) => directory !== 'openldap'))(
    '$directory says in one sentence that it needs root',
    async ({ directory }) => {
      const code = `
        import { PRODUCTS } from ${JSON.stringify(join(import.meta.dirname, '../../src/demo/products.ts'))}
        process.setuid('nobody')
        const signal = new AbortController().signal
        await PRODUCTS.get(${JSON.stringify(directory)})
          .start({ root: '.', entries: [], say: console.log, signal })
          .catch((error) => console.log(error.message))`
      const { stdout } = await run(process.execPath, [
        '--input-type=module-typescript',
        '--eval',
        code,
      ])
      expect(stdout).toMatch(/^[\w ]+ needs root: [^\n]+\n$/)
    },
  )
})

test.each(HERE)(
  'demo --directory $directory --json prints one line when everything is up, with as many users as wanted',
  async ({ directory, filter }) => {
    const demo = startCli(['demo', '--directory', directory, '--json', '--users', '250'])
    onTestFinished(() => demo.kill('SIGTERM'))
    const [line] = await demo.until(/^\{.*\n/)
    const { url, token, ldapUrl, bindDn, bindPassword, suffix, ...rest } = JSON.parse(line)
    expect(rest).toEqual({})
    const authorization = `Bearer ${token}`
    const response = await fetch(`${url}/Users?count=0`, { headers: { authorization } })
    expect(await response.json()).toMatchObject({ totalResults: 250 })
    const search = ['-x', '-LLL', '-H', ldapUrl, '-D', bindDn, '-w', bindPassword, '-b', suffix]
    const { stdout } = await run('ldapsearch', [...search, filter, 'mail'])
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
  },
  PATIENCE,
)
