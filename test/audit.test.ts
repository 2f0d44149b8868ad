import { readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openAuditTrail } from '../src/audit.ts'
import type { RunningDirectory } from '../src/demo/directory.ts'
import { createLog } from '../src/log.ts'
import { folderWith } from './support/folder.ts'
import type { GatewayOptions, Json, TestGateway } from './support/gateway.ts'
import { startGateway } from './support/gateway.ts'
import { startOpenLdap } from './support/openldap.ts'

const SUFFIX = 'dc=example,dc=test'
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest'
const PASSWORD = 'correct horse battery staple'

let directory: RunningDirectory
let gateway: TestGateway
beforeAll(async () => {
  directory = await startOpenLdap({ suffix: SUFFIX })
})
afterEach(() => gateway.stop())
afterAll(() => directory.stop())

const begin = async (options: GatewayOptions = {}) => {
  gateway = await startGateway(directory, options)
  return gateway
}
const records = () => gateway.log.filter(({ stream }) => stream === 'audit')
const user = (userName: string, more: Json = {}) => ({
  schemas: [USER],
  userName,
  name: { familyName: 'Example' },
  ...more,
})
const patchOf = (...Operations: Json[]) => ({ schemas: [PATCH_OP], Operations })

describe('the record of a write', () => {
  test('says who did what to which entry, with LDIF and without the password', async () => {
    const { post } = await begin()
    const title = 'Head of Trails'
    const { body, headers } = await post('/Users', user('trail', { password: PASSWORD, title }))
    const dn = `uid=trail,ou=people,${SUFFIX}`
    const [record, ...others] = records()
    expect(others).toEqual([])
    expect(record).toMatchObject({
      endpoint: '/scim/v2',
      requestId: headers.get('x-request-id'),
      client: 'tests',
      operation: 'create',
      resourceType: 'User',
      id: body.id,
      status: 201,
      msg: 'write',
    })
    expect((record?.changes as Json[]).map(({ operation, result }) => [operation, result])).toEqual(
      [
        ['add', 'success'],
        ['password', 'success'],
      ],
    )
    const [add, password] = record?.changes as Json[]
    expect(add.dn).toBe(dn)
    expect(add.attributes).toEqual(expect.arrayContaining(['uid', 'sn', 'title']))
    expect(add.ldif).toMatch(new RegExp(`^dn: ${dn}\nchangetype: add\n(.*\n)*title: ${title}\n`))
    expect(password.ldif).toBe(`dn: ${dn}\n# password modify operation (RFC 3062)\n`)
    expect(JSON.stringify(gateway.log)).not.toContain(PASSWORD)
  })

  test('has the DN before and after a rename, and each step', async () => {
    const { post, patch } = await begin()
    const { body } = await post('/Users', user('before'))
    await patch(
      `/Users/${body.id}`,
      patchOf({ op: 'replace', value: { userName: 'after', title: 'Renamed' } }),
    )
    const record = records().at(-1)
    expect(record).toMatchObject({ operation: 'patch', id: body.id, status: 200 })
    expect(record?.changes).toMatchObject([
      {
        operation: 'rename',
        dn: `uid=before,ou=people,${SUFFIX}`,
        newDn: `uid=after,ou=people,${SUFFIX}`,
        result: 'success',
      },
      { operation: 'modify', attributes: ['title'], result: 'success' },
    ])
  })

  test('tells what was refused, by the gateway or by the directory', async () => {
    const { post, delete: remove } = await begin()
    await post('/Users', user('taken'))
    await post('/Users', user('taken'))
    expect(records().at(-1)).toMatchObject({
      operation: 'create',
      status: 409,
      scimType: 'uniqueness',
      changes: [],
    })
    await remove('/Users/00000000-0000-4000-8000-000000000000')
    expect(records().at(-1)).toMatchObject({ operation: 'delete', status: 404, changes: [] })
    await post('/Users', user('weak', { password: 'weak' }))
    expect(records().at(-1)).toMatchObject({
      status: 400,
      changes: [
        { operation: 'add', result: 'success' },
        { operation: 'password', result: 'constraintViolation' },
        { operation: 'delete', result: 'success' },
      ],
    })
  })

  test('is one for each operation of a bulk request, and none for reads', async () => {
    const { post, get } = await begin()
    const operation = (userName: string, index: number) => ({
      method: 'POST',
      path: '/Users',
      bulkId: String(index),
      data: user(userName),
    })
    await post('/Bulk', { schemas: [BULK], Operations: ['one', 'two', 'one'].map(operation) })
    expect(records().map(({ status }) => status)).toEqual([201, 201, 409])
    expect(new Set(records().map(({ requestId }) => requestId as string)).size).toBe(1)
    await get('/Users')
    expect(records()).toHaveLength(3)
  })

  test('has names and no values where no LDIF is wanted', async () => {
    const { post } = await begin({ audit: { ldif: false } })
    await post('/Users', user('nameless', { title: 'Never Told' }))
    expect(records()).toHaveLength(1)
    expect(records()[0]?.changes[0].attributes).toContain('title')
    expect(JSON.stringify(gateway.log)).not.toContain('Never Told')
  })

  test('tells a long value by its hash', async () => {
    const { post } = await begin()
    await post('/Users', user('long', { title: 'x'.repeat(2000) }))
    expect(records()[0]?.changes[0].ldif).toMatch(/^# title: 2000 octets, SHA-256 [0-9a-f]{64}$/m)
  })
})

describe('a file', () => {
  const at = async (file: string) =>
    (await readFile(file, 'utf8'))
      .trim()
      .split('\n')
      .map((line): Json => JSON.parse(line))

  test('takes the records instead of the log, for its owner alone', async () => {
    const file = join(folderWith({}), 'audit.jsonl')
    const { post } = await begin({ audit: { file, ldif: true } })
    await post('/Users', user('filed'))
    expect(records()).toEqual([])
    expect(await at(file)).toMatchObject([{ operation: 'create', status: 201, client: 'tests' }])
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  test('is begun anew once the old one was renamed', async () => {
    const file = join(folderWith({}), 'audit.jsonl')
    const log = createLog('info', { write: () => {} })
    const trail = openAuditTrail({ file, ldif: true }, log)
    const record = (id: string) => {
      const what = {
        requestId: 'r',
        client: 'c',
        operation: 'delete',
        resourceType: 'User',
      } as const
      trail.take('/', { ...what, id, status: 204, scimType: undefined, writes: [] }, new Set())
    }
    record('1')
    await rename(file, `${file}.1`)
    record('2')
    trail.reopen()
    record('3')
    expect((await at(`${file}.1`)).map(({ id }) => id)).toEqual(['1', '2'])
    expect((await at(file)).map(({ id }) => id)).toEqual(['3'])
  })

  test('that cannot be opened keeps the gateway from starting', async () => {
    const file = join(folderWith({}), 'missing', 'audit.jsonl')
    await begin()
    await expect(startGateway(directory, { audit: { file, ldif: true } })).rejects.toThrow('ENOENT')
  })
})
