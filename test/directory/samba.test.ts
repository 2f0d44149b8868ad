import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningSamba } from '../../src/demo/samba.ts'
import type { LiveDirectory } from '../../src/directory/client.ts'
import { createDirectory } from '../../src/directory/client.ts'
import { parseDn } from '../../src/ldap/dn.ts'
import { textsOf } from '../../src/ldap/entry.ts'
import { equal, TRUE } from '../../src/ldap/filter.ts'
import { describeSamba } from '../support/here.ts'
import { startSamba } from '../support/samba.ts'

const PEOPLE = 5

describeSamba('Samba', () => {
  let server: RunningSamba
  let directory: LiveDirectory
  const dn = (rdn: string, ou: string) => parseDn(`CN=${rdn},OU=${ou},${server.suffix}`)

  beforeAll(async () => {
    server = await startSamba()
    directory = createDirectory({
      urls: [server.url],
      tls: { ca: server.ca },
      bind: { kind: 'simple', dn: server.serviceDn, password: server.servicePassword },
    })
    for (let index = 0; index < PEOPLE; index++) {
      await directory.add({
        dn: dn(`p${index}`, 'People'),
        attributes: [{ name: 'objectClass', values: ['user'] }],
      })
    }
    const members = Array.from(
      { length: PEOPLE },
      (_, index) => `CN=p${index},OU=People,${server.suffix}`,
    )
    await directory.add({
      dn: dn('all', 'Groups'),
      attributes: [
        { name: 'objectClass', values: ['group'] },
        { name: 'member', values: members },
      ],
    })
  })
  afterAll(async () => {
    directory.close()
    await server.stop()
  })

  test('an attribute of which it returns a part is completed, by search and by pages', async () => {
    const search = {
      base: dn('all', 'Groups'),
      scope: 'base',
      filter: TRUE,
      attributes: ['member;range=0-1'],
    } as const
    const entries = [...(await directory.search(search)).entries]
    for await (const page of directory.pages(search, 10)) entries.push(...page)
    for (const entry of entries) {
      expect(new Set(textsOf(entry, 'member')).size).toBe(PEOPLE)
      expect([...entry.attributes.keys()]).toEqual(['member'])
    }
    expect(entries).toHaveLength(2)
  })

  test('it tells its schema, and controls without those for assertions and reading back', async () => {
    const { controls, schema } = await directory.server()
    expect(controls.has('pagedResults')).toBe(true)
    expect([controls.has('assertion'), controls.has('postRead')]).toEqual([false, false])
    expect(schema.attributeType('userAccountControl')).toMatchObject({
      singleValue: true,
      equality: undefined,
    })
  })

  test('referrals to other parts of the forest are passed over', async () => {
    const { entries } = await directory.search({
      base: parseDn(server.suffix),
      scope: 'subtree',
      filter: equal('cn', 'p1'),
      attributes: ['cn'],
    })
    expect(entries.map((entry) => textsOf(entry, 'cn'))).toEqual([['p1']])
  })
})
