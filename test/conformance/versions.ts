import { expect, it } from 'vitest'
import { expectError, makeGroup, makeUser, patchOf, smallUser } from './subject.ts'
import type { SubjectOf } from './subject.ts'

const title = (value: string) => patchOf({ op: 'replace', path: 'title', value })

/** Entity tags and conditions (RFC 7644 §3.14, RFC 9110 §13). */
export function versions(subjectOf: SubjectOf): void {
  it('a resource that has not changed is 304 for who has its version', async () => {
    const subject = subjectOf()
    const { gateway } = subject
    const user = await makeUser(subject)
    const path = `/Users/${user.id}`
    const { headers } = await gateway.get(path)
    const version = headers.get('etag') ?? ''
    expect(version).toBe(user.meta.version)
    const unchanged = await gateway.get(path, { 'if-none-match': `"other", ${version}` })
    expect([unchanged.status, unchanged.body, unchanged.headers.get('etag')]).toEqual([
      304,
      undefined,
      version,
    ])
    expect((await gateway.get(path, { 'if-none-match': 'W/"other"' })).status).toBe(200)
    const { body: changed } = await gateway.patch(path, title('changed'))
    expect(changed.meta.version).not.toBe(version)
    expect((await gateway.get(path, { 'if-none-match': version })).status).toBe(200)
    expect((await gateway.get(path, { 'if-match': version })).status).toBe(412)
  })

  it('a write is 412 and changes nothing where the version is another one', async () => {
    const subject = subjectOf()
    const { gateway } = subject
    const user = await makeUser(subject)
    const path = `/Users/${user.id}`
    const stale = { 'if-match': user.meta.version as string }
    const { body: current } = await gateway.patch(path, title('current'), stale)
    expect(current.title).toBe('current')
    const fresh = { 'if-none-match': current.meta.version as string }
    for (const headers of [stale, fresh, { 'if-none-match': '*' }]) {
      for (const answer of [
        await gateway.patch(path, title('lost'), headers),
        await gateway.put(path, { ...user, title: 'lost' }, headers),
        await gateway.delete(path, headers),
      ]) {
        expectError(answer, { status: 412, detail: /If-(None-)?Match/ })
      }
    }
    expect((await gateway.get(path)).body).toEqual(current)
    const replaced = await gateway.put(
      path,
      { ...user, title: 'put' },
      { 'if-match': current.meta.version as string },
    )
    expect([replaced.status, replaced.body.title]).toEqual([200, 'put'])
    const version = replaced.body.meta.version as string
    expect((await gateway.delete(path, { 'if-match': version })).status).toBe(204)
    expectError(await gateway.delete(path, { 'if-match': '*' }), { status: 404 })
  })

  it('a condition that is no entity tag is invalidValue', async () => {
    const subject = subjectOf()
    const { id } = await makeUser(subject)
    const answer = await subject.gateway.delete(`/Users/${id}`, { 'if-match': '1' })
    expectError(answer, { status: 400, scimType: 'invalidValue', detail: /entity tag/ })
  })

  it('of many writers with the same version one is the first, and only that one', async () => {
    const subject = subjectOf()
    const gateways = [subject.gateway, await subject.anotherGateway()]
    const user = await makeUser(subject, smallUser({ title: 'before' }))
    for (let round = 0; round < 5; round++) {
      const { body, headers } = await subject.gateway.get(`/Users/${user.id}`)
      const condition = { 'if-match': headers.get('etag') ?? '' }
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) => {
          const gateway = gateways[index % 2] ?? subject.gateway
          return gateway.patch(`/Users/${user.id}`, title(`${round}-${index}`), condition)
        }),
      )
      const statuses = answers.map(({ status }) => status).sort()
      expect(statuses).toEqual([200, ...Array.from({ length: 7 }, () => 412)])
      const won = answers.find(({ status }) => status === 200)
      const { body: after } = await subject.gateway.get(`/Users/${user.id}`)
      expect(after.title).toBe(won?.body.title)
      expect(after.meta.version).toBe(won?.body.meta.version)
      expect(after.meta.version).not.toBe(body.meta.version)
    }
  })

  it('the version of a group moves with its members, also when one is renamed or deleted', async () => {
    const subject = subjectOf()
    const { gateway } = subject
    const [first, second] = [await makeUser(subject), await makeUser(subject)]
    const group = await makeGroup(subject, [first, second])
    const path = `/Groups/${group.id}`
    let last = group.meta.version as string
    const expectNew = async () => {
      const { headers } = await gateway.get(path)
      const version = headers.get('etag') ?? ''
      expect(version).not.toBe(last)
      last = version
      return version
    }
    const gone = { op: 'remove', path: `members[value eq "${first.id}"]` }
    await gateway.patch(path, patchOf(gone))
    await expectNew()
    const name = { op: 'replace', path: 'displayName', value: 'Somebody Else' }
    expect((await gateway.patch(`/Users/${second.id}`, patchOf(name))).status).toBe(200)
    const version = await expectNew()
    const conditional = await gateway.patch(
      path,
      patchOf({ op: 'add', path: 'members', value: [{ value: first.id }] }),
      { 'if-match': version },
    )
    expect(conditional.status).toBe(200)
    await expectNew()
    expect((await gateway.delete(`/Users/${first.id}`)).status).toBe(204)
    await expectNew()
    expect((await gateway.get(path)).body.members).toHaveLength(1)
  })
}
