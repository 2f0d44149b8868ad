import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import { startDs389 } from '../../src/demo/ds389.ts'
import { describeDs389 } from '../support/here.ts'
import type { Json, TestGateway } from '../support/gateway.ts'
import { DS389_MAPPING, OPENLDAP_MAPPING, startGateway } from '../support/gateway.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { ldapread } from '../support/ldapsearch.ts'
import { startOpenLdap } from '../support/openldap.ts'
import { filtered, patchOf, smallUser } from './subject.ts'

const EXTENSION = 'urn:example:flags'

/** A shipped mapping with two flags in an integer that the directory knows. */
function withFlags(shipped: string): string {
  const schema = [
    'schemas:',
    `  x: { id: '${EXTENSION}', name: Flags, attributes: { one: { type: boolean }, four: { type: boolean } } }`,
    'resources:',
  ]
  return shipped
    .replace('resources:', schema.join('\n'))
    .replace('objectClass: [inetOrgPerson]', 'objectClass: [inetOrgPerson, shadowAccount]')
    .replace(
      '      title: title\n',
      [
        '      title: title',
        '      x.one: { ldap: shadowFlag, as: { flag: 1 } }',
        '      x.four: { ldap: shadowFlag, as: { flag: 4 } }',
        '',
      ].join('\n'),
    )
}

function flagsOn(name: string, start: () => Promise<RunningDirectory>, shipped: string): void {
  describe(name, () => {
    const folder = mkdtempSync(join(tmpdir(), 'scim2ldap-'))
    let server: RunningDirectory
    let gateway: TestGateway
    beforeAll(async () => {
      server = await start()
      const mapping = join(folder, 'mapping.yaml')
      writeFileSync(mapping, withFlags(readFileSync(shipped, 'utf8')))
      gateway = await startGateway(server, { mapping })
    })
    afterAll(async () => {
      await gateway.stop()
      await server.stop()
      rmSync(folder, { recursive: true })
    })

    const dn = ({ userName }: Json) => `uid=${userName},ou=people,${server.suffix}`
    const held = async (user: Json) =>
      (await ldapread(server, dn(user)))?.attributes.shadowFlag?.[0]
    const make = async (more: Json) => {
      const answer = await gateway.post('/Users', smallUser(more))
      expect(answer.status).toBe(201)
      return answer.body
    }

    test('are found by the bits, and not where there is no integer', async () => {
      const both = await make({ [EXTENSION]: { one: true, four: true } })
      const four = await make({ [EXTENSION]: { one: false, four: true } })
      const none = await make({})
      expect(await held(both)).toBe('5')
      expect(await held(none)).toBeUndefined()
      const found = async (condition: string) => {
        const { body } = await gateway.get(filtered('/Users', `${EXTENSION}:${condition}`))
        return (body.Resources as readonly Json[]).map(({ id }) => id as string).sort()
      }
      const ids = (...users: readonly Json[]) => users.map(({ id }) => id as string).sort()
      expect(await found('one eq true')).toEqual(ids(both))
      expect(await found('one eq false')).toEqual(ids(four))
      expect(await found('four eq true')).toEqual(ids(both, four))
      expect(await found('one ne true')).toEqual(ids(four, none))
      expect(await found('one pr')).toEqual(ids(both, four))
    })

    test('lose nothing when they change at once, and leave the other bits', async () => {
      const user = await make({ [EXTENSION]: { one: false } })
      const bits = `dn: ${dn(user)}\nchangetype: modify\nreplace: shadowFlag\nshadowFlag: 64\n\n`
      await ldapmodify(server, bits)
      for (const on of [true, false, true]) {
        const answers = await Promise.all(
          ['one', 'four', 'one', 'four'].map((flag) =>
            gateway.patch(
              `/Users/${user.id}`,
              patchOf({ op: 'replace', path: `${EXTENSION}:${flag}`, value: on }),
            ),
          ),
        )
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
        expect(await held(user)).toBe(on ? '69' : '64')
      }
    })
  })
}

describe('flags', () => {
  flagsOn('OpenLDAP', () => startOpenLdap({ overlays: [] }), OPENLDAP_MAPPING)
})

describeDs389('flags', () => {
  flagsOn('389 Directory Server', () => startDs389({ plugins: [] }), DS389_MAPPING)
})
