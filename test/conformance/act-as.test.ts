import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import { startDs389 } from '../../src/demo/ds389.ts'
import { describeDs389, describeSamba } from '../support/here.ts'
import { DS389_MAPPING, OPENLDAP_MAPPING, startGateway } from '../support/gateway.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { blockOf } from '../support/docs.ts'
import { startSamba } from '../support/samba.ts'
import { actsForClients } from './act-as.ts'
import { smallUser } from './subject.ts'

/** The lines of an example in docs/clients.md, for this suffix. */
function documented(block: string, suffix: string): readonly string[] {
  const text = blockOf('docs/clients.md', `ldif ${block}`)
  return text.replaceAll('dc=corp,dc=example', suffix).trimEnd().split('\n')
}

describe('OpenLDAP', () =>
  actsForClients({
    mapping: OPENLDAP_MAPPING,
    start: startOpenLdap,
    accessLdif: ({ suffix }) => {
      const dn = (name: string) => `cn=${name},${suffix}`
      const secret = `dn.subtree=${suffix} filter=(|(title=secret)(description=secret))`
      return [
        ...documented('acts-openldap', suffix),
        `authzTo: dn.exact:${dn('narrow')}`,
        '\ndn: olcDatabase={2}mdb,cn=config\nchangetype: modify\nadd: olcAccess',
        `olcAccess: {0}to * by dn.exact=${dn('writer')} write by * break`,
        `olcAccess: {1}to ${secret} by dn.exact=${dn('narrow')} none by * break\n`,
      ].join('\n')
    },
    notes: 'identity',
    stranger: { actAs: 'dn:cn=stranger,dc=example,dc=test', result: 'authorizationDenied' },
  }))

describeDs389('389 Directory Server', () => {
  const aci = (text: string) => `aci: (targetattr="*")(version 3.0; acl ${text};)`

  actsForClients({
    mapping: DS389_MAPPING,
    start: startDs389,
    accessLdif: ({ suffix }) => {
      const user = (name: string) => `userdn="ldap:///cn=${name},${suffix}"`
      return [
        ...documented('acts-389ds', suffix),
        aci(`"writes"; allow (all) ${user('writer')}`),
        aci(`"narrow"; deny (all) ${user('narrow')}`).replace(
          ')(',
          ')(targetfilter="(|(title=secret)(description=secret))")(',
        ),
        '',
      ].join('\n')
    },
    notes: 'account',
    // It knows DNs alone.
    stranger: { actAs: 'u:stranger', result: 'unavailableCriticalExtension' },
  })

  test('without the right to act it shows nothing, and the log says at whom to look', async () => {
    const server = await startDs389()
    const actAs = `dn:cn=reader,${server.suffix}`
    const gateway = await startGateway(server, { mapping: DS389_MAPPING, client: { actAs } })
    try {
      expect(await gateway.get('/Users')).toMatchObject({ status: 200, body: { totalResults: 0 } })
      expect(await gateway.post('/Users', smallUser())).toMatchObject({ status: 403 })
      const said = gateway.log.find(({ client }) => client === 'tests')
      expect(said).toMatchObject({
        msg: 'whom a client acts as sees nothing of the suffix',
        actAs,
        result: 'success',
      })
    } finally {
      await gateway.stop()
      await server.stop()
    }
  })
})

describeSamba('Samba', () => {
  let server: RunningDirectory
  beforeAll(async () => {
    server = await startSamba()
  })
  afterAll(() => server.stop())

  test('does not offer it, and is not used: others’ rights would count', async () => {
    const gateway = await startGateway(server, {
      client: { actAs: `dn:${server.adminDn}` },
      directory: { connectTimeoutMs: 500 },
      untilReady: false,
    })
    try {
      await vi.waitFor(() =>
        expect(gateway.log.map(({ reason }) => reason as unknown)).toContain(
          `${server.url}: the server does not offer proxied authorization (RFC 4370), which "actAs" of client tests needs`,
        ),
      )
      expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(503)
      const answer = await gateway.get('/Users?count=1')
      expect(answer.status).toBe(503)
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
    } finally {
      await gateway.stop()
    }
  })
})
