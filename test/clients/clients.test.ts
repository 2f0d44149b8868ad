import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunningOpenLdap } from '../../src/demo/openldap.ts'
import type { Profile, QuirkName } from '../../src/scim/client-quirks.ts'
import { QUIRKS } from '../../src/scim/client-quirks.ts'
import { startGateway } from '../support/gateway.ts'
import { LDAP_SCHEMA_FOLDER } from '../support/ldap-schema.ts'
import { ldapsearch } from '../support/ldapsearch.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { SHIPPED_MAPPINGS } from '../support/rules.ts'
import type { Conversation, Exchange } from './conversation.ts'
import { exchangesOf, recordedConversations } from './conversation.ts'
import { Replay, tokenOf } from './replay.ts'

const run = promisify(execFile)

/** The mapping that has a home for all that clients send. */
const MAPPING = join(SHIPPED_MAPPINGS, 'openldap-scim.yaml')

const PROFILES: readonly Profile[] = ['lenient', 'strict', 'entra', 'okta']
const CLIENTS = PROFILES.map((profile) => ({
  name: profile,
  profile,
  tokens: [{ sha256: createHash('sha256').update(tokenOf(profile)).digest('hex') }],
}))

const CONVERSATIONS = recordedConversations()

describe('recorded conversations', () => {
  let server: RunningOpenLdap
  beforeAll(async () => {
    server = await startOpenLdap({ schema: join(LDAP_SCHEMA_FOLDER, 'scim2ldap.schema') })
  })
  afterAll(() => server.stop())

  /** Over an empty directory. */
  async function replaying(
    conversation: Conversation,
    play: (replay: Replay) => Promise<void>,
  ): Promise<void> {
    const gateway = await startGateway(server, { mapping: MAPPING, clients: CLIENTS })
    const replay = new Replay(conversation, gateway, server)
    try {
      await play(replay)
    } finally {
      replay.close()
      await gateway.stop()
      await emptied(server)
    }
  }

  describe.each(CONVERSATIONS)('$file: $client', (conversation) => {
    test.each(conversation.profiles)('passes as %s', async (profile) => {
      await replaying(conversation, (replay) => replay.play(profile))
    })
  })

  describe('a deviation that is tolerated', () => {
    test.each(Object.keys(QUIRKS) as QuirkName[])(
      '%s is recorded, and refused by "strict"',
      async (quirk) => {
        const [conversation, exchange] = recordingOf(quirk)
        await replaying(conversation, async (replay) => {
          await replay.play(conversation.profiles[0] ?? 'lenient', exchange)
          const { status, body } = await replay.send(exchange, tokenOf('strict'))
          expect({ status, scimType: body?.scimType }, exchange.name).toEqual({
            status: 400,
            scimType: QUIRKS[quirk].refusal,
          })
        })
      },
    )
  })
})

/**
 * An exchange that deviates by this alone, so that its refusal says so: in its body if there is one
 * such, for in a filter everything is refused as invalidFilter.
 */
function recordingOf(quirk: QuirkName): readonly [Conversation, Exchange] {
  const recordings = CONVERSATIONS.flatMap((conversation) =>
    exchangesOf(conversation)
      .filter(({ quirks = [] }) => quirks.length === 1 && quirks[0] === quirk)
      .map((exchange) => [conversation, exchange] as const),
  )
  const inBody = recordings.find(([, { request }]) => request.body !== undefined)
  const [recording = inBody] = recordings
  if (recording === undefined) throw new Error(`no recorded request deviates by ${quirk} alone`)
  return inBody ?? recording
}

/** Removes every user and group. */
async function emptied(server: RunningOpenLdap): Promise<void> {
  const entries = await Promise.all(
    ['people', 'groups'].map((ou) =>
      ldapsearch(server, { base: `ou=${ou},${server.suffix}`, scope: 'one', attributes: ['1.1'] }),
    ),
  )
  const dns = entries.flat().map(({ dn }) => dn)
  if (dns.length === 0) return
  const identity = ['-x', '-H', server.url, '-D', server.adminDn, '-w', server.adminPassword]
  const env = { ...process.env, LDAPTLS_CACERT: server.caFile }
  await run('ldapdelete', [...identity, ...dns], { env })
}
