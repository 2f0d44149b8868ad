import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { RunningDirectory } from '../../src/demo/directory.ts'
import { freshName, groupBody, idsOf, patchOf, smallUser } from '../conformance/subject.ts'
import type { Json, TestGateway } from '../support/gateway.ts'
import { startGateway } from '../support/gateway.ts'
import { ldapmodify } from '../support/ldapmodify.ts'
import { ldapsearch } from '../support/ldapsearch.ts'
import type { Moment, Proxy } from '../support/proxy.ts'
import { startProxy } from '../support/proxy.ts'
import type { FaultSubject } from './subject.ts'

/** Of three kinds of characters, as Active Directory wants it. */
const PASSWORD = 'Correct horse battery 1'
const MOMENTS: readonly Moment[] = ['unsent', 'racing', 'unanswered']

/** What holds of writes whose answer is lost, on every directory. */
export function losesNoWrite(subject: FaultSubject): void {
  const { mapping } = subject
  let server: RunningDirectory
  let proxy: Proxy
  let gateway: TestGateway

  const lines: Json[] = []

  beforeAll(async () => {
    server = await subject.start()
    proxy = await startProxy(server.url, 0, server.ca)
  })
  afterAll(async () => {
    await proxy.stop()
    await server.stop()
  })

  // One that loses young connections again and again takes its time for the next.
  beforeEach(async () => {
    gateway = await startGateway(server, {
      mapping,
      directory: { urls: [`ldap://127.0.0.1:${proxy.port}`], operationTimeoutMs: 2_000 },
    })
  })
  afterEach(async () => {
    lines.push(...gateway.log.filter(({ msg }) => msg === 'the answer to a write was lost'))
    await gateway.stop()
  })

  describe.each(MOMENTS)('a connection that is cut (%s)', (moment) => {
    test('around an add: the user is there, once', async () => {
      const body = smallUser()
      proxy.cutAt('add', moment)
      expect(await gateway.post('/Users', body)).toMatchObject({
        status: 201,
        body: { userName: body.userName, name: body.name },
      })
      expect(await countOf('/Users', `userName eq "${body.userName}"`)).toBe(1)
      expect(await gateway.post('/Users', body)).toMatchObject({
        status: 409,
        body: { scimType: 'uniqueness' },
      })
    })

    test('around the password of a new user: it is set', async () => {
      const body = smallUser({ password: PASSWORD })
      proxy.cutAt(subject.passwordFollows ? 'extended' : 'add', moment)
      expect(await gateway.post('/Users', body)).toMatchObject({ status: 201 })
      const dn = subject.userDn(server.suffix, body.userName as string)
      const asUser = { ...server, adminDn: dn, adminPassword: body.password }
      expect(await ldapsearch(asUser, { base: dn, scope: 'base' })).toHaveLength(1)
    })

    test('around a modify: the user is changed', async () => {
      const { id } = await make('/Users', smallUser({ title: 'Clerk', displayName: 'One' }))
      proxy.cutAt('modify', moment)
      const change = patchOf(
        { op: 'replace', path: 'title', value: 'Head' },
        { op: 'remove', path: 'displayName' },
        { op: 'add', path: 'phoneNumbers', value: [{ type: 'fax', value: '+1 555 0100' }] },
      )
      const { status, body } = await gateway.patch(`/Users/${id}`, change)
      expect(status).toBe(200)
      expect(body).toMatchObject({ title: 'Head', phoneNumbers: [{ value: '+1 555 0100' }] })
      expect(body.displayName).toBeUndefined()
    })

    test('around a modify that replaces what cannot be compared, or switches the account off', async () => {
      const fax = (value: string) => [{ type: 'fax', value }]
      const user = smallUser({ phoneNumbers: fax('+1 555 0101') })
      const { id } = await make('/Users', user)
      proxy.cutAt('modify', moment)
      const changed = { ...user, phoneNumbers: fax('+1 555 0102'), active: false }
      expect(await gateway.put(`/Users/${id}`, changed)).toMatchObject({
        status: 200,
        body: { active: false, phoneNumbers: fax('+1 555 0102') },
      })
    })

    test('around a modify under If-Match: that is no conflict', async () => {
      const { id, meta } = await make('/Users', smallUser())
      proxy.cutAt('modify', moment)
      const change = patchOf({ op: 'add', path: 'title', value: 'Head' })
      const answer = await gateway.patch(`/Users/${id}`, change, { 'if-match': meta.version })
      expect(answer).toMatchObject({ status: 200, body: { title: 'Head' } })
    })

    test('around a change of members: they have come and gone', async () => {
      const [stays, goes, comes] = [await makeUser(), await makeUser(), await makeUser()]
      const { id } = await make('/Groups', groupBody(freshName('group'), [stays, goes]))
      proxy.cutAt('modify', moment)
      const change = patchOf(
        { op: 'add', path: 'members', value: [{ value: comes.id }] },
        { op: 'remove', path: `members[value eq "${goes.id}"]` },
      )
      expect(await gateway.patch(`/Groups/${id}`, change)).toMatchObject({ status: 204 })
      const { body } = await gateway.get(`/Groups/${id}`)
      expect(idsOf(body.members)).toEqual([stays.id, comes.id].sort())
    })

    test('around a rename: the name is the new one, the id the old one', async () => {
      const user = smallUser()
      const { id } = await make('/Users', user)
      const userName = freshName('renamed')
      proxy.cutAt('rename', moment)
      const answer = await gateway.put(`/Users/${id}`, { ...user, userName })
      expect(answer).toMatchObject({ status: 200, body: { id, userName } })
      expect(await countOf('/Users', `userName eq "${user.userName}"`)).toBe(0)
    })

    test('around a delete: the user is gone', async () => {
      const { id } = await makeUser()
      proxy.cutAt('delete', moment)
      expect(await gateway.delete(`/Users/${id}`)).toMatchObject({ status: 204 })
      expect(await gateway.get(`/Users/${id}`)).toMatchObject({ status: 404 })
    })

    test('around an operation in bulk: its result is the same', async () => {
      proxy.cutAt('add', moment)
      const answer = await gateway.post('/Bulk', {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
        Operations: [{ method: 'POST', path: '/Users', bulkId: 'a', data: smallUser() }],
      })
      expect(answer.body.Operations).toMatchObject([{ status: '201' }])
    })
  })

  test('an entry of that name with other values is somebody else’s: 409', async () => {
    const displayName = freshName('group')
    const dn = subject.groupDn(server.suffix, displayName)
    const ldif = subject.groupLdif(server)
    await ldapmodify(server, `dn: ${dn}\nchangetype: add\ncn: ${displayName}\n${ldif}`)
    proxy.cutAt('add', 'unanswered')
    const member = await makeUser()
    expect(await gateway.post('/Groups', groupBody(displayName, [member]))).toMatchObject({
      status: 409,
      body: { scimType: 'uniqueness' },
    })
  })

  test('a directory that answers nothing more: 503 with Retry-After; the next try finds it done', async () => {
    const { id } = await makeUser()
    const title = freshName('title')
    const change = patchOf({ op: 'add', path: 'title', value: title })
    proxy.freezeAt('modify')
    const answer = await gateway.patch(`/Users/${id}`, change)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
    proxy.flow()
    const { body } = await gateway.get(`/Users/${id}`)
    expect(body.title).toBe(title)
    const again = await gateway.patch(`/Users/${id}`, change)
    expect(again).toMatchObject({
      status: 200,
      body: { title, meta: { version: body.meta.version } },
    })
  })

  // Where the password goes in the add there is no operation of its own that could be lost.
  test.runIf(subject.passwordFollows)(
    'a password that is not answered, when the user cannot be removed again either: 503 that says so',
    async () => {
      proxy.freezeAt('extended')
      const answer = await gateway.post('/Users', smallUser({ password: PASSWORD }))
      expect(answer).toMatchObject({
        status: 503,
        body: { detail: expect.stringContaining('carried out in part: the add of uid=') as string },
      })
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
      proxy.cut()
      proxy.flow()
    },
  )

  test('each lost answer is told in the log with what became of it, without values', () => {
    const steps = ['add', 'modify', 'rename', 'delete']
    for (const step of subject.passwordFollows ? [...steps, 'password'] : steps) {
      expect(lines.filter((line) => line.step === step).length, step).toBeGreaterThan(1)
    }
    expect(lines.some(({ done }) => done === true)).toBe(true)
    expect(lines.some(({ done }) => done === false)).toBe(true)
    expect(JSON.stringify(lines)).not.toContain(PASSWORD)
  })

  async function make(endpoint: string, body: Json): Promise<Json> {
    const answer = await gateway.post(endpoint, body)
    expect(answer).toMatchObject({ status: 201 })
    return answer.body
  }

  function makeUser(): Promise<Json> {
    return make('/Users', smallUser())
  }

  async function countOf(endpoint: string, filter: string): Promise<number> {
    const { body } = await gateway.get(`${endpoint}?filter=${encodeURIComponent(filter)}`)
    return body.totalResults
  }
}
