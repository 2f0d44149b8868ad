import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { dockerAnswers, startContainer } from '../../src/demo/container.ts'
import { groups, people } from '../../src/demo/people.ts'
import { docker } from '../support/docker.ts'
import { ldapsearch } from '../support/ldapsearch.ts'

const image = resolve(import.meta.dirname, '../../deploy/openldap')
const SUFFIX = 'dc=example,dc=test'

test('an OpenLDAP in a container is like one of this machine, and leaves nothing', async () => {
  expect(await dockerAnswers()).toBe(true)
  const before = await docker('ps', '--all', '--quiet')
  const some = people(SUFFIX)
  const entries = [...some, ...groups(SUFFIX, some)]
  const server = await startContainer({ image, suffix: SUFFIX, entries })
  try {
    const filter = '(memberOf=cn=Everyone,ou=groups,dc=example,dc=test)'
    expect(await ldapsearch(server, { filter })).toHaveLength(30)
  } finally {
    await server.stop()
  }
  expect(await docker('ps', '--all', '--quiet')).toBe(before)
  expect(existsSync(dirname(dirname(server.caFile)))).toBe(false)
})

test('why the container does not start is in the message', async () => {
  const [first] = people(SUFFIX, 1)
  if (first === undefined) throw new Error('nobody')
  const before = await docker('ps', '--all', '--quiet')
  await expect(startContainer({ image, suffix: SUFFIX, entries: [first, first] })).rejects.toThrow(
    'slapadd: could not add entry dn="uid=amara.okafor,ou=people,dc=example,dc=test"',
  )
  expect(await docker('ps', '--all', '--quiet')).toBe(before)
})
