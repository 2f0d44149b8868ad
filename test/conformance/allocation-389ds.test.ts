import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startDs389 } from '../../src/demo/ds389.ts'
import { describeDs389 } from '../support/here.ts'
import { DS389_MAPPING, startGateway } from '../support/gateway.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { ldapread } from '../support/ldapsearch.ts'
import { allocation } from './allocation.ts'
import { posixBlock } from './posix-subject.ts'
import { freshName, groupBody, idsOf, smallUser } from './subject.ts'

const POSIX_GROUP = 'urn:acme:PosixGroup'

// It cannot add to a number: what was read is taken out, and a higher one put in its place.
describeDs389('389 Directory Server', () => {
  allocation('counts', async () => ({ server: await startDs389(), dialect: '389ds', cost: 3 }))

  test('groups with DNs as members may have numbers, too (RFC 2307bis)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'scim2ldap-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const mapping = join(folder, 'mapping.yaml')
    writeFileSync(mapping, withNumbers(readFileSync(DS389_MAPPING, 'utf8')))
    const server = await startDs389()
    await ldapmodify(server, posixBlock('ldif counter'))
    const gateway = await startGateway(server, { mapping })
    const { body: user } = await gateway.post('/Users', smallUser())
    const team = groupBody(freshName('team'), [user])
    const { status, body } = await gateway.post('/Groups', team)
    expect([status, body[POSIX_GROUP], idsOf(body.members)]).toEqual([
      201,
      { gidNumber: 60_000 },
      [user.id],
    ])
    const dn = `cn=${team.displayName},ou=groups,${server.suffix}`
    expect((await ldapread(server, dn, ['gidNumber']))?.attributes.gidNumber).toEqual(['60000'])
    await gateway.stop()
    await server.stop()
  })
})

/** The mapping with posixGroup as an auxiliary class of groups. */
function withNumbers(mapping: string): string {
  return mapping
    .replace(
      'resources:\n',
      `schemas:
  posixGroup:
    id: ${POSIX_GROUP}
    name: PosixGroup
    attributes: { gidNumber: { type: integer, mutability: readOnly } }
resources:
`,
    )
    .replace('objectClass: [groupOfNames]', 'objectClass: [groupOfNames, posixGroup]')
    .replace(
      '      displayName: cn\n',
      `      displayName: cn
      posixGroup.gidNumber:
        ldap: gidNumber
        allocate: { counter: 'cn=posix,ou=counters,{{ suffix }}', from: 60000, to: 99999 }
`,
    )
}
